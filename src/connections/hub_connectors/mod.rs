//! The connectors of the hub, as administrators see them: those that are shipped, with their use by everybody.
//!
//! The counts are sums over all owners; no row of another owner is shown.

mod store;

use url::Url;

use super::status::ConnectionStatus;
use crate::actor::Actor;
use crate::audit::{self, Action, NamedConnector};
use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Sunset, Transport};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::ConnectorId;

/// A connector of the hub.
#[derive(Clone, Debug)]
pub struct HubConnector {
    /// Primary key.
    pub id: ConnectorId,
    /// Name for people.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// A sentence about its purpose.
    pub description: String,
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
    /// Time at which an administrator turned it off; `None` if it is on.
    pub turned_off_at: Option<Timestamp>,
    /// State of the OAuth application that serves all users; `None` if the service needs none.
    pub application: Option<ApplicationState>,
}

/// The health of a connector of the hub.
#[derive(Clone, Debug)]
pub struct ConnectorHealth {
    /// Number of people and organisations with a connection.
    pub owners: i64,
    /// Connections of all owners by status, without disconnected ones.
    pub connections: Vec<(ConnectionStatus, i64)>,
    /// Causes of the failed calls of the last day with their numbers, the most frequent first.
    pub causes: Vec<(String, i64)>,
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

/// Time before now whose calls are counted.
const HEALTH_PERIOD: time::Duration = time::Duration::DAY;

/// Lists the connectors of the hub by name. `callback` is the callback URL of the hub, for which an application is stored.
pub async fn list_hub_connectors(system: &SystemDb, callback: &Url, now: Timestamp) -> Result<Vec<HubConnector>> {
    let mut conn = system.acquire().await?;
    let clients = store::shared_clients(&mut conn, callback).await?;
    let rows = store::list(&mut conn, None, now - HEALTH_PERIOD).await?;
    Ok(rows.into_iter().map(|row| HubConnector::new(row, &clients)).collect())
}

/// Finds a connector of the hub by its name in URLs, with its health.
pub async fn find_hub_connector(
    system: &SystemDb,
    slug: &str,
    callback: &Url,
    now: Timestamp,
) -> Result<(HubConnector, ConnectorHealth)> {
    let mut conn = system.acquire().await?;
    let clients = store::shared_clients(&mut conn, callback).await?;
    let since = now - HEALTH_PERIOD;
    let row = store::list(&mut conn, Some(slug), since).await?.pop().ok_or(Error::NotFound("connector"))?;
    let connector = HubConnector::new(row, &clients);
    let counts = store::connection_counts(&mut conn, connector.id).await?;
    let causes = store::failure_causes(&mut conn, connector.id, since).await?;
    let owners = counts.iter().find(|it| it.status.is_none()).map_or(0, |all| all.owners);
    let connections = counts.iter().filter_map(|it| Some((it.status?, it.connections))).collect();
    Ok((connector, ConnectorHealth { owners, connections, causes }))
}

/// Turns a connector of the hub on or off for everybody, with the server that its provider hosts. Returns false if it is so
/// already.
pub async fn turn_hub_connector(
    system: &SystemDb,
    actor: &Actor,
    slug: &str,
    is_on: bool,
    now: Timestamp,
) -> Result<bool> {
    let mut tx = system.begin().await?;
    let turned = store::turn(&mut tx, slug, (!is_on).then_some(now)).await?;
    for (connector, name) in &turned {
        let named = NamedConnector { connector: *connector, name: name.clone(), url: String::new() };
        let action = if is_on { Action::ConnectorTurnedOn(named) } else { Action::ConnectorTurnedOff(named) };
        audit::record(&mut tx, actor, &action, now).await?;
    }
    tx.commit().await?;
    Ok(!turned.is_empty())
}

/// Lists the issuers at which the hub has an OAuth application that its provider has not rejected.
pub async fn list_hub_issuers(system: &SystemDb, callback: &Url) -> Result<Vec<String>> {
    let mut conn = system.acquire().await?;
    let clients = store::shared_clients(&mut conn, callback).await?;
    Ok(clients.into_iter().filter(|client| !client.is_rejected).map(|client| client.issuer).collect())
}

impl HubConnector {
    fn new(row: store::Row, clients: &[store::SharedClient]) -> Self {
        Self {
            application: row.issuer().map(|issuer| ApplicationState::find(clients, &issuer)),
            id: row.id,
            name: row.name,
            slug: row.slug,
            description: row.description,
            auth: row.auth,
            transport: row.transport,
            tool_count: row.tool_count,
            connection_count: row.connection_count,
            sunset: row.sunset.map(|sunset| sunset.0),
            calls: (row.calls, row.failures),
            turned_off_at: row.turned_off_at,
        }
    }
}

impl ApplicationState {
    /// Returns the state of the newest application at an issuer.
    fn find(clients: &[store::SharedClient], issuer: &str) -> Self {
        match clients.iter().find(|client| client.issuer == issuer) {
            Some(client) if client.is_rejected => Self::Rejected,
            Some(_) => Self::Stored,
            None => Self::Missing,
        }
    }
}
