//! `/reset/{token}`: sets a new password with a mailed link.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use crate::accounts::{self, PasswordReset, ResetLink};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::actor::MaybeSignedIn;
use crate::web::dead_link;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, page_with, see_other};
use crate::web::session;
use crate::web::shell::Shell;

const TITLE: &str = "Choose a new password";

#[derive(Deserialize)]
pub(super) struct Fields {
    password: Secret,
}

#[derive(Template)]
#[template(path = "accounts/reset.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    token: &'a str,
    email: &'a str,
}

pub(super) async fn new(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::find_reset(&app.system, &token, app.clock.now()).await? {
        ResetLink::Valid(user) => {
            let shell = anyone.shell(TITLE).await;
            Ok(page(&NewPage { shell, faults: FieldFaults::default(), token: &token, email: &user.email }))
        }
        ResetLink::Invalid(link) => Ok(dead_link::reset(&anyone, link).await),
    }
}

pub(super) async fn create(
    State(app): State<App>,
    anyone: MaybeSignedIn,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> Result {
    let (visitor, now) = (anyone.visitor(), app.clock.now());
    let reset = PasswordReset { token: &token, password: &fields.password, visitor: &visitor };
    match accounts::reset_password(&app.system, &app.passwords, &app.outbox, reset, now).await {
        Ok(ResetLink::Valid(_)) => finish(&anyone).await,
        Ok(ResetLink::Invalid(link)) => Ok(dead_link::reset(&anyone, link).await),
        Err(Error::Invalid(faults)) => show_faults(&app, &anyone, &token, faults).await,
        Err(error) => Err(error.into()),
    }
}

/// Signs this browser out, and redirects to the sign-in page.
async fn finish(anyone: &MaybeSignedIn) -> Result<Response> {
    // the reset ended every session of the account, and the message needs a valid session
    session::end(&anyone.session).await?;
    let message = "Your password is changed, and all browsers are signed out. Sign in with the new password.";
    anyone.flash(Flash::success(message)).await?;
    Ok(see_other("/sign-in"))
}

async fn show_faults(app: &App, anyone: &MaybeSignedIn, token: &str, faults: FieldFaults) -> Result<Response> {
    match accounts::find_reset(&app.system, token, app.clock.now()).await? {
        ResetLink::Valid(user) => {
            let shell = anyone.shell(TITLE).await.title_prefix("Error");
            let form = NewPage { shell, faults, token, email: &user.email };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form))
        }
        ResetLink::Invalid(link) => Ok(dead_link::reset(anyone, link).await),
    }
}
