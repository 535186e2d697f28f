//! The store of `assistant_grants`. Every statement names the user or the owner, or finds the grant by the hash of a token.

use sqlx::{PgConnection, PgExecutor};

use super::grant::{AssistantGrant, GrantHolder, MAX_GRANTS};
use crate::actor::Actor;
use crate::api_tokens::Scopes;
use crate::clock::Timestamp;
use crate::ids::{AssistantGrantId, AssistantId, OwnerId, UserId};

struct Row {
    id: AssistantGrantId,
    owner_id: OwnerId,
    name: String,
    host: String,
    scopes: Vec<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<Row> for AssistantGrant {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner: row.owner_id,
            name: row.name,
            host: row.host,
            scopes: Scopes::from_stored(&row.scopes),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Returns the grants of the user that work at `now`, in all spaces, newest first.
pub(super) async fn list(conn: &mut PgConnection, actor: &Actor, now: Timestamp) -> sqlx::Result<Vec<AssistantGrant>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id AS "id: _", owner_id AS "owner_id: _", name, host, scopes, created_at, expires_at, last_used_at
        FROM assistant_grants
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        actor.user_id() as _,
        now,
        i64::try_from(MAX_GRANTS).unwrap_or(i64::MAX),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(AssistantGrant::from).collect())
}

/// Locks the user's row, so that two grants are counted one after the other, and returns how many work at `now`.
pub(super) async fn lock_and_count(conn: &mut PgConnection, user: UserId, now: Timestamp) -> sqlx::Result<usize> {
    sqlx::query!("SELECT FROM users WHERE id = $1 FOR UPDATE", user as _).execute(&mut *conn).await?;
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!" FROM assistant_grants WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
        "#,
        user as _,
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Ends the earlier grants of the actor to a registered assistant, which is one installation that starts anew. A metadata
/// document describes all installations of its assistant.
pub(super) async fn replace(
    conn: &mut PgConnection,
    actor: &Actor,
    assistant: AssistantId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE assistant_grants g
        SET revoked_at = $4
        FROM assistants a
        WHERE g.owner_id = $1 AND g.user_id = $2 AND g.assistant_id = $3 AND g.revoked_at IS NULL
            AND a.id = g.assistant_id AND a.fresh_until IS NULL
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        assistant as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Inserts a grant of the actor.
pub(super) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    grant: &AssistantGrant,
    assistant: AssistantId,
) -> sqlx::Result<()> {
    let scopes: Vec<String> = grant.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        INSERT INTO assistant_grants (owner_id, id, user_id, assistant_id, name, host, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        actor.owner_id() as _,
        grant.id as _,
        actor.user_id() as _,
        assistant as _,
        grant.name,
        grant.host,
        &scopes,
        grant.created_at,
        grant.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks a grant of the user as revoked, and returns it; `None` if no such grant works.
pub(super) async fn mark_revoked(
    conn: &mut PgConnection,
    user: UserId,
    id: AssistantGrantId,
    now: Timestamp,
) -> sqlx::Result<Option<AssistantGrant>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        UPDATE assistant_grants
        SET revoked_at = $3
        WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3
        RETURNING id AS "id: _", owner_id AS "owner_id: _", name, host, scopes, created_at, expires_at, last_used_at
        "#,
        user as _,
        id as _,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(AssistantGrant::from))
}

/// Finds the grant of the access token with this hash. It works while neither is expired, the grant is not revoked, its user's
/// account is enabled, and the user may enter its space.
pub(super) async fn find_holder(
    conn: impl PgExecutor<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> sqlx::Result<Option<GrantHolder>> {
    let row = sqlx::query!(
        r#"
        SELECT g.id AS "id: AssistantGrantId", g.owner_id AS "owner_id: OwnerId", g.user_id AS "user_id: UserId", g.name,
            g.scopes, g.last_used_at
        FROM assistant_tokens t
        JOIN assistant_grants g ON g.owner_id = t.owner_id AND g.id = t.grant_id
        JOIN users u ON u.id = g.user_id
        WHERE t.token_hash = $1 AND NOT t.is_refresh AND t.expires_at > $2 AND g.revoked_at IS NULL AND u.disabled_at IS NULL
            AND (g.owner_id = g.user_id OR EXISTS (
                SELECT FROM memberships m
                WHERE m.user_id = g.user_id AND m.organisation_id = g.owner_id AND m.ended_at IS NULL))
        "#,
        hash,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| GrantHolder {
        id: row.id,
        user: row.user_id,
        owner: row.owner_id,
        name: row.name,
        scopes: Scopes::from_stored(&row.scopes),
        last_used_at: row.last_used_at,
    }))
}

/// Records a use of a grant, unless another request recorded a later one.
pub(super) async fn mark_used(conn: impl PgExecutor<'_>, holder: &GrantHolder, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE assistant_grants
        SET last_used_at = $3
        WHERE owner_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)
        "#,
        holder.owner as _,
        holder.id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
