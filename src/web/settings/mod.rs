//! `/settings`: the user's own account: profile, sign-in, sessions, assistants, tokens of programs, and
//! appearance.
//!
//! The router of the web layer mounts them. They call [`crate::accounts`]. A change of address or password needs the current
//! password again.

mod appearance;
mod assistant_snippets;
mod assistants;
mod device;
mod email;
mod password;
mod profile;
mod refused_form;
mod sessions;
mod token_new;
mod tokens;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::accounts::{self, User};
use crate::api_tokens;
use crate::app::App;
use crate::authorization_server;
use crate::error::Error;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::respond::page;
use crate::web::shell::{Section, Shell};
use crate::web::when::count;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings", get(index))
        .route("/settings/profile", get(profile::show).post(profile::update))
        .route("/settings/sign-in", get(sign_in))
        .route("/settings/sign-in/email", get(email::new).post(email::create))
        .route("/settings/sign-in/password", get(password::new).post(password::create))
        .route("/settings/sessions", get(sessions::index))
        .route("/settings/sessions/others", get(sessions::confirm_others).post(sessions::revoke_others))
        .route("/settings/sessions/{key}", get(sessions::confirm).post(sessions::revoke))
        .route("/settings/tokens", get(tokens::index))
        .route("/settings/tokens/new", get(token_new::new).post(token_new::create))
        .route("/settings/tokens/{id}/revocation", get(tokens::confirm).post(tokens::revoke))
        .route("/settings/assistants", get(assistants::index))
        .route("/settings/assistants/{id}/disconnection", get(assistants::confirm).post(assistants::disconnect))
        .route("/settings/appearance", get(appearance::show).post(appearance::update))
        .route("/email/{token}", get(email::confirm).post(email::change))
}

#[derive(Template)]
#[template(path = "settings/index.html")]
struct IndexPage {
    shell: Shell,
    profile: String,
    email: String,
    sessions: String,
    assistants: String,
    tokens: String,
    appearance: &'static str,
}

#[derive(Template)]
#[template(path = "settings/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
}

async fn index(State(app): State<App>, me: SignedIn) -> Result {
    let user = account(&app, &me).await?;
    let token_count = api_tokens::list(&app.db, &me.actor, app.clock.now()).await?.len();
    let assistant_count = authorization_server::list(&app.db, &me.actor, app.clock.now()).await?.len();
    let session_count = accounts::sessions::list(&app.db, &me.actor, app.clock.now()).await?.len();
    Ok(page(&IndexPage {
        shell: me.shell("Settings").await.section(Section::Settings),
        profile: format!("{}, time zone {}", user.display_name, me.user.zone.iana_name().unwrap_or("UTC")),
        email: user.email,
        sessions: format!("You are signed in on {}", count(session_count as u64, "browser")),
        assistants: describe_assistants(assistant_count),
        tokens: describe_tokens(token_count),
        appearance: appearance::describe(me.user.appearance),
    }))
}

async fn sign_in(State(app): State<App>, me: SignedIn) -> Result {
    let email = account(&app, &me).await?.email;
    Ok(page(&SignInPage { shell: shell(&me, "Sign-in").await, email }))
}

/// Returns the shell of a page directly below the settings.
async fn shell(me: &SignedIn, title: &str) -> Shell {
    me.shell(title).await.section(Section::Settings).breadcrumb("Settings", "/settings")
}

fn describe_assistants(assistants: usize) -> String {
    match assistants {
        0 => "No assistant is connected".to_owned(),
        assistants => count(assistants as u64, "connected assistant"),
    }
}

fn describe_tokens(tokens: usize) -> String {
    match tokens {
        0 => "No program has a token".to_owned(),
        tokens => count(tokens as u64, "token"),
    }
}

/// Loads the account of the signed-in user.
async fn account(app: &App, me: &SignedIn) -> Result<User, Error> {
    accounts::find(&app.system, me.actor.user_id()).await?.ok_or(Error::NotFound("account"))
}
