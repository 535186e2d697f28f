//! `/setup/{token}`: creates the owner's account with the link that a hub without users prints at its start.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use crate::accounts::{self, LinkState, NewAccount, NewUser};
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

const TITLE: &str = "Set up your hub";

#[derive(Deserialize)]
pub(super) struct Fields {
    email: String,
    display_name: String,
    password: Secret,
}

#[derive(Template)]
#[template(path = "accounts/setup.html")]
struct NewPage<'a> {
    shell: Shell,
    faults: FieldFaults,
    token: &'a str,
    email: &'a str,
    display_name: &'a str,
}

pub(super) async fn new(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::setup_state(&app.system, &token, app.clock.now()).await? {
        LinkState::Open => {
            let shell = anyone.shell(TITLE).await.during_set_up();
            Ok(page(&NewPage { shell, faults: FieldFaults::default(), token: &token, email: "", display_name: "" }))
        }
        dead => Ok(dead_link::setup(&anyone, dead).await),
    }
}

pub(super) async fn create(
    State(app): State<App>,
    anyone: MaybeSignedIn,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> Result {
    let now = app.clock.now();
    let owner = match NewUser::parse(&fields.email, &fields.display_name, &fields.password) {
        Ok(new) => {
            let account = NewAccount { user: &new, visitor: &anyone.visitor() };
            accounts::create_owner(&app.system, &app.passwords, &token, account, now).await
        }
        Err(faults) => Err(faults),
    };
    match owner {
        Ok(owner) => {
            session::begin(&anyone.session, owner.id, &anyone.source, now).await?;
            anyone.flash(Flash::success("Your hub is set up, and you are signed in as its owner. To invite other people, open Users in the settings.")).await?;
            Ok(form_restore::set_last_user_cookie(see_other(HOME), &app, owner.id))
        }
        Err(Error::Invalid(faults)) => {
            let shell = anyone.shell(TITLE).await.during_set_up().title_prefix("Error");
            let (email, display_name) = (fields.email.as_str(), fields.display_name.as_str());
            let form = NewPage { shell, faults, token: &token, email, display_name };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &form))
        }
        Err(Error::Conflict(_)) => {
            let link = accounts::setup_state(&app.system, &token, now).await?;
            Ok(dead_link::setup(&anyone, link).await)
        }
        Err(error) => Err(error.into()),
    }
}
