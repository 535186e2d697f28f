//! Signs a test browser in without the sign-in page, which `accounts` tests.

use std::net::{IpAddr, Ipv4Addr};

use craft::accounts::sessions::{self, SessionData, SessionKey};
use craft::actor::{Actor, Origin};
use craft::app::App;
use craft::audit::{self, Action};
use craft::ids::UserId;
use serde_json::json;
use tower_sessions::session::Id;

use super::browser::{AGENT, Browser};

/// Leaves what signing in by the page leaves: the session's row, its audit entry, and both cookies.
#[expect(clippy::disallowed_methods, reason = "the test acts for the person that it signs in")]
pub(super) async fn insert_session(app: &App, browser: &Browser, user: UserId) {
    let (id, now, ip) = (Id::default().to_string(), app.clock.now(), IpAddr::from(Ipv4Addr::LOCALHOST));
    let address = ip.to_string();
    let data = json!({ "holder": { "user": user, "ip": address, "agent": AGENT, "renewed_at": now } }).to_string();
    let session = SessionData { user: Some(user), data: &data, ip: Some(&address), agent: Some(AGENT) };
    sessions::insert(&app.system, SessionKey::from_id(&id), session, now).await.unwrap();
    let actor = Actor::new(user, Origin::Browser).seen_at(Some(ip), Some(AGENT));
    let mut conn = app.system.pool().acquire().await.unwrap();
    audit::record(&mut conn, &actor, &Action::SessionStarted, now).await.unwrap();
    let prefix = if app.public_url.scheme() == "https" { "__Host-" } else { "" };
    browser.set_cookie(&format!("{prefix}craft"), &id);
    browser.set_cookie(&format!("{prefix}craft-reader"), &app.vault.user_tag(user).to_string());
}
