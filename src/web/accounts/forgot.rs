//! `/forgot`: mails a password reset link. The answer is the same whether or not the address has an account. The mail
//! is enqueued in the background, so that the response time does not reveal the account either.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use url::form_urlencoded;

use crate::accounts::{self, Email};
use crate::app::App;
use crate::error::FieldFaults;
use crate::web::actor::MaybeSignedIn;
use crate::web::error::Result;
use crate::web::extract::{Form, Query};
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Forgot your password";

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    email: String,
}

#[derive(Template)]
#[template(path = "accounts/forgot.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "accounts/forgot_sent.html")]
struct SentPage {
    shell: Shell,
}

/// Returns the path of the page, with the address filled in unless it is empty.
pub(super) fn path_for(email: &str) -> String {
    if email.trim().is_empty() {
        return "/forgot".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("email", email.trim()).finish();
    format!("/forgot?{query}")
}

pub(super) async fn new(anyone: MaybeSignedIn, Query(params): Query<Fields>) -> Result {
    let shell = anyone.shell(TITLE).await;
    Ok(page(&NewPage { shell, faults: FieldFaults::default(), email: &params.email }))
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn, Form(fields): Form<Fields>) -> Result {
    let email = match Email::parse(&fields.email) {
        Ok(email) => email,
        Err(fault) => {
            let mut faults = FieldFaults::default();
            faults.add("email", fault);
            let shell = anyone.shell(TITLE).await.title_prefix("Error");
            let form = NewPage { shell, faults, email: &fields.email };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form));
        }
    };
    let to = app.clone();
    app.background_tasks.spawn("enqueue a link for a new password", async move {
        accounts::send_reset_link(&to.system, &to.outbox, &email, to.clock.now()).await
    })?;
    Ok(see_other("/forgot/sent"))
}

pub(super) async fn sent(anyone: MaybeSignedIn) -> Result {
    let title = if anyone.notes.lacks_mail_server { "Ask your administrator for the link" } else { "Check your email" };
    Ok(page(&SentPage { shell: anyone.shell(title).await }))
}
