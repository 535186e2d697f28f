//! `/sign-up`: creates an account, if the hub is open to visitors.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::check_email;
use crate::accounts::{self, NewAccount, NewUser};
use crate::app::App;
use crate::config::SignUp;
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::HOME;
use crate::web::actor::MaybeSignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Create an account";

#[derive(Deserialize)]
pub(super) struct Fields {
    email: String,
    display_name: String,
    password: Secret,
}

#[derive(Template)]
#[template(path = "accounts/sign_up.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    email: &'a str,
    display_name: &'a str,
}

impl NewPage<'_> {
    /// Returns the hint of the address.
    fn hint(&self) -> &'static str {
        match self.shell.mail_note() {
            None => "We send you an email to confirm that it is yours.",
            Some(_) => "You sign in with it.",
        }
    }
}

#[derive(Template)]
#[template(path = "accounts/sign_up_closed.html")]
struct ClosedPage {
    shell: Shell,
    by_invitation: bool,
}

pub(super) async fn new(State(app): State<App>, anyone: MaybeSignedIn) -> Result {
    if anyone.signed_in.is_some() {
        return Ok(see_other(HOME));
    }
    let shell = anyone.shell(TITLE).await;
    Ok(match app.sign_up {
        SignUp::Open => page(&NewPage { shell, faults: FieldFaults::default(), email: "", display_name: "" }),
        SignUp::Invite | SignUp::Closed => page(&ClosedPage { shell, by_invitation: app.sign_up == SignUp::Invite }),
    })
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn, Form(fields): Form<Fields>) -> Result {
    let new = match NewUser::parse(&fields.email, &fields.display_name, &fields.password) {
        Err(Error::Invalid(faults)) => {
            let shell = anyone.shell(TITLE).await.title_prefix("Error");
            let (email, display_name) = (fields.email.as_str(), fields.display_name.as_str());
            let form = NewPage { shell, faults, email, display_name };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form));
        }
        new => new?,
    };
    let account = NewAccount { user: &new, visitor: &anyone.visitor() };
    accounts::sign_up(&app.system, &app.passwords, &app.outbox, app.sign_up, account, app.clock.now()).await?;
    check_email::remember(&anyone, new.email()).await?;
    Ok(see_other(check_email::PATH))
}
