//! The statements of refreshes.

use std::time::Duration;

use sqlx::PgConnection;

use super::Due;
use crate::clock::Timestamp;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::connections::token_refresh::backoff::Failed;
use crate::connections::token_refresh::state::RefreshState;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, UserId};
use crate::oauth::Grant;
use crate::vault::SecretRef;

pub(in crate::connections::token_refresh) async fn hold(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
) -> sqlx::Result<Option<RefreshState>> {
    sqlx::query_as!(
        RefreshState,
        r#"
        SELECT u.id AS "id: ConnectionId",
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
               u.failure
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.user_id = $1 AND u.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Takes the lease unless somebody has it; by the clock of the database, which all processes share.
pub(in crate::connections::token_refresh) async fn take_lease(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    fence: i64,
    life: Duration,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        r#"
        INSERT INTO connection_leases AS held (user_id, connection_id, fence, expires_at)
        VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
        ON CONFLICT (user_id, connection_id) DO UPDATE
        SET fence = EXCLUDED.fence, expires_at = EXCLUDED.expires_at
        WHERE held.expires_at <= clock_timestamp()
        "#,
        owner as _,
        id as _,
        fence,
        life.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

pub(in crate::connections::token_refresh) async fn give_lease_back(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    fence: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM connection_leases WHERE user_id = $1 AND connection_id = $2 AND fence = $3",
        owner as _,
        id as _,
        fence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a new credential; its version, or none if there was a newer one than `held`, or its owner has disconnected it. One
/// that was declared dead meanwhile lives: what was just given is the better witness.
pub(in crate::connections::token_refresh) async fn store_refreshed_tokens(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    next_attempt_at: Option<Timestamp>,
    grant: &Grant,
    now: Timestamp,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
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
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL,
            notice_at = NULL,
            updated_at = $7
        WHERE user_id = $1 AND id = $2 AND version = $3
          AND (status IN ('active', 'expired') OR health = 'exhausted')
        RETURNING version
        "#,
        owner as _,
        held.id as _,
        held.version,
        grant.scopes.as_deref() as _,
        grant.expires_at,
        next_attempt_at,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Notes that some tools need these scopes besides.
pub(in crate::connections::token_refresh) async fn add_requested_scopes(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    scopes: &[String],
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        -- no more than an address has room for
        SET requested_scopes = (requested_scopes || ARRAY(SELECT unnest($4::text[]) EXCEPT SELECT unnest(requested_scopes)))[1:50],
            health = 'limited',
            reason = $5,
            updated_at = $6
        WHERE user_id = $1 AND id = $2 AND version = $3 AND status = 'active'
        "#,
        owner as _,
        held.id as _,
        held.version,
        scopes,
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a refresh that has failed; false, and nothing, if there is a newer credential by now.
pub(in crate::connections::token_refresh) async fn degrade(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    failed: &Failed,
    class: &str,
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let noted = sqlx::query!(
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
        WHERE user_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        held.id as _,
        held.version,
        failed.is_exhausted,
        now,
        now + failed.rest,
        failed.in_a_row,
        failed.days,
        class,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// False if there was a newer credential, or it was over already. Its owner is told unless they were when it was given up.
pub(in crate::connections::token_refresh) async fn expire(
    conn: &mut PgConnection,
    owner: UserId,
    held: &RefreshState,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'expired',
            health = 'reauth_required',
            notice_at = CASE WHEN status = 'active' THEN $6 ELSE notice_at END,
            reason = $4,
            last_error = $5,
            updated_at = $6
        WHERE user_id = $1 AND id = $2 AND version = $3 AND (status = 'active' OR health = 'exhausted')
        "#,
        owner as _,
        held.id as _,
        held.version,
        reason,
        message,
        now,
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// A token that is due could not be renewed, and nobody was asked for it. One that has failed before keeps its rest, which
/// calls wait for too.
pub(in crate::connections::token_refresh) async fn postpone_due(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET next_attempt_at = $3 WHERE user_id = $1 AND id = $2 AND next_attempt_at <= $4 AND failures = 0",
        owner as _,
        id as _,
        until,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Connections of all users whose token is to be renewed.
pub(in crate::connections::token_refresh) async fn due(
    conn: &mut PgConnection,
    now: Timestamp,
    most: i64,
) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        SELECT user_id AS "owner: UserId",
               id AS "id: ConnectionId"
        FROM user_connections
        WHERE secret_ref_refresh IS NOT NULL AND (status = 'active' OR health = 'exhausted') AND next_attempt_at <= $1
        ORDER BY next_attempt_at
        LIMIT $2
        "#,
        now,
        most,
    )
    .fetch_all(conn)
    .await
}
