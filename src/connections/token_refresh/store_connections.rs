//! Statements of the table `user_connections` that refresh tokens and verify keys.
//!
//! Statements that store a result match the version it belongs to: a newer credential is left alone.

use sqlx::PgConnection;

use super::backoff::Backoff;
use super::state::RefreshState;
use crate::clock::Timestamp;
use crate::connections::expiry::ExpiryDate;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::connections::store::reset_failures;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OwnerId};
use crate::oauth::Grant;
use crate::vault::SecretRef;

/// Reads a connection without a lock.
pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
) -> sqlx::Result<Option<RefreshState>> {
    sqlx::query_as!(
        RefreshState,
        r#"
        SELECT u.id AS "id: ConnectionId",
               NULL::text AS token,
               u.connector_id AS "connector_id: ConnectorId",
               c.name AS service,
               u.status AS "status: ConnectionStatus",
               u.health AS "health: ConnectionHealth",
               u.reason,
               u.secret_ref_access AS "access: SecretRef",
               u.secret_ref_refresh AS "refresh: SecretRef",
               u.version,
               u.scopes,
               u.captured,
               u.oauth_client_id AS "oauth_client_id: OauthClientId",
               u.expires_at,
               u.next_attempt_at,
               u.last_ok_at,
               u.failures,
               u.failed_days,
               u.last_failed_at,
               u.failure AS failure_class
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.owner_id = $1 AND u.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Stores a refreshed grant and returns its version. An expired connection becomes active again. Returns `None` if there is
/// a newer credential, or the owner has disconnected the connection.
pub(super) async fn store_refreshed_tokens(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    refresh_at: Option<Timestamp>,
    grant: &Grant,
    now: Timestamp,
) -> sqlx::Result<Option<i32>> {
    let version = sqlx::query_scalar!(
        r#"
        UPDATE user_connections
        SET version = version + 1,
            status = 'active',
            health = CASE WHEN requested_scopes <@ COALESCE($4, scopes) THEN 'ok' ELSE 'limited' END,
            reason = CASE WHEN requested_scopes <@ COALESCE($4, scopes) THEN NULL
                          WHEN health = 'limited' THEN reason
                          ELSE 'Not granted: ' || array_to_string(
                              ARRAY(SELECT unnest(requested_scopes) EXCEPT SELECT unnest(COALESCE($4, scopes))), '; ')
                     END,
            scopes = COALESCE($4, scopes),
            expires_at = $5,
            next_attempt_at = $6,
            last_ok_at = $7,
            last_error = NULL,
            notice_at = NULL,
            updated_at = $7
        WHERE owner_id = $1 AND id = $2 AND version = $3
          AND (status IN ('active', 'expired') OR health = 'exhausted')
        RETURNING version
        "#,
        owner as _,
        state.id as _,
        state.version,
        grant.scopes.as_deref() as _,
        grant.expires_at,
        refresh_at,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if version.is_some() {
        reset_failures(conn, owner, state.id).await?;
    }
    Ok(version)
}

/// Stores that the service accepted the key at `accepted_at`. Returns false if there is a newer key, or the owner has
/// disconnected the connection.
pub(super) async fn record_accepted(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    accepted_at: Timestamp,
    next_attempt_at: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let accepted = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'active',
            health = CASE WHEN health = 'limited' THEN health ELSE 'ok' END,
            reason = CASE WHEN health = 'limited' THEN reason END,
            next_attempt_at = $4,
            last_ok_at = GREATEST(last_ok_at, $5),
            last_error = NULL,
            notice_at = NULL,
            -- pages show a change only if the key had failed
            updated_at = CASE WHEN failures > 0 THEN $6 ELSE updated_at END
        WHERE owner_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        state.id as _,
        state.version,
        next_attempt_at,
        accepted_at,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let is_stored = accepted.rows_affected() == 1;
    if is_stored {
        reset_failures(conn, owner, state.id).await?;
    }
    Ok(is_stored)
}

/// Schedules the verification of a key that the service has just accepted, and stores its expiry date.
pub(super) async fn schedule_verification(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    next_attempt_at: Timestamp,
    expiry: &ExpiryDate,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET next_attempt_at = $3,
            expires_on = $4,
            remind_at = $5,
            last_ok_at = $6
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        next_attempt_at,
        expiry.day,
        expiry.remind_at,
        now,
    )
    .execute(&mut *conn)
    .await?;
    reset_failures(conn, owner, id).await
}

/// Stores a failed refresh or verification, and schedules the next attempt. Returns false if there is a newer credential.
pub(super) async fn record_failure(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    backoff: &Backoff,
    class: &str,
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let recorded = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = CASE WHEN $4 THEN 'error' ELSE status END,
            health = CASE WHEN $4 THEN 'exhausted' ELSE 'degraded' END,
            notice_at = CASE WHEN $4 AND status = 'active' THEN $5 ELSE notice_at END,
            next_attempt_at = $6,
            failures = $7,
            failed_days = $8,
            last_failed_at = $5,
            failure = $9,
            reason = $10,
            last_error = $10,
            updated_at = $5
        WHERE owner_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        state.id as _,
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

/// Marks a connection as expired, and its notice as due unless the owner was notified of the exhaustion. Returns false if
/// there is a newer credential, or the connection is expired already.
pub(super) async fn expire(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let expired = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'expired',
            health = 'reauth_required',
            notice_at = CASE WHEN status = 'active' THEN $6 ELSE notice_at END,
            reason = $4,
            last_error = $5,
            updated_at = $6
        WHERE owner_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        state.id as _,
        state.version,
        reason,
        message,
        now,
    )
    .execute(conn)
    .await?;
    Ok(expired.rows_affected() == 1)
}

/// Adds scopes that a tool requires to those of the next sign-in.
pub(super) async fn add_requested_scopes(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &RefreshState,
    scopes: &[String],
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        -- an authorization URL has room for about 50
        SET requested_scopes = (requested_scopes || ARRAY(SELECT unnest($4::text[]) EXCEPT SELECT unnest(requested_scopes)))[1:50],
            health = 'limited',
            reason = $5,
            updated_at = $6
        WHERE owner_id = $1 AND id = $2 AND version = $3 AND status = 'active'
        "#,
        owner as _,
        state.id as _,
        state.version,
        scopes,
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
