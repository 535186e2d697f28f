//! `/confirm/{token}`: the mailed link. The page has a button that confirms the address: programs that scan mail open
//! links, but do not press buttons.

use askama::Template;
use axum::extract::State;

use crate::accounts::{self, LinkState};
use crate::app::App;
use crate::web::actor::MaybeSignedIn;
use crate::web::dead_link;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;

#[derive(Template)]
#[template(path = "accounts/confirm.html")]
struct ShowPage<'a> {
    shell: Shell,
    token: &'a str,
}

pub(super) async fn show(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::confirmation_state(&app.system, &token, app.clock.now()).await? {
        LinkState::Open => {
            Ok(page(&ShowPage { shell: anyone.shell("Confirm your email address").await, token: &token }))
        }
        dead => Ok(dead_link::confirmation(&anyone, dead).await),
    }
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn, Path(token): Path<String>) -> Result {
    match accounts::confirm(&app.system, &token, &anyone.visitor(), app.clock.now()).await? {
        LinkState::Open => {
            anyone.flash(Flash::success("Your email address is confirmed. Sign in to continue.")).await?;
            Ok(see_other("/sign-in"))
        }
        dead => Ok(dead_link::confirmation(&anyone, dead).await),
    }
}
