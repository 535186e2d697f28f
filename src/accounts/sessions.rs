//! Browser sessions as rows: what the cookie's id leads to. Only [`insert`] makes one, so that a session which was
//! revoked during a request stays revoked when the request ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::Duration;

use super::store::{people, person};
use super::{Announce, Contrast, Motion, Theme, User};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// A session that nobody uses for this long ends.
pub const LIFETIME: Duration = Duration::days(14);

/// Sessions in a list; nobody has more browsers than that.
const MOST: i64 = 100;

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

/// For addresses of pages: the hash signs nobody in.
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

/// A session that has not ended, and who is signed in by it, as they are now.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The record as JSON text.
    pub data: String,
    /// None is a visitor's.
    pub user: Option<User>,
    seen_at: Timestamp,
}

/// What a session holds, if it has not ended; notes that it is in use.
pub async fn load(system: &SystemDb, key: SessionKey, now: Timestamp) -> Result<Option<Loaded>> {
    // one look for who is signed in, on every page; a second one for visitors, of whom few have a session
    let loaded = match of_user(system, key, now).await? {
        None => of_visitor(system, key, now).await?,
        found => found,
    };
    if let Some(loaded) = loaded.as_ref().filter(|loaded| now - loaded.seen_at >= SEEN_STEP) {
        renew(system, key, loaded.seen_at, now).await?;
    }
    Ok(loaded)
}

/// Whether somebody is signed in by this session now; notes that it is in use.
pub async fn stands(system: &SystemDb, key: SessionKey, now: Timestamp) -> Result<bool> {
    Ok(load(system, key, now).await?.is_some_and(|loaded| loaded.user.is_some()))
}

async fn of_user(system: &SystemDb, key: SessionKey, now: Timestamp) -> sqlx::Result<Option<Loaded>> {
    let row = people!(
        "s.data, s.seen_at,",
        "JOIN user_sessions s ON s.user_id = id WHERE s.id_hash = $1 AND s.expires_at > $2",
        &key.0,
        now
    )
    .fetch_optional(system.pool())
    .await?;
    Ok(row.map(|row| Loaded { user: Some(person!(row)), data: row.data, seen_at: row.seen_at }))
}

async fn of_visitor(system: &SystemDb, key: SessionKey, now: Timestamp) -> sqlx::Result<Option<Loaded>> {
    let row = sqlx::query!(
        "SELECT data, seen_at FROM user_sessions WHERE id_hash = $1 AND expires_at > $2 AND user_id IS NULL",
        &key.0,
        now,
    )
    .fetch_optional(system.pool())
    .await?;
    Ok(row.map(|row| Loaded { data: row.data, user: None, seen_at: row.seen_at }))
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

/// A person's session, as they are shown it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Leads to it.
    pub key: SessionKey,
    /// What the browser called itself.
    pub agent: Option<String>,
    /// Where it was.
    pub ip: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// Last request, to the minute.
    pub seen_at: Timestamp,
}

/// The actor's sessions, the last used first.
pub async fn list(db: &Db, actor: &Actor, now: Timestamp) -> Result<Vec<Begun>> {
    let mut tx = db.as_user(actor).await?;
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
        MOST,
    )
    .fetch_all(&mut *tx)
    .await?;
    let begun = rows.into_iter().filter_map(|row| {
        let key = SessionKey(row.id_hash.try_into().ok()?);
        Some(Begun { key, agent: row.agent, ip: row.ip, created_at: row.created_at, seen_at: row.seen_at })
    });
    Ok(begun.collect())
}

/// Ends one of the actor's sessions.
///
/// # Errors
/// [`Error::NotFound`] if they have no such session, or no longer.
pub async fn revoke(db: &Db, actor: &Actor, key: SessionKey, now: Timestamp) -> Result<()> {
    let mut tx = db.as_user(actor).await?;
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

/// Ends all of the actor's sessions but this one; returns how many.
pub async fn revoke_others(db: &Db, actor: &Actor, here: SessionKey, now: Timestamp) -> Result<u64> {
    let mut tx = db.as_user(actor).await?;
    let sessions = delete_others(&mut tx, actor.user_id(), here).await?;
    if sessions > 0 {
        audit::record(&mut tx, actor, &Action::SessionsRevoked { sessions }, now).await?;
    }
    tx.commit().await?;
    Ok(sessions)
}

/// Ends every session of one person but this one; returns how many.
pub(super) async fn delete_others(conn: &mut PgConnection, user: UserId, here: SessionKey) -> sqlx::Result<u64> {
    let ended = sqlx::query!("DELETE FROM user_sessions WHERE user_id = $1 AND id_hash <> $2", user as _, &here.0,)
        .execute(conn)
        .await?;
    Ok(ended.rows_affected())
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
