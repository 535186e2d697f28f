//! Browser sessions as rows: what the cookie's id leads to. Only [`insert`] makes one, so that a session which was
//! revoked during a request stays revoked when the request ends.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::Duration;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::UserId;

/// A session that nobody uses for this long ends.
pub const LIFETIME: Duration = Duration::days(14);

/// How exactly the last use is kept: reading pages writes at most this often.
const SEEN_STEP: Duration = Duration::minutes(1);

/// The SHA-256 of a session's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Of the id that the cookie holds.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(Sha256::digest(id.as_bytes()).into())
    }
}

/// What a session holds; a visitor's has no user.
#[derive(Clone, Copy, Debug)]
pub struct SessionData<'a> {
    /// Who is signed in.
    pub user: Option<UserId>,
    /// The record as JSON text.
    pub data: &'a str,
    /// Address it was renewed from.
    pub ip: Option<&'a str>,
    /// User agent at sign-in.
    pub agent: Option<&'a str>,
}

/// Begins a session.
pub async fn insert(system: &SystemDb, key: SessionKey, session: SessionData<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO user_sessions (id_hash, user_id, data, ip, agent, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
        "#,
        &key.0,
        session.user as _,
        session.data,
        session.ip,
        session.agent,
        now,
        now + LIFETIME,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// Replaces what a session holds and renews it; one that has ended meanwhile stays ended.
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
        now + LIFETIME,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// What a session holds, if it has not ended; notes that it is in use.
pub async fn load(system: &SystemDb, key: SessionKey, now: Timestamp) -> Result<Option<String>> {
    let row = sqlx::query!(
        "SELECT user_id, data, seen_at FROM user_sessions WHERE id_hash = $1 AND expires_at > $2",
        &key.0,
        now,
    )
    .fetch_optional(system.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if now - row.seen_at >= SEEN_STEP {
        renew(system, key, row.seen_at, now).await?;
    }
    Ok(Some(row.data))
}

/// Of requests at the same moment, one writes.
async fn renew(system: &SystemDb, key: SessionKey, seen_at: Timestamp, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "UPDATE user_sessions SET seen_at = $3, expires_at = $4 WHERE id_hash = $1 AND seen_at = $2",
        &key.0,
        seen_at,
        now,
        now + LIFETIME,
    )
    .execute(system.pool())
    .await?;
    Ok(())
}

/// Ends a session.
pub async fn delete(system: &SystemDb, key: SessionKey) -> Result<()> {
    sqlx::query!("DELETE FROM user_sessions WHERE id_hash = $1", &key.0).execute(system.pool()).await?;
    Ok(())
}

/// Ends every session of one person.
pub(super) async fn delete_all(conn: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM user_sessions WHERE user_id = $1", user as _).execute(conn).await?;
    Ok(())
}

/// Forgets sessions that ended by themselves.
pub(super) async fn delete_expired(system: &SystemDb, now: Timestamp) -> Result<()> {
    sqlx::query!("DELETE FROM user_sessions WHERE expires_at <= $1", now).execute(system.pool()).await?;
    Ok(())
}
