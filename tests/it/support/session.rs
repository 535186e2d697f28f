//! Signs a test browser in without the sign-in page, which `accounts` tests.

use std::net::{IpAddr, Ipv4Addr};

use craft::accounts::sessions::{self, SessionData, SessionKey};
use craft::actor::{Actor, Origin};
use craft::app::App;
use craft::audit::{self, Action};
use craft::ids::{OwnerId, UserId};
use serde_json::json;
use tower_sessions::session::Id;

use super::browser::{AGENT, Browser};

/// The address of the browser.
const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Leaves what signing in by the page leaves: the session's row, its audit entry, and both cookies.
pub(super) async fn insert_session(app: &App, browser: &Browser, user: UserId) {
    let (id, now, address) = (Id::default().to_string(), app.clock.now(), IP.to_string());
    let data = json!({ "holder": { "user": user, "ip": address, "agent": AGENT, "renewed_at": now } }).to_string();
    let session = SessionData { user: Some(user), data: &data, ip: Some(&address), agent: Some(AGENT) };
    sessions::insert(&app.system, SessionKey::from_id(&id), session, now).await.unwrap();
    record_session(app, user, user.as_owner()).await;
    let prefix = if app.public_url.scheme() == "https" { "__Host-" } else { "" };
    let suffix = app.public_url.port().map(|port| format!("-{port}")).unwrap_or_default();
    browser.set_cookie(&format!("{prefix}craft{suffix}"), &id);
    browser.set_cookie(&format!("{prefix}craft-reader{suffix}"), &app.vault.user_tag(user).to_string());
}

/// Writes the entry of a new account, with which the log of a persona begins.
#[expect(clippy::disallowed_methods, reason = "the test acts for the person that it signs in")]
pub(super) async fn record_account(app: &App, user: UserId, owner: OwnerId) {
    let actor = Actor::new(user, Origin::Cli).within(owner);
    record(app, &actor, &Action::AccountCreated { user, admin: false }).await;
}

/// Writes the entry of a sign-in into the log of `owner`.
#[expect(clippy::disallowed_methods, reason = "the test acts for the person that it signs in")]
pub(super) async fn record_session(app: &App, user: UserId, owner: OwnerId) {
    let actor = Actor::new(user, Origin::Browser).within(owner).seen_at(Some(IP), Some(AGENT));
    record(app, &actor, &Action::SessionStarted).await;
}

async fn record(app: &App, actor: &Actor, action: &Action) {
    let mut conn = app.system.pool().acquire().await.unwrap();
    audit::record(&mut conn, actor, action, app.clock.now()).await.unwrap();
}
