//! `/settings/sign-in/email`: asks for a new address. `/email/{token}`: the mailed link that confirms it, in any
//! browser. As with every mailed link, opening it changes nothing.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::refused_form::RefusedForm;
use super::{account, shell};
use crate::accounts::{self, EmailChange, NewEmailAddress};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::{MaybeSignedIn, SignedIn};
use crate::web::dead_link;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Change email address";

#[derive(Deserialize)]
pub(super) struct Fields {
    email: String,
    current_password: Secret,
}

#[derive(Template)]
#[template(path = "settings/email.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    current: String,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "settings/email_confirm.html")]
struct ConfirmPage<'a> {
    shell: Shell,
    token: &'a str,
    old: String,
    new: String,
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let current = account(&app, &me).await?.email;
    let typed = pending_form.take_form(&app, &me).await?.map(|Form(Fields { email, .. })| email).unwrap_or_default();
    Ok(page(&NewPage { shell: page_shell(&me).await, faults: FieldFaults::default(), current, email: &typed }))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Form(fields): Form<Fields>) -> Result {
    let (typed, now) =
        (NewEmailAddress { email: &fields.email, current_password: &fields.current_password }, app.clock.now());
    match accounts::request_email_change(&app.system, &app.passwords, &app.outbox, &me.actor, typed, now).await {
        Ok(()) => {
            let new = fields.email.trim();
            let what = if app.outbox.has_mail_server { "An email is on its way to" } else { "A message is ready for" };
            let message = format!("{what} {new}. Your address changes when you open the link in it, within 24 hours.");
            me.flash(Flash::important(message)).await?;
            Ok(see_other("/settings/sign-in"))
        }
        Err(error) => show_refused(&app, &me, &fields.email, error).await,
    }
}

async fn show_refused(app: &App, me: &SignedIn, email: &str, error: Error) -> Result<Response> {
    let refused = RefusedForm::from_error(error)?;
    let (status, retry_after) = (refused.status, refused.retry_after());
    let current = account(app, me).await?.email;
    let form = NewPage { shell: page_shell(me).await.title_prefix("Error"), faults: refused.faults, current, email };
    Ok(RefusedForm::with_retry_after(retry_after, page_with(status, &form)))
}

pub(super) async fn confirm(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::find_email_change(&app.system, &token, app.clock.now()).await? {
        EmailChange::Valid(user, new) => {
            let shell = anyone.shell("Confirm your new email address").await;
            Ok(page(&ConfirmPage { shell, token: &token, old: user.email, new }))
        }
        EmailChange::Taken => Ok(dead_link::email_taken(&anyone).await),
        EmailChange::Invalid(link) => Ok(dead_link::email(&anyone, link).await),
    }
}

pub(super) async fn change(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::confirm_email_change(&app.system, &token, &anyone.visitor(), app.clock.now()).await? {
        EmailChange::Valid(_, new) => {
            anyone
                .flash(Flash::success(format!("Your email address is {new} now. Sign in with it next time.")))
                .await?;
            Ok(see_other(if anyone.signed_in.is_some() { "/settings/sign-in" } else { "/sign-in" }))
        }
        EmailChange::Taken => Ok(dead_link::email_taken(&anyone).await),
        EmailChange::Invalid(link) => Ok(dead_link::email(&anyone, link).await),
    }
}

async fn page_shell(me: &SignedIn) -> Shell {
    shell(me, TITLE).await.breadcrumb("Sign-in", "/settings/sign-in")
}
