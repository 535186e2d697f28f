//! Browser sessions: a cookie with a random id, and a row found by the hash of that id. The session layer, the extractors and
//! the account pages use them.
//!
//! A visitor gets a cookie only when there is something to store: the signed-in user, or a message for the next page. Signing
//! in always changes the id, which defeats session fixation.

pub(super) mod cookies;

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

use self::cookies::{cookie_name, is_secure, secure};
use super::flash::Flash;
use crate::accounts::User;
use crate::accounts::sessions::{self, SESSION_TTL, SessionData, SessionKey};
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::request_source::RequestSource;

/// Base name of the session's cookie.
const COOKIE: &str = "craft";

/// The entry of the session data for the signed-in user.
const SIGNED_IN_USER: &str = "holder";

/// The entry of the session data for the message.
const FLASH: &str = "flash";

/// The entry of the session data for the signed-in user's account. It is loaded with the session and never stored in it.
const ACCOUNT: &str = "account";

/// The interval at which the browser gets its cookie anew, so that the cookie lasts as long as the row.
const COOKIE_REFRESH_INTERVAL: Duration = Duration::days(1);

/// Builds the middleware that puts a lazily loaded [`Session`] into every request.
#[must_use]
pub fn layer(system: SystemDb, clock: Clock, public_url: &Url) -> SessionManagerLayer<SessionRows> {
    SessionManagerLayer::new(SessionRows { system, clock })
        .with_name(cookie_name(COOKIE, public_url))
        .with_secure(is_secure(public_url))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(SESSION_TTL))
}

/// Returns the header that removes the browser's cookie. The session layer's own header lacks `Secure`, without which
/// browsers ignore it for a `__Host-` name.
pub(super) fn forget_cookie(public_url: &Url) -> Result<HeaderValue> {
    let (name, secure) = (cookie_name(COOKIE, public_url), secure(public_url));
    HeaderValue::try_from(format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"))
        .map_err(Error::internal)
}

/// The signed-in user and the source of their sign-in, as stored in the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SignedInUser {
    pub(super) user: UserId,
    pub(super) ip: Option<String>,
    pub(super) agent: Option<String>,
    #[serde(rename = "renewed_at")]
    cookie_refreshed_at: Timestamp,
}

/// Signs a user in under a new session id and drops everything that the session held before.
pub(super) async fn begin(session: &Session, user: UserId, source: &RequestSource, now: Timestamp) -> Result<()> {
    let signed_in =
        SignedInUser { user, ip: source.ip_text(), agent: source.user_agent.clone(), cookie_refreshed_at: now };
    session.clear().await;
    session.cycle_id().await.map_err(unavailable)?;
    session.insert(SIGNED_IN_USER, signed_in).await.map_err(unavailable)
}

/// Returns the account of the signed-in user as it is now. Refreshes the cookie once a day.
pub(super) async fn load_account(session: &Session, source: &RequestSource, now: Timestamp) -> Result<Option<User>> {
    let Some(mut signed_in) = get::<SignedInUser>(session, SIGNED_IN_USER).await? else { return Ok(None) };
    if now - signed_in.cookie_refreshed_at >= COOKIE_REFRESH_INTERVAL {
        signed_in.cookie_refreshed_at = now;
        signed_in.ip = source.ip_text();
        insert(session, SIGNED_IN_USER, &signed_in).await?;
    }
    get(session, ACCOUNT).await
}

/// Ends the session and deletes its row.
pub(super) async fn end(session: &Session) -> Result<()> {
    session.flush().await.map_err(unavailable)
}

/// Replaces the message for the next page.
pub async fn set_flash(session: &Session, flash: Flash) -> Result<()> {
    insert(session, FLASH, flash).await
}

/// Takes the message, if there is one, so that one page shows it. Reading a page without a message writes nothing.
pub async fn take_flash(session: &Session) -> Option<Flash> {
    let flash = get(session, FLASH).await.ok().flatten()?;
    // showing a message twice is better than failing the page
    let _ = session.remove_value(FLASH).await;
    Some(flash)
}

/// Stores an entry of the session data.
pub(super) async fn insert(session: &Session, key: &str, value: impl Serialize) -> Result<()> {
    session.insert(key, value).await.map_err(unavailable)
}

/// Returns an entry of the session data.
pub(super) async fn get<T: DeserializeOwned>(session: &Session, key: &str) -> Result<Option<T>> {
    session.get(key).await.map_err(unavailable)
}

/// Removes an entry of the session data.
pub(super) async fn remove(session: &Session, key: &str) -> Result<()> {
    session.remove_value(key).await.map(drop).map_err(unavailable)
}

fn unavailable(error: session::Error) -> Error {
    match error {
        session::Error::Store(session_store::Error::Backend(_)) => Error::Unavailable(error.into()),
        other => Error::internal(other),
    }
}

/// Stores session records as rows of `user_sessions`. The stored row's expiry decides when a session ends, not the record's.
#[derive(Clone, Debug)]
pub struct SessionRows {
    system: SystemDb,
    clock: Clock,
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // never an id that was used before: after a sign-out the record still holds the old one
        record.id = Id::default();
        let row = SessionRow::from_record(record)?;
        sessions::insert(&self.system, key(record.id), row.data(), self.clock.now())
            .await
            .map_err(|error| backend(&error))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = SessionRow::from_record(record)?;
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
        Ok(Some(Record { id: *id, data, expiry_date: now + SESSION_TTL }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        sessions::delete(&self.system, key(*id)).await.map_err(|error| backend(&error))
    }
}

/// A record encoded for insertion; user, IP address and browser are also columns.
struct SessionRow {
    json: String,
    signed_in: Option<SignedInUser>,
}

impl SessionRow {
    fn from_record(record: &Record) -> session_store::Result<Self> {
        let encode = |error: serde_json::Error| session_store::Error::Encode(error.to_string());
        let stored: HashMap<_, _> = record.data.iter().filter(|(key, _)| *key != ACCOUNT).collect();
        let json = serde_json::to_string(&stored).map_err(encode)?;
        let signed_in =
            record.data.get(SIGNED_IN_USER).cloned().map(serde_json::from_value).transpose().map_err(encode)?;
        Ok(Self { json, signed_in })
    }

    fn data(&self) -> SessionData<'_> {
        let signed_in = self.signed_in.as_ref();
        SessionData {
            user: signed_in.map(|it| it.user),
            data: &self.json,
            ip: signed_in.and_then(|it| it.ip.as_deref()),
            agent: signed_in.and_then(|it| it.agent.as_deref()),
        }
    }
}

/// Returns the key that finds the session's row.
pub(super) fn key_of(session: &Session) -> Option<SessionKey> {
    session.id().map(key)
}

fn key(id: Id) -> SessionKey {
    SessionKey::from_id(&id.to_string())
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}
