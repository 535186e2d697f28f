//! Statements on the shipped connectors and their use by everybody.

use sqlx::PgConnection;
use sqlx::types::Json;
use url::Url;

use crate::clock::Timestamp;
use crate::connections::status::ConnectionStatus;
use crate::connectors::{AuthKind, Sunset, Transport};
use crate::ids::{ConnectorId, JobId, OwnerId};
use crate::oauth::Provider;

/// A connector with its counts.
pub(super) struct Row {
    pub(super) id: ConnectorId,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) description: String,
    pub(super) auth: AuthKind,
    pub(super) transport: Transport,
    pub(super) oauth_config: Option<serde_json::Value>,
    pub(super) tool_count: i64,
    pub(super) connection_count: i64,
    pub(super) sunset: Option<Json<Sunset>>,
    pub(super) calls: i64,
    pub(super) failures: i64,
    pub(super) turned_off_at: Option<Timestamp>,
}

impl Row {
    /// Returns the issuer at which users sign in; `None` if the service has no sign-in.
    pub(super) fn issuer(&self) -> Option<String> {
        let provider = serde_json::from_value::<Provider>(self.oauth_config.clone()?).ok()?;
        Some(provider.issuer().to_owned())
    }
}

/// An OAuth application that serves all users.
pub(super) struct SharedClient {
    pub(super) issuer: String,
    pub(super) is_rejected: bool,
}

/// Returns the applications that serve all users, the newest first.
pub(super) async fn shared_clients(conn: &mut PgConnection, callback: &Url) -> sqlx::Result<Vec<SharedClient>> {
    sqlx::query_as!(
        SharedClient,
        r#"
        SELECT issuer, rejection_message IS NOT NULL AS "is_rejected!"
        FROM oauth_clients
        WHERE owner_id = $1 AND redirect_uri = $2 AND rejected_at IS NULL
        ORDER BY created_at DESC, id DESC
        "#,
        OwnerId::HUB as _,
        callback.as_str(),
    )
    .fetch_all(conn)
    .await
}

/// Lists shipped connectors by name, also those that are off: all of them, or the one with this name in URLs.
pub(super) async fn list(conn: &mut PgConnection, slug: Option<&str>, since: Timestamp) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT c.id AS "id: ConnectorId",
               c.name,
               c.slug,
               c.description,
               c.auth_type AS "auth: AuthKind",
               c.transport AS "transport: Transport",
               c.oauth_config,
               (
                   SELECT count(*) FROM connector_tools t
                   WHERE t.owner_id IS NULL AND t.connector_id = c.id AND t.is_active
               ) AS "tool_count!",
               (
                   SELECT count(*) FROM user_connections n WHERE n.connector_id = c.id AND n.status <> 'revoked'
               ) AS "connection_count!",
               c.sunset AS "sunset: Json<Sunset>",
               COALESCE(h.calls, 0) AS "calls!",
               COALESCE(h.failures, 0) AS "failures!",
               c.turned_off_at
        FROM connectors c
        LEFT JOIN (
            SELECT j.connector_id,
                   count(*) AS calls,
                   count(*) FILTER (WHERE r.outcome NOT IN ('ok', 'canceled')) AS failures
            FROM (SELECT DISTINCT owner_id FROM job_hours WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC')) o
            JOIN job_result r ON r.owner_id = o.owner_id AND r.job_id >= $2
            JOIN job j ON j.owner_id = r.owner_id AND j.id = r.job_id
            GROUP BY j.connector_id
        ) h ON h.connector_id = c.id
        WHERE c.owner_id IS NULL
          AND (c.is_active OR c.turned_off_at IS NOT NULL)
          AND ($3::text IS NULL OR c.slug = $3)
        ORDER BY lower(c.name), c.id
        "#,
        since,
        JobId::floor(since) as _,
        slug,
    )
    .fetch_all(conn)
    .await
}

/// The connections of one status, or of all.
pub(super) struct ConnectionCount {
    /// `None` in the row of all.
    pub(super) status: Option<ConnectionStatus>,
    pub(super) connections: i64,
    pub(super) owners: i64,
}

/// Counts the connections of all owners by status, and all of them.
pub(super) async fn connection_counts(
    conn: &mut PgConnection,
    connector: ConnectorId,
) -> sqlx::Result<Vec<ConnectionCount>> {
    sqlx::query_as!(
        ConnectionCount,
        r#"
        SELECT status AS "status?: ConnectionStatus",
               count(*) AS "connections!",
               count(DISTINCT owner_id) AS "owners!"
        FROM user_connections
        WHERE connector_id = $1 AND status <> 'revoked'
        GROUP BY ROLLUP (status)
        ORDER BY status
        "#,
        connector as _,
    )
    .fetch_all(conn)
    .await
}

/// Counts the failed calls of all owners by cause, the most frequent first.
pub(super) async fn failure_causes(
    conn: &mut PgConnection,
    connector: ConnectorId,
    since: Timestamp,
) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"
        SELECT CASE WHEN r.outcome = 'unknown' THEN 'unknown' ELSE COALESCE(r.error_class, 'other') END AS "cause!",
               count(*) AS "count!"
        FROM (SELECT DISTINCT owner_id FROM job_hours WHERE hour >= date_trunc('hour', $2::timestamptz, 'UTC')) o
        JOIN job_result r ON r.owner_id = o.owner_id AND r.job_id >= $3
        JOIN job j ON j.owner_id = r.owner_id AND j.id = r.job_id
        WHERE j.connector_id = $1 AND r.outcome NOT IN ('ok', 'canceled')
        GROUP BY 1
        ORDER BY 2 DESC, 1
        "#,
        connector as _,
        since,
        JobId::floor(since) as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cause, row.count)).collect())
}

/// Sets the time at which a shipped connector, and the server that its provider hosts, was turned off; null turns them on.
/// Returns those that were not so already, with their names.
pub(super) async fn turn(
    conn: &mut PgConnection,
    slug: &str,
    off_at: Option<Timestamp>,
) -> sqlx::Result<Vec<(ConnectorId, String)>> {
    let rows = sqlx::query!(
        r#"
        UPDATE connectors
        SET turned_off_at = $2, is_active = $2::timestamptz IS NULL
        WHERE owner_id IS NULL
          AND (slug = $1 OR beside = $1)
          AND (is_active OR turned_off_at IS NOT NULL)
          AND (turned_off_at IS NULL) <> ($2::timestamptz IS NULL)
        RETURNING id AS "id: ConnectorId", name
        "#,
        slug,
        off_at,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
