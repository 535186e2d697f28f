//! The store of `api_tokens`. Every statement names the user, or finds the token by its hash.

use sqlx::{PgConnection, PgExecutor};

use super::{ApiToken, MAX_TOKENS, Scopes, TokenHolder};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::ids::{ApiTokenId, OwnerId, UserId};

struct Row {
    id: ApiTokenId,
    owner_id: OwnerId,
    name: String,
    start: String,
    scopes: Vec<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<Row> for ApiToken {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner: row.owner_id,
            name: row.name,
            start: row.start,
            scopes: Scopes::from_stored(&row.scopes),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Returns the tokens of the user that work at `now`, in all spaces, newest first.
pub(super) async fn list(conn: &mut PgConnection, actor: &Actor, now: Timestamp) -> sqlx::Result<Vec<ApiToken>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id AS "id: _", owner_id AS "owner_id: _", name, start, scopes, created_at, expires_at, last_used_at
        FROM api_tokens
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        actor.user_id() as _,
        now,
        i64::try_from(MAX_TOKENS).unwrap_or(i64::MAX),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ApiToken::from).collect())
}

/// Inserts a token for the space of the actor.
pub(super) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    token: &ApiToken,
    hash: &[u8; 32],
) -> sqlx::Result<()> {
    let scopes: Vec<String> = token.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        INSERT INTO api_tokens (owner_id, id, user_id, name, token_hash, start, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        actor.owner_id() as _,
        token.id as _,
        actor.user_id() as _,
        token.name,
        hash,
        token.start,
        &scopes,
        token.created_at,
        token.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Locks the user's row, so that two creations count the tokens one after the other.
pub(super) async fn lock_user(conn: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("SELECT FROM users WHERE id = $1 FOR UPDATE", user as _).execute(conn).await?;
    Ok(())
}

/// Marks a token of the user as revoked, and returns it; `None` if no such token works.
pub(super) async fn mark_revoked(
    conn: &mut PgConnection,
    user: UserId,
    id: ApiTokenId,
    now: Timestamp,
) -> sqlx::Result<Option<ApiToken>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        UPDATE api_tokens
        SET revoked_at = $3
        WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3
        RETURNING id AS "id: _", owner_id AS "owner_id: _", name, start, scopes, created_at, expires_at, last_used_at
        "#,
        user as _,
        id as _,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(ApiToken::from))
}

/// Finds the token with this hash that works at `now`. It works while it is neither revoked nor expired, its user's account
/// is enabled, and the user may enter its space.
pub(super) async fn find_by_hash(
    conn: impl PgExecutor<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> sqlx::Result<Option<TokenHolder>> {
    let row = sqlx::query!(
        r#"
        SELECT t.id AS "id: ApiTokenId", t.owner_id AS "owner_id: OwnerId", t.user_id AS "user_id: UserId", t.name,
            t.scopes, t.last_used_at
        FROM api_tokens t
        JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 AND u.disabled_at IS NULL
            AND (t.owner_id = t.user_id OR EXISTS (
                SELECT FROM memberships m
                WHERE m.user_id = t.user_id AND m.organisation_id = t.owner_id AND m.ended_at IS NULL))
        "#,
        hash,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| TokenHolder {
        id: row.id,
        user: row.user_id,
        owner: row.owner_id,
        name: row.name,
        scopes: Scopes::from_stored(&row.scopes),
        last_used_at: row.last_used_at,
    }))
}

/// Records a use of a token, unless another request recorded a later one.
pub(super) async fn mark_used(conn: impl PgExecutor<'_>, holder: &TokenHolder, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE api_tokens SET last_used_at = $3 WHERE owner_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)",
        holder.owner as _,
        holder.id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
