//! Statements of the table `connection_tokens` that refresh the further tokens of connections.
//!
//! Statements that store a result match the version it belongs to, as in `store_connections`.

use sqlx::PgConnection;

use super::backoff::Backoff;
use super::state::RefreshState;
use crate::clock::Timestamp;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OwnerId};
use crate::oauth::Grant;
use crate::vault::SecretRef;

/// Reads a further token without a lock. A token that the connection does not have is expired.
pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    name: &str,
) -> sqlx::Result<Option<RefreshState>> {
    sqlx::query_as!(
        RefreshState,
        r#"
        SELECT u.id AS "id: ConnectionId",
               $3::text AS token,
               u.connector_id AS "connector_id: ConnectorId",
               c.name AS service,
               CASE WHEN u.status = 'revoked' THEN 'revoked'
                    WHEN t.health = 'exhausted' THEN 'error'
                    WHEN t.health <> 'reauth_required' THEN 'active'
                    ELSE 'expired' END AS "status!: ConnectionStatus",
               COALESCE(t.health, 'reauth_required') AS "health!: ConnectionHealth",
               t.reason AS "reason?",
               t.secret_ref_access AS "access?: SecretRef",
               t.secret_ref_refresh AS "refresh?: SecretRef",
               COALESCE(t.version, 0) AS "version!",
               COALESCE(t.scopes, '{}') AS "scopes!",
               u.captured,
               u.oauth_client_id AS "oauth_client_id: OauthClientId",
               t.expires_at AS "expires_at?",
               t.next_attempt_at AS "next_attempt_at?",
               u.last_ok_at,
               COALESCE(t.failures, 0) AS "failures!",
               COALESCE(t.failed_days, 0) AS "failed_days!",
               t.last_failed_at AS "last_failed_at?",
               t.failure AS "failure_class?"
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        LEFT JOIN connection_tokens t ON t.owner_id = u.owner_id AND t.connection_id = u.id AND t.name = $3
        WHERE u.owner_id = $1 AND u.id = $2
        "#,
        owner as _,
        id as _,
        name,
    )
    .fetch_optional(conn)
    .await
}

/// Stores a refreshed token and returns its version. Returns `None` if there is a newer one, or the connection has ended.
pub(super) async fn store_refreshed(
    conn: &mut PgConnection,
    owner: OwnerId,
    (state, name): (&RefreshState, &str),
    refresh_at: Option<Timestamp>,
    grant: &Grant,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        UPDATE connection_tokens
        SET version = version + 1,
            health = CASE WHEN requested_scopes <@ COALESCE($5, scopes) THEN 'ok' ELSE 'limited' END,
            reason = CASE WHEN requested_scopes <@ COALESCE($5, scopes) THEN NULL
                          WHEN health = 'limited' THEN reason
                          ELSE 'Not granted: ' || array_to_string(
                              ARRAY(SELECT unnest(requested_scopes) EXCEPT SELECT unnest(COALESCE($5, scopes))), '; ')
                     END,
            scopes = COALESCE($5, scopes),
            expires_at = $6,
            next_attempt_at = $7,
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL
        WHERE owner_id = $1 AND connection_id = $2 AND name = $3 AND version = $4
        RETURNING version
        "#,
        owner as _,
        state.id as _,
        name,
        state.version,
        grant.scopes.as_deref() as _,
        grant.expires_at,
        refresh_at,
    )
    .fetch_optional(conn)
    .await
}

/// Stores a failed refresh, and schedules the next attempt. Returns false if there is a newer token.
pub(super) async fn record_failure(
    conn: &mut PgConnection,
    owner: OwnerId,
    (state, name): (&RefreshState, &str),
    backoff: &Backoff,
    class: &str,
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let recorded = sqlx::query!(
        r#"
        UPDATE connection_tokens
        SET health = CASE WHEN $5 THEN 'exhausted' ELSE 'degraded' END,
            next_attempt_at = $7,
            failures = $8,
            failed_days = $9,
            last_failed_at = $6,
            failure = $10,
            reason = $11
        WHERE owner_id = $1 AND connection_id = $2 AND name = $3 AND version = $4 AND health <> 'reauth_required'
        "#,
        owner as _,
        state.id as _,
        name,
        state.version,
        backoff.is_exhausted,
        now,
        now + backoff.delay,
        backoff.in_a_row,
        backoff.days,
        class,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(recorded.rows_affected() == 1)
}

/// Marks a token as expired. Returns false if there is a newer one, or it is expired already.
pub(super) async fn expire(
    conn: &mut PgConnection,
    owner: OwnerId,
    (state, name): (&RefreshState, &str),
    reason: &str,
) -> sqlx::Result<bool> {
    let expired = sqlx::query!(
        r#"
        UPDATE connection_tokens
        SET health = 'reauth_required', reason = $5
        WHERE owner_id = $1 AND connection_id = $2 AND name = $3 AND version = $4 AND health <> 'reauth_required'
        "#,
        owner as _,
        state.id as _,
        name,
        state.version,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(expired.rows_affected() == 1)
}

/// Says of a working connection whether its further tokens limit it.
pub(super) async fn limit_connection(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections u
        SET health = CASE WHEN t.reason IS NULL AND u.requested_scopes <@ u.scopes THEN 'ok' ELSE 'limited' END,
            reason = CASE WHEN t.reason IS NULL AND u.requested_scopes <@ u.scopes THEN NULL ELSE COALESCE(t.reason, u.reason) END,
            updated_at = $3
        FROM (
            SELECT string_agg(reason, '. ' ORDER BY name) AS reason
            FROM connection_tokens
            WHERE owner_id = $1 AND connection_id = $2 AND health IN ('limited', 'reauth_required', 'exhausted')
        ) t
        WHERE u.owner_id = $1 AND u.id = $2 AND u.status = 'active' AND u.health IN ('ok', 'limited')
        "#,
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Postpones a due refresh for which the provider was not asked. A token in back-off keeps its time.
pub(super) async fn postpone_refresh(
    conn: &mut PgConnection,
    owner: OwnerId,
    (id, name): (ConnectionId, &str),
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connection_tokens
        SET next_attempt_at = $4
        WHERE owner_id = $1 AND connection_id = $2 AND name = $3 AND next_attempt_at <= $5 AND failures = 0
        "#,
        owner as _,
        id as _,
        name,
        until,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
