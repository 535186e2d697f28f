//! The statements of renewals.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, UserId};
use crate::oauth::Grant;
use crate::vault::SecretRef;

/// A connection with what it holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: ConnectionId,
    pub(super) connector_id: ConnectorId,
    /// What people call the connector.
    pub(super) service: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
    pub(super) version: i32,
    pub(super) captured: Option<Value>,
    pub(super) oauth_client_id: Option<OauthClientId>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) renew_at: Option<Timestamp>,
}

pub(super) async fn hold(conn: &mut PgConnection, owner: UserId, id: ConnectionId) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"
        SELECT u.id AS "id: ConnectionId",
               u.connector_id AS "connector_id: ConnectorId",
               c.name AS service,
               u.status,
               u.reason,
               u.secret_ref_access AS "access: SecretRef",
               u.secret_ref_refresh AS "refresh: SecretRef",
               u.version,
               u.captured,
               u.oauth_client_id AS "oauth_client_id: OauthClientId",
               u.expires_at,
               u.renew_at
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
pub(super) async fn take_lease(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    fence: i64,
    life: Duration,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        r#"
        INSERT INTO connection_renewals AS held (user_id, connection_id, fence, expires_at)
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

pub(super) async fn give_lease_back(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    fence: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM connection_renewals WHERE user_id = $1 AND connection_id = $2 AND fence = $3",
        owner as _,
        id as _,
        fence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a new credential; its version, or none if there was a newer one than `held`.
pub(super) async fn raise(
    conn: &mut PgConnection,
    owner: UserId,
    held: &Held,
    renew_at: Option<Timestamp>,
    grant: &Grant,
    now: Timestamp,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        UPDATE user_connections
        SET version = version + 1,
            health = CASE WHEN requested_scopes <@ COALESCE($4, scopes) THEN 'ok' ELSE 'limited' END,
            reason = CASE WHEN requested_scopes <@ COALESCE($4, scopes) THEN NULL ELSE reason END,
            scopes = COALESCE($4, scopes),
            expires_at = $5,
            renew_at = $6,
            last_ok_at = $7,
            last_error = NULL,
            updated_at = $7
        WHERE user_id = $1 AND id = $2 AND version = $3 AND status = 'active'
        RETURNING version
        "#,
        owner as _,
        held.id as _,
        held.version,
        grant.scopes.as_deref() as _,
        grant.expires_at,
        renew_at,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn degrade(
    conn: &mut PgConnection,
    owner: UserId,
    held: &Held,
    message: &str,
    again: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET health = 'degraded', reason = $4, last_error = $4, updated_at = $5, renew_at = $6
        WHERE user_id = $1 AND id = $2 AND version = $3 AND status = 'active'
        "#,
        owner as _,
        held.id as _,
        held.version,
        message,
        now,
        again,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False if there was a newer credential, or it was over already.
pub(super) async fn expire(
    conn: &mut PgConnection,
    owner: UserId,
    held: &Held,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'expired', health = 'reauth_required', reason = $4, last_error = $5, updated_at = $6
        WHERE user_id = $1 AND id = $2 AND version = $3 AND status = 'active'
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

/// Connections of all users whose token is to be renewed.
pub(super) async fn due(
    conn: &mut PgConnection,
    now: Timestamp,
    most: i64,
) -> sqlx::Result<Vec<(UserId, ConnectionId)>> {
    let rows = sqlx::query!(
        r#"
        SELECT user_id AS "user_id: UserId",
               id AS "id: ConnectionId"
        FROM user_connections
        WHERE status = 'active' AND secret_ref_refresh IS NOT NULL AND renew_at <= $1
        ORDER BY renew_at
        LIMIT $2
        "#,
        now,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.id)).collect())
}
