//! `/sign-out`: asks for confirmation, and confirms the sign-out afterwards.

use askama::Template;
use axum::extract::State;
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue};

use crate::accounts;
use crate::app::App;
use crate::web::actor::MaybeSignedIn;
use crate::web::error::Result;
use crate::web::respond::{page, see_other};
use crate::web::session;
use crate::web::shell::Shell;

/// Clears the browser cache: Back must not open cached pages.
const CLEAR_SITE_DATA: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));

#[derive(Template)]
#[template(path = "accounts/sign_out.html")]
struct NewPage {
    shell: Shell,
}

#[derive(Template)]
#[template(path = "accounts/signed_out.html")]
struct SignedOutPage {
    shell: Shell,
}

pub(super) async fn new(anyone: MaybeSignedIn) -> Result {
    Ok(match anyone.signed_in {
        Some(_) => page(&NewPage { shell: anyone.shell("Sign out").await }),
        None => page(&SignedOutPage { shell: anyone.shell("You are signed out").await }),
    })
}

pub(super) async fn create(State(app): State<App>, anyone: MaybeSignedIn) -> Result {
    if let Some(signed_in) = &anyone.signed_in {
        accounts::sign_out(&app.db, &signed_in.actor, app.clock.now()).await?;
    }
    session::end(&anyone.session).await?;
    let mut response = see_other("/sign-out");
    let (name, value) = CLEAR_SITE_DATA;
    response.headers_mut().insert(name, value);
    response.headers_mut().append(SET_COOKIE, session::forget_cookie(&app.public_url)?);
    Ok(response)
}
