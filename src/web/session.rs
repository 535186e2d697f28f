//! Browser sessions: a cookie with a random id, and a row that only its hash leads to.
//!
//! A visitor gets a cookie only when there is something to remember (who signed in, a message for the next page). An
//! id is never kept across signing in: whoever planted one before has nothing.

use std::collections::HashMap;

use async_trait::async_trait;
use http::HeaderValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::Duration;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore, session, session_store};
use url::Url;

use super::actor::Client;
use super::flash::Flash;
use crate::accounts::User;
use crate::accounts::sessions::{self, LIFETIME, SessionData, SessionKey};
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::UserId;

const HOLDER: &str = "holder";
const FLASH: &str = "flash";

/// Beside what is kept: the account of who is signed in, loaded with the session in one look, and never stored in it.
const ACCOUNT: &str = "account";

/// How often the browser is given its cookie anew, so that it lasts as long as the row.
const COOKIE_STEP: Duration = Duration::days(1);

/// Puts a lazily loaded [`Session`] into every request.
#[must_use]
pub fn layer(system: SystemDb, clock: Clock, public_url: &Url) -> SessionManagerLayer<Rows> {
    let secure = is_secure(public_url);
    SessionManagerLayer::new(Rows { system, clock })
        .with_name(cookie_name(secure))
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(LIFETIME))
}

/// The header that makes a browser forget its cookie. The session layer's own lacks `Secure`, without which browsers
/// ignore it for a `__Host-` name.
pub(super) fn forget_cookie(public_url: &Url) -> HeaderValue {
    HeaderValue::from_static(if is_secure(public_url) {
        "__Host-craft=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    } else {
        "craft=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    })
}

pub(super) fn is_secure(public_url: &Url) -> bool {
    public_url.scheme() == "https"
}

/// `__Host-` binds a cookie to https and to this very host; over plain http browsers refuse it.
const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-craft" } else { "craft" }
}

/// Who is signed in, and from where, as the session keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Holder {
    pub(super) user: UserId,
    pub(super) ip: Option<String>,
    pub(super) agent: Option<String>,
    renewed_at: Timestamp,
}

/// Signs a user in under a new id; whatever the session held before is gone.
pub(super) async fn begin(session: &Session, user: UserId, client: &Client, now: Timestamp) -> Result<()> {
    let holder = Holder { user, ip: client.ip_text(), agent: client.agent.clone(), renewed_at: now };
    session.clear().await;
    session.cycle_id().await.map_err(unavailable)?;
    session.insert(HOLDER, holder).await.map_err(unavailable)
}

/// Who is signed in, as they are now. Once a day this also renews the cookie.
pub(super) async fn account(session: &Session, client: &Client, now: Timestamp) -> Result<Option<User>> {
    let Some(mut holder) = get::<Holder>(session, HOLDER).await? else { return Ok(None) };
    if now - holder.renewed_at >= COOKIE_STEP {
        holder.renewed_at = now;
        holder.ip = client.ip_text();
        put(session, HOLDER, &holder).await?;
    }
    get(session, ACCOUNT).await
}

/// Ends the session, row and all.
pub(super) async fn end(session: &Session) -> Result<()> {
    session.flush().await.map_err(unavailable)
}

/// Leaves a message for the next page.
pub async fn leave_flash(session: &Session, flash: Flash) -> Result<()> {
    put(session, FLASH, flash).await
}

/// Takes the message, if there is one: a page shows it once. Reading a page without one writes nothing.
pub async fn take_flash(session: &Session) -> Option<Flash> {
    let flash = get(session, FLASH).await.ok().flatten()?;
    // a message that is shown twice is no reason to fail a page
    let _ = session.remove_value(FLASH).await;
    Some(flash)
}

/// Keeps a value under a key of the caller's.
pub(super) async fn put(session: &Session, key: &str, value: impl Serialize) -> Result<()> {
    session.insert(key, value).await.map_err(unavailable)
}

/// What was kept under a key.
pub(super) async fn get<T: DeserializeOwned>(session: &Session, key: &str) -> Result<Option<T>> {
    session.get(key).await.map_err(unavailable)
}

/// Forgets what was kept under a key.
pub(super) async fn forget(session: &Session, key: &str) -> Result<()> {
    session.remove_value(key).await.map(drop).map_err(unavailable)
}

fn unavailable(error: session::Error) -> Error {
    match error {
        session::Error::Store(session_store::Error::Backend(_)) => Error::Unavailable(error.into()),
        other => Error::internal(other),
    }
}

/// Session records as rows of `user_sessions`. The row's own clock decides when a session ends, not the record's.
#[derive(Clone, Debug)]
pub struct Rows {
    system: SystemDb,
    clock: Clock,
}

#[async_trait]
impl SessionStore for Rows {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // never an id that was used before: after a sign-out the record still carries the old one
        record.id = Id::default();
        let row = Row::of(record)?;
        sessions::insert(&self.system, key(record.id), row.data(), self.clock.now())
            .await
            .map_err(|error| backend(&error))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = Row::of(record)?;
        sessions::update(&self.system, key(record.id), row.data(), self.clock.now())
            .await
            .map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = self.clock.now();
        let Some(loaded) = sessions::load(&self.system, key(*id), now).await.map_err(|error| backend(&error))? else {
            return Ok(None);
        };
        let decode = |error: serde_json::Error| session_store::Error::Decode(error.to_string());
        let mut data: HashMap<String, Value> = serde_json::from_str(&loaded.data).map_err(decode)?;
        if let Some(user) = loaded.user {
            data.insert(ACCOUNT.to_owned(), serde_json::to_value(user).map_err(decode)?);
        }
        Ok(Some(Record { id: *id, data, expiry_date: now + LIFETIME }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        sessions::delete(&self.system, key(*id)).await.map_err(|error| backend(&error))
    }
}

/// A record on its way to the table, whose columns say what the record says.
struct Row {
    json: String,
    holder: Option<Holder>,
}

impl Row {
    fn of(record: &Record) -> session_store::Result<Self> {
        let encode = |error: serde_json::Error| session_store::Error::Encode(error.to_string());
        let kept: HashMap<_, _> = record.data.iter().filter(|(key, _)| *key != ACCOUNT).collect();
        let json = serde_json::to_string(&kept).map_err(encode)?;
        let holder = record.data.get(HOLDER).cloned().map(serde_json::from_value).transpose().map_err(encode)?;
        Ok(Self { json, holder })
    }

    fn data(&self) -> SessionData<'_> {
        let holder = self.holder.as_ref();
        SessionData {
            user: holder.map(|holder| holder.user),
            data: &self.json,
            ip: holder.and_then(|holder| holder.ip.as_deref()),
            agent: holder.and_then(|holder| holder.agent.as_deref()),
        }
    }
}

/// By which the row is found.
pub(super) fn key_of(session: &Session) -> Option<SessionKey> {
    session.id().map(key)
}

fn key(id: Id) -> SessionKey {
    SessionKey::of(&id.to_string())
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}
