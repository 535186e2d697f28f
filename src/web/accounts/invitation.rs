//! `/invitation/{token}`: the mailed link of an invitation, with which a person makes their account.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use crate::accounts::{self, Email, InvitationLink, NewAccount, NewUser};
use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::secret::Secret;
use crate::web::HOME;
use crate::web::actor::MaybeSignedIn;
use crate::web::dead_link;
use crate::web::error::Result;
use crate::web::extract::{Form, Path};
use crate::web::flash::Flash;
use crate::web::form_restore;
use crate::web::respond::{page, page_with, see_other};
use crate::web::session;
use crate::web::shell::Shell;

const TITLE: &str = "Create your account";

#[derive(Deserialize)]
pub(super) struct Fields {
    display_name: String,
    password: Secret,
}

#[derive(Template)]
#[template(path = "accounts/invitation.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    token: &'a str,
    email: &'a str,
    display_name: &'a str,
}

pub(super) async fn new(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    let email = match find_email(&app, &anyone, &token).await? {
        Ok(email) => email,
        Err(dead) => return Ok(dead),
    };
    let (shell, faults) = (anyone.shell(TITLE).await, FieldFaults::default());
    Ok(page(&NewPage { shell, faults, token: &token, email: email.as_str(), display_name: "" }))
}

pub(super) async fn create(
    State(app): State<App>,
    anyone: MaybeSignedIn,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> Result {
    let email = match find_email(&app, &anyone, &token).await? {
        Ok(email) => email,
        Err(dead) => return Ok(dead),
    };
    let now = app.clock.now();
    let made = match NewUser::parse(email.as_str(), &fields.display_name, &fields.password) {
        Ok(new) => {
            let account = NewAccount { user: &new, visitor: &anyone.visitor() };
            accounts::accept_invitation(&app.system, &app.passwords, &token, account, now).await
        }
        Err(faults) => Err(faults),
    };
    match made {
        Ok(user) => {
            session::begin(&anyone.session, user.id, &anyone.source, now).await?;
            anyone.flash(Flash::success("Your account is ready, and you are signed in.")).await?;
            Ok(form_restore::set_last_user_cookie(see_other(HOME), &app, user.id))
        }
        Err(Error::Invalid(faults)) => {
            let (shell, display_name) = (anyone.shell(TITLE).await.title_prefix("Error"), &fields.display_name);
            let form = NewPage { shell, faults, token: &token, email: email.as_str(), display_name };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form))
        }
        // somebody else used the link in this moment
        Err(Error::Conflict(_)) => Ok(see_other(&format!("/invitation/{token}"))),
        Err(error) => Err(error.into()),
    }
}

/// Returns the invited address, or the page that says why the link does not work.
async fn find_email(app: &App, anyone: &MaybeSignedIn, token: &str) -> Result<Result<Email, Response>, Error> {
    Ok(match accounts::find_invitation_link(&app.system, app.sign_up, token, app.clock.now()).await? {
        InvitationLink::Valid(email) => Ok(email),
        InvitationLink::Taken => Err(dead_link::invitation_taken(anyone).await),
        InvitationLink::Closed => Err(dead_link::invitation_closed(anyone).await),
        InvitationLink::Invalid(link) => Err(dead_link::invitation(anyone, link).await),
    })
}
