//! `/settings/sign-in/password`: changes the password; the current one is required.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::refused_form::RefusedForm;
use super::{account, shell};
use crate::accounts::{self, PasswordChange};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Form;
use crate::web::flash::Flash;
use crate::web::form_restore::PendingForm;
use crate::web::respond::{page, page_with, see_other};
use crate::web::shell::Shell;

const TITLE: &str = "Change password";

#[derive(Deserialize)]
pub(super) struct Fields {
    current_password: Secret,
    new_password: Secret,
}

#[derive(Template)]
#[template(path = "settings/password.html")]
struct NewPage {
    shell: Shell,
    faults: FieldFaults,
    email: String,
}

pub(super) async fn new(State(app): State<App>, me: SignedIn, pending_form: PendingForm) -> Result {
    let email = account(&app, &me).await?.email;
    // passwords are not restored; taking the form only shows the message that nothing was sent
    pending_form.take_form::<Form<Fields>>(&app, &me).await?;
    Ok(page(&NewPage { shell: page_shell(&me).await, faults: FieldFaults::default(), email }))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Form(fields): Form<Fields>) -> Result {
    let session = me.session_key().ok_or(Error::NotFound("session"))?;
    let change = PasswordChange { current: &fields.current_password, new: &fields.new_password, session };
    match accounts::change_password(&app.system, &app.passwords, &app.outbox, &me.actor, change, app.clock.now()).await
    {
        Ok(()) => {
            me.flash(Flash::success("Your password is changed. All other browsers are signed out.")).await?;
            Ok(see_other("/settings/sign-in"))
        }
        Err(error) => show_refused(&app, &me, error).await,
    }
}

async fn show_refused(app: &App, me: &SignedIn, error: Error) -> Result<Response> {
    let refused = RefusedForm::from_error(error)?;
    let (status, retry_after) = (refused.status, refused.retry_after());
    let email = account(app, me).await?.email;
    let form = NewPage { shell: page_shell(me).await.title_prefix("Error"), faults: refused.faults, email };
    Ok(RefusedForm::with_retry_after(retry_after, page_with(status, &form)))
}

async fn page_shell(me: &SignedIn) -> Shell {
    shell(me, TITLE).await.breadcrumb("Sign-in", "/settings/sign-in")
}
