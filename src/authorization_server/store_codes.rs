//! The store of `authorization_codes`, which only the system sees.

use sqlx::PgConnection;
use time::Duration;

use super::grant::AssistantGrant;
use super::store_tokens::{self, TokenGrant};
use crate::clock::Timestamp;
use crate::ids::{AssistantGrantId, OwnerId};

/// A used or expired code stays for this time, so that a second use is noticed.
const USED_CODE_TTL: Duration = Duration::DAY;

/// Old codes that each exchange deletes; more than it can add.
const MAX_PURGED: i64 = 10;

/// A code to insert.
pub(super) struct NewCode<'a> {
    pub(super) hash: [u8; 32],
    pub(super) grant: &'a AssistantGrant,
    pub(super) redirect_uri: &'a str,
    pub(super) challenge: &'a str,
}

/// A code with its grant.
pub(super) struct StoredCode {
    pub(super) grant: TokenGrant,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) expires_at: Timestamp,
    pub(super) is_used: bool,
}

/// Inserts a code that expires with its unused grant.
pub(super) async fn insert(conn: &mut PgConnection, code: &NewCode<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO authorization_codes (code_hash, owner_id, grant_id, redirect_uri, code_challenge, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        &code.hash,
        code.grant.owner as _,
        code.grant.id as _,
        code.redirect_uri,
        code.challenge,
        code.grant.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Locks the code with this hash and its grant.
pub(super) async fn lock(conn: &mut PgConnection, hash: &[u8; 32], now: Timestamp) -> sqlx::Result<Option<StoredCode>> {
    let row = sqlx::query!(
        r#"
        SELECT owner_id AS "owner_id: OwnerId", grant_id AS "grant_id: AssistantGrantId", redirect_uri, code_challenge,
            expires_at, used_at
        FROM authorization_codes
        WHERE code_hash = $1
        FOR UPDATE
        "#,
        hash,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredCode {
        grant: store_tokens::lock_grant(conn, row.owner_id, row.grant_id, now).await?,
        redirect_uri: row.redirect_uri,
        challenge: row.code_challenge,
        expires_at: row.expires_at,
        is_used: row.used_at.is_some(),
    }))
}

/// Marks a code as used.
pub(super) async fn mark_used(conn: &mut PgConnection, hash: &[u8; 32], now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE authorization_codes SET used_at = $2 WHERE code_hash = $1", hash, now).execute(conn).await?;
    Ok(())
}

/// Deletes some of the codes that expired long ago.
pub(super) async fn purge(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM authorization_codes
        -- an array, because the planner may repeat a subselect, and its limit with it
        WHERE code_hash = ANY(ARRAY(
            SELECT code_hash FROM authorization_codes WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ))
        "#,
        now - USED_CODE_TTL,
        MAX_PURGED,
    )
    .execute(conn)
    .await?;
    Ok(())
}
