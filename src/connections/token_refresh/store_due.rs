//! Statements that find the connections of all users whose refresh or verification is due, and that postpone one.

use sqlx::PgConnection;

use super::connection_token::ConnectionToken;
use super::state::RefreshState;
use crate::clock::Timestamp;
use crate::ids::{ConnectionId, OwnerId};

/// A connection whose key is due.
#[derive(Clone, Copy)]
pub(super) struct DueConnection {
    pub(super) owner: OwnerId,
    pub(super) id: ConnectionId,
}

/// A token that is due.
pub(super) struct DueToken {
    pub(super) owner: OwnerId,
    pub(super) token: ConnectionToken,
}

/// Finds tokens that are due, the longest due first.
pub(super) async fn find_due_refreshes(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<DueToken>> {
    let due = sqlx::query!(
        r#"
        SELECT owner_id AS "owner!: OwnerId",
               id AS "id!: ConnectionId",
               name
        FROM (
            (
                SELECT owner_id, id, NULL AS name, next_attempt_at
                FROM user_connections
                WHERE secret_ref_refresh IS NOT NULL AND (status = 'active' OR health = 'exhausted') AND next_attempt_at <= $1
                ORDER BY next_attempt_at
                LIMIT $2
            )
            UNION ALL
            (
                SELECT owner_id, connection_id, name, next_attempt_at
                FROM connection_tokens
                WHERE secret_ref_refresh IS NOT NULL AND health <> 'reauth_required' AND next_attempt_at <= $1
                ORDER BY next_attempt_at
                LIMIT $2
            )
        ) due
        ORDER BY next_attempt_at
        LIMIT $2
        "#,
        now,
        limit,
    );
    let due = due.fetch_all(conn).await?.into_iter();
    let due =
        due.map(|row| DueToken { owner: row.owner, token: ConnectionToken { connection: row.id, name: row.name } });
    Ok(due.collect())
}

/// Finds connections whose key is due for verification, the longest due first, at most `owner_limit` of one owner.
pub(super) async fn find_due_verifications(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: i64,
    owner_limit: i64,
) -> sqlx::Result<Vec<DueConnection>> {
    sqlx::query_as!(
        DueConnection,
        r#"
        SELECT owner_id AS "owner: OwnerId",
               id AS "id: ConnectionId"
        FROM (
            SELECT owner_id, id, next_attempt_at, row_number() OVER (PARTITION BY owner_id ORDER BY next_attempt_at) AS n
            FROM user_connections
            WHERE secret_ref_access IS NOT NULL AND secret_ref_refresh IS NULL AND expires_at IS NULL
              AND (status = 'active' OR health = 'exhausted') AND next_attempt_at <= $1
        ) due
        WHERE n <= $3
        ORDER BY next_attempt_at
        LIMIT $2
        "#,
        now,
        limit,
        owner_limit,
    )
    .fetch_all(conn)
    .await
}

/// Postpones a due refresh for which the provider was not asked. A connection in back-off keeps its time.
pub(super) async fn postpone_refresh(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET next_attempt_at = $3
        WHERE owner_id = $1 AND id = $2 AND next_attempt_at <= $4 AND failures = 0
        "#,
        owner as _,
        id as _,
        until,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Postpones a verification to `until`, unless there is a newer key.
pub(super) async fn postpone_verification(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    until: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET next_attempt_at = $4 WHERE owner_id = $1 AND id = $2 AND version = $3",
        owner as _,
        state.id as _,
        state.version,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}
