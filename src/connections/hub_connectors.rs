//! The connectors of the hub, as administrators see them: those that are shipped, with their use by everybody.

use sqlx::PgConnection;
use sqlx::types::Json;
use url::Url;

use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Sunset, Transport};
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::{ConnectorId, JobId, OwnerId};
use crate::oauth::Provider;

/// A connector of the hub.
#[derive(Clone, Debug)]
pub struct HubConnector {
    /// Primary key.
    pub id: ConnectorId,
    /// Name for people.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// Kind of authentication.
    pub auth: AuthKind,
    /// Protocol of calls.
    pub transport: Transport,
    /// Tools that the hub offers.
    pub tool_count: i64,
    /// Connections of all owners that are not disconnected.
    pub connection_count: i64,
    /// Known end of what the connector uses.
    pub sunset: Option<Sunset>,
    /// Calls of the last day by everybody, and those that failed.
    pub calls: (i64, i64),
    /// State of the OAuth application that serves all users; `None` if the service needs none.
    pub application: Option<ApplicationState>,
}

/// The state of the OAuth application of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationState {
    /// The provider has not rejected the application.
    Stored,
    /// The provider rejects the application.
    Rejected,
    /// No administrator has entered one.
    Missing,
}

/// A row, with the issuer at which its users sign in.
struct Row {
    id: ConnectorId,
    name: String,
    slug: String,
    auth: AuthKind,
    transport: Transport,
    oauth_config: Option<serde_json::Value>,
    tool_count: i64,
    connection_count: i64,
    sunset: Option<Json<Sunset>>,
    calls: i64,
    failures: i64,
}

/// An OAuth application that serves all users.
struct SharedClient {
    issuer: String,
    is_rejected: bool,
}

/// Time before now whose calls are counted.
const HEALTH_PERIOD: time::Duration = time::Duration::DAY;

/// Lists the connectors of the hub by name. `callback` is the callback URL of the hub, for which an application is stored.
pub async fn list_hub_connectors(system: &SystemDb, callback: &Url, now: Timestamp) -> Result<Vec<HubConnector>> {
    let mut conn = system.acquire().await?;
    let clients = shared_clients(&mut conn, callback).await?;
    let connectors = rows(&mut conn, now - HEALTH_PERIOD).await?.into_iter().map(|row| {
        let application = row.issuer().map(|issuer| state_of(&clients, &issuer));
        let Row { id, name, slug, auth, transport, tool_count, connection_count, sunset, calls, failures, .. } = row;
        let (sunset, calls) = (sunset.map(|it| it.0), (calls, failures));
        HubConnector { id, name, slug, auth, transport, tool_count, connection_count, sunset, calls, application }
    });
    Ok(connectors.collect())
}

/// Lists the issuers at which the hub has an OAuth application that its provider has not rejected.
pub async fn list_hub_issuers(system: &SystemDb, callback: &Url) -> Result<Vec<String>> {
    let mut conn = system.acquire().await?;
    let clients = shared_clients(&mut conn, callback).await?;
    Ok(clients.into_iter().filter(|client| !client.is_rejected).map(|client| client.issuer).collect())
}

/// Returns the state of the newest application at an issuer.
fn state_of(clients: &[SharedClient], issuer: &str) -> ApplicationState {
    match clients.iter().find(|client| client.issuer == issuer) {
        Some(client) if client.is_rejected => ApplicationState::Rejected,
        Some(_) => ApplicationState::Stored,
        None => ApplicationState::Missing,
    }
}

impl Row {
    /// Returns the issuer at which users sign in; `None` if the service has no sign-in.
    fn issuer(&self) -> Option<String> {
        let provider = serde_json::from_value::<Provider>(self.oauth_config.clone()?).ok()?;
        Some(provider.issuer().to_owned())
    }
}

/// Returns the applications that serve all users, the newest first.
async fn shared_clients(conn: &mut PgConnection, callback: &Url) -> sqlx::Result<Vec<SharedClient>> {
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

async fn rows(conn: &mut PgConnection, since: Timestamp) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT c.id AS "id: ConnectorId",
               c.name,
               c.slug,
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
               COALESCE(h.failures, 0) AS "failures!"
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
        WHERE c.owner_id IS NULL AND c.is_active
        ORDER BY lower(c.name), c.id
        "#,
        since,
        JobId::floor(since) as _,
    )
    .fetch_all(conn)
    .await
}
