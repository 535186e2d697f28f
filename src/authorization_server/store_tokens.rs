//! The store of `assistant_tokens`, which only the system sees, and their grants.

use sqlx::PgConnection;

use crate::api_tokens::Scopes;
use crate::audit::NamedGrant;
use crate::clock::Timestamp;
use crate::ids::{AssistantGrantId, OwnerId, UserId};

/// Expired tokens that each exchange deletes; more than it can add.
const MAX_PURGED: i64 = 10;

/// Generations of tokens that a grant keeps, so that a second exchange is noticed.
const MAX_GENERATIONS: i32 = 500;

/// A locked grant, whose tokens are to be issued or ended.
#[derive(Clone, Debug)]
pub(super) struct TokenGrant {
    pub(super) id: AssistantGrantId,
    pub(super) user: UserId,
    pub(super) owner: OwnerId,
    /// Slug of the organisation; `None` for the person's own space.
    pub(super) organisation: Option<String>,
    pub(super) client_id: String,
    pub(super) name: String,
    pub(super) host: String,
    pub(super) scopes: Scopes,
    /// Generation of its newest refresh token.
    pub(super) generation: i32,
    pub(super) refreshed_at: Option<Timestamp>,
    /// The grant is neither revoked nor expired, its person's account is enabled, and the person may enter its space.
    pub(super) is_live: bool,
}

impl TokenGrant {
    /// Returns the fields of an entry of the audit log.
    pub(super) fn named(&self) -> NamedGrant {
        let (name, host) = (self.name.clone(), self.host.clone());
        NamedGrant { grant: self.id, name, host, scopes: self.scopes.to_texts() }
    }
}

/// Two tokens to insert, each with its hash and its end.
pub(super) struct NewTokens {
    pub(super) access: ([u8; 32], Timestamp),
    pub(super) refresh: ([u8; 32], Timestamp),
    /// The generation of both.
    pub(super) generation: i32,
}

/// Locks the grant of the refresh token with this hash. Returns it with the generation of the token.
pub(super) async fn lock_by_refresh(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    now: Timestamp,
) -> sqlx::Result<Option<(TokenGrant, i32)>> {
    let row = sqlx::query!(
        r#"
        SELECT owner_id AS "owner_id: OwnerId", grant_id AS "grant_id: AssistantGrantId", generation
        FROM assistant_tokens
        WHERE token_hash = $1 AND is_refresh AND expires_at > $2
        "#,
        hash,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((lock_grant(conn, row.owner_id, row.grant_id, now).await?, row.generation)))
}

/// Locks the grant of the token with this hash, of any kind.
pub(super) async fn lock_by_any(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    now: Timestamp,
) -> sqlx::Result<Option<TokenGrant>> {
    let row = sqlx::query!(
        r#"
        SELECT owner_id AS "owner_id: OwnerId", grant_id AS "grant_id: AssistantGrantId"
        FROM assistant_tokens
        WHERE token_hash = $1
        "#,
        hash,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    lock_grant(conn, row.owner_id, row.grant_id, now).await.map(Some)
}

/// Locks a grant.
pub(super) async fn lock_grant(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AssistantGrantId,
    now: Timestamp,
) -> sqlx::Result<TokenGrant> {
    let row = sqlx::query!(
        r#"
        SELECT g.user_id AS "user_id: UserId", o.slug AS "slug?", a.client_id, g.name, g.host, g.scopes, g.generation,
            g.refreshed_at,
            (g.revoked_at IS NULL AND g.expires_at > $3 AND u.disabled_at IS NULL
                AND (g.owner_id = g.user_id OR EXISTS (
                    SELECT FROM memberships m
                    WHERE m.user_id = g.user_id AND m.organisation_id = g.owner_id AND m.ended_at IS NULL))) AS "is_live!"
        FROM assistant_grants g
        JOIN assistants a ON a.id = g.assistant_id
        JOIN users u ON u.id = g.user_id
        LEFT JOIN organisations o ON o.id = g.owner_id
        WHERE g.owner_id = $1 AND g.id = $2
        FOR UPDATE OF g
        "#,
        owner as _,
        id as _,
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok(TokenGrant {
        id,
        user: row.user_id,
        owner,
        organisation: row.slug,
        client_id: row.client_id,
        name: row.name,
        host: row.host,
        scopes: Scopes::from_stored(&row.scopes),
        generation: row.generation,
        refreshed_at: row.refreshed_at,
        is_live: row.is_live,
    })
}

/// Inserts the tokens of a generation. Those of a generation long ago are deleted, so that a grant has a bounded number.
pub(super) async fn insert(
    conn: &mut PgConnection,
    grant: &TokenGrant,
    new: &NewTokens,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM assistant_tokens WHERE owner_id = $1 AND grant_id = $2 AND generation < $3",
        grant.owner as _,
        grant.id as _,
        new.generation - MAX_GENERATIONS,
    )
    .execute(&mut *conn)
    .await?;
    // a repeated exchange has the same refresh token
    sqlx::query!(
        r#"
        INSERT INTO assistant_tokens (token_hash, owner_id, grant_id, is_refresh, generation, expires_at)
        VALUES ($1, $5, $6, false, $7, $2), ($3, $5, $6, true, $7, $4)
        ON CONFLICT (token_hash) DO NOTHING
        "#,
        &new.access.0,
        new.access.1,
        &new.refresh.0,
        new.refresh.1,
        grant.owner as _,
        grant.id as _,
        new.generation,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        UPDATE assistant_grants
        SET generation = $3, refreshed_at = CASE WHEN generation = $3 THEN refreshed_at ELSE $4 END, expires_at = $5
        WHERE owner_id = $1 AND id = $2
        "#,
        grant.owner as _,
        grant.id as _,
        new.generation,
        now,
        new.refresh.1,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes a grant. Reports whether it worked until now.
pub(super) async fn revoke(conn: &mut PgConnection, grant: &TokenGrant, now: Timestamp) -> sqlx::Result<bool> {
    let revoked = sqlx::query!(
        "UPDATE assistant_grants SET revoked_at = $3 WHERE owner_id = $1 AND id = $2 AND revoked_at IS NULL",
        grant.owner as _,
        grant.id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Deletes some of the expired tokens.
pub(super) async fn purge(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM assistant_tokens
        -- an array, because the planner may repeat a subselect, and its limit with it
        WHERE token_hash = ANY(ARRAY(
            SELECT token_hash FROM assistant_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ))
        "#,
        now,
        MAX_PURGED,
    )
    .execute(conn)
    .await?;
    Ok(())
}
