//! Browser sessions, and the store of `user_sessions`.
//!
//! Only [`insert`] creates a row. A session that is revoked during a request therefore stays revoked when the request
//! writes its data back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::Duration;

use super::store::{query_users, user_from};
use super::{Announce, Contrast, Keys, Motion, Theme, User};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// A session expires after this time without a request.
pub const SESSION_TTL: Duration = Duration::days(14);

/// Maximum number of sessions in a list.
const MAX_LISTED_SESSIONS: i64 = 100;

/// Minimum time between two writes of `seen_at`; requests in between only read.
const SEEN_AT_INTERVAL: Duration = Duration::minutes(1);

/// The SHA-256 of a session id; the table contains no ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Hashes the id that the cookie contains.
    #[must_use]
    pub fn from_id(id: &str) -> Self {
        Self(Sha256::digest(id.as_bytes()).into())
    }
}

/// Text for page URLs: the hash does not sign anybody in.
impl std::fmt::Display for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::str::FromStr for SessionKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(Error::NotFound("session"))
    }
}

/// The writable part of a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionData<'a> {
    /// The signed-in user; `None` for a visitor.
    pub user: Option<UserId>,
    /// The session record as JSON text.
    pub data: &'a str,
    /// Network address of the latest write.
    pub ip: Option<&'a str>,
    /// User agent at sign-in.
    pub agent: Option<&'a str>,
}

/// Inserts a session.
pub async fn insert(system: &SystemDb, key: SessionKey, session: SessionData<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        r#"
        WITH begun AS (
            INSERT INTO user_sessions (id_hash, user_id, data, ip, agent, created_at, seen_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
            RETURNING user_id
        )
        UPDATE users SET last_seen_at = $6 FROM begun WHERE id = begun.user_id
        "#,
        &key.0,
        session.user as _,
        session.data,
        session.ip,
        session.agent,
        now,
        now + SESSION_TTL,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// Replaces the data of a session and extends its expiry. Does nothing if the session has expired or was revoked.
pub async fn update(system: &SystemDb, key: SessionKey, session: SessionData<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_sessions
        SET user_id = $2, data = $3, ip = $4, agent = $5, seen_at = $6, expires_at = $7
        WHERE id_hash = $1 AND expires_at > $6
        "#,
        &key.0,
        session.user as _,
        session.data,
        session.ip,
        session.agent,
        now,
        now + SESSION_TTL,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// A session that has not expired, with the current data of its user.
#[derive(Clone, Debug)]
pub struct ActiveSession {
    /// The session record as JSON text.
    pub data: String,
    /// The signed-in user; `None` for a visitor.
    pub user: Option<User>,
    seen_at: Timestamp,
}

/// Loads a session that has not expired, and extends its expiry.
pub async fn load(system: &SystemDb, key: SessionKey, now: Timestamp) -> Result<Option<ActiveSession>> {
    // signed-in users need one query on each page; visitors need a second one, but few of them have a session
    let loaded = match load_of_user(system, key, now).await? {
        None => load_of_visitor(system, key, now).await?,
        found => found,
    };
    if let Some(loaded) = loaded.as_ref().filter(|loaded| now - loaded.seen_at >= SEEN_AT_INTERVAL) {
        touch(system, key, loaded.seen_at, now).await?;
    }
    Ok(loaded)
}

/// Reports whether this session signs a user in, and extends its expiry.
pub async fn is_valid(system: &SystemDb, key: SessionKey, now: Timestamp) -> Result<bool> {
    Ok(load(system, key, now).await?.is_some_and(|loaded| loaded.user.is_some()))
}

async fn load_of_user(system: &SystemDb, key: SessionKey, now: Timestamp) -> sqlx::Result<Option<ActiveSession>> {
    let row = query_users!(
        "SELECT s.data, s.seen_at,",
        r#"
        FROM users
        JOIN user_sessions s ON s.user_id = id
        WHERE s.id_hash = $1 AND s.expires_at > $2 AND disabled_at IS NULL
        "#,
        &key.0,
        now
    )
    .fetch_optional(system.pool())
    .await?;
    Ok(row.map(|row| ActiveSession { user: Some(user_from!(row)), data: row.data, seen_at: row.seen_at }))
}

async fn load_of_visitor(system: &SystemDb, key: SessionKey, now: Timestamp) -> sqlx::Result<Option<ActiveSession>> {
    let row = sqlx::query!(
        "SELECT data, seen_at FROM user_sessions WHERE id_hash = $1 AND expires_at > $2 AND user_id IS NULL",
        &key.0,
        now,
    )
    .fetch_optional(system.pool())
    .await?;
    Ok(row.map(|row| ActiveSession { data: row.data, user: None, seen_at: row.seen_at }))
}

/// Extends the expiry and records when the user was last seen. Of concurrent requests only one writes, because the others
/// find another `seen_at`.
async fn touch(system: &SystemDb, key: SessionKey, seen_at: Timestamp, now: Timestamp) -> Result<()> {
    sqlx::query!(
        r#"
        WITH touched AS (
            UPDATE user_sessions SET seen_at = $3, expires_at = $4 WHERE id_hash = $1 AND seen_at = $2
            RETURNING user_id
        )
        UPDATE users SET last_seen_at = $3 FROM touched WHERE id = touched.user_id
        "#,
        &key.0,
        seen_at,
        now,
        now + SESSION_TTL,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// Deletes a session.
pub async fn delete(system: &SystemDb, key: SessionKey) -> Result<()> {
    sqlx::query!("DELETE FROM user_sessions WHERE id_hash = $1", &key.0).execute(system.pool()).await?;
    Ok(())
}

/// A session as its owner sees it in the settings.
#[derive(Clone, Debug)]
pub struct SessionSummary {
    /// Identifies the session in URLs.
    pub key: SessionKey,
    /// User agent at sign-in.
    pub agent: Option<String>,
    /// Network address of the latest write.
    pub ip: Option<String>,
    /// Time of sign-in.
    pub created_at: Timestamp,
    /// Time of the latest request, to the minute.
    pub seen_at: Timestamp,
}

/// Lists the actor's sessions, the most recently used first.
pub async fn list(db: &Db, actor: &Actor, now: Timestamp) -> Result<Vec<SessionSummary>> {
    let mut tx = db.enter(actor).await?;
    let rows = sqlx::query!(
        r#"
        SELECT id_hash, agent, ip, created_at, seen_at
        FROM user_sessions
        WHERE user_id = $1 AND expires_at > $2
        ORDER BY seen_at DESC, id_hash
        LIMIT $3
        "#,
        actor.user_id() as _,
        now,
        MAX_LISTED_SESSIONS,
    )
    .fetch_all(&mut *tx)
    .await?;
    let sessions = rows.into_iter().filter_map(|row| {
        let key = SessionKey(row.id_hash.try_into().ok()?);
        Some(SessionSummary { key, agent: row.agent, ip: row.ip, created_at: row.created_at, seen_at: row.seen_at })
    });
    Ok(sessions.collect())
}

/// Deletes one of the actor's sessions.
///
/// # Errors
/// Returns [`Error::NotFound`] if the actor has no such session.
pub async fn revoke(db: &Db, actor: &Actor, key: SessionKey, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    let ended =
        sqlx::query!("DELETE FROM user_sessions WHERE user_id = $1 AND id_hash = $2", actor.user_id() as _, &key.0,)
            .execute(&mut *tx)
            .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::NotFound("session"));
    }
    audit::record(&mut tx, actor, &Action::SessionsRevoked { sessions: 1 }, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes all sessions of the actor except the current one. Returns their number.
pub async fn revoke_others(db: &Db, actor: &Actor, current: SessionKey, now: Timestamp) -> Result<u64> {
    let mut tx = db.enter(actor).await?;
    let sessions = delete_of_user(&mut tx, actor.user_id(), Some(current)).await?;
    if sessions > 0 {
        audit::record(&mut tx, actor, &Action::SessionsRevoked { sessions }, now).await?;
    }
    tx.commit().await?;
    Ok(sessions)
}

/// Deletes the sessions of one user, except `kept`. Returns their number.
pub(super) async fn delete_of_user(
    conn: &mut PgConnection,
    user: UserId,
    kept: Option<SessionKey>,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM user_sessions WHERE user_id = $1 AND ($2::bytea IS NULL OR id_hash <> $2)",
        user as _,
        kept.map(|key| key.0.to_vec()),
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes expired sessions.
pub(super) async fn delete_expired(system: &SystemDb, now: Timestamp) -> Result<()> {
    sqlx::query!("DELETE FROM user_sessions WHERE expires_at <= $1", now).execute(system.pool()).await?;
    Ok(())
}
