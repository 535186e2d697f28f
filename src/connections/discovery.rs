//! Discovering the tools of a server again.

use std::time::Duration;

use super::token_refresh::{RequestOutcome, TokenRefresher};
use super::{probe, store};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, Connector, ToolChangeCounts};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::upstream::{Discovery, Server};

/// Minimum interval between two discoveries of a user; longer than one takes, so that two never overlap.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(20);

/// The result of a discovery.
#[derive(Clone, Debug)]
pub enum DiscoveryOutcome {
    /// The server listed its tools; some of them can be new.
    Found(Box<Discovery>, ToolChangeCounts),
    /// The server did not list its tools, for the reason in this sentence. The stored tools are unchanged.
    Failed(String),
    /// The last discovery began less than this interval ago; nothing was done.
    TooSoon(Duration),
}

/// A claimed discovery: no other begins within its interval.
#[derive(Debug)]
pub struct ToolDiscovery {
    connector: ConnectorId,
    server: Server,
    connection: Option<ConnectionId>,
}

/// The server's answer to a discovery.
#[derive(Debug)]
pub struct DiscoveredTools {
    connector: ConnectorId,
    answer: Result<Discovery>,
}

/// Asks the server for its tools and stores them, unless that was done a moment ago. Earlier versions stay, since former
/// jobs name them. A failed discovery changes no tool.
pub async fn discover_tools(
    db: &Db,
    egress: &Egress,
    refresher: &TokenRefresher,
    actor: &Actor,
    connector: ConnectorId,
    now: Timestamp,
) -> Result<DiscoveryOutcome> {
    let mut tx = db.enter(actor).await?;
    let claimed = ToolDiscovery::claim(&mut tx, actor, connector, DISCOVERY_INTERVAL, now).await?;
    let Some(discovery) = claimed else {
        return Ok(DiscoveryOutcome::TooSoon(DISCOVERY_INTERVAL));
    };
    tx.commit().await?;
    let discovered = discovery.ask_server(egress, refresher, actor).await?;
    let mut tx = db.enter(actor).await?;
    let outcome = discovered.store(&mut tx, actor, now).await?;
    tx.commit().await?;
    Ok(outcome)
}

impl ToolDiscovery {
    /// Claims a discovery; `None` if the last one began less than `interval` ago.
    pub async fn claim(
        tx: &mut Tx,
        actor: &Actor,
        connector: ConnectorId,
        interval: Duration,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let connector = connectors::get(tx, actor, connector).await?;
        let server = server(&connector)?;
        if !connectors::claim_discovery(tx, actor, connector.id, interval, now).await? {
            return Ok(None);
        }
        // the connection that calls go through
        let connections = store::list_for_connector(tx, actor.owner_id(), connector.id).await?;
        let connection = connections.iter().find(|connection| connection.status.is_usable()).map(|it| it.id);
        Ok(Some(Self { connector: connector.id, server, connection }))
    }

    /// Asks the server, outside of any transaction. The credential is refreshed first if it is about to expire, or if the server
    /// rejects it.
    pub async fn ask_server(
        self,
        egress: &Egress,
        refresher: &TokenRefresher,
        actor: &Actor,
    ) -> Result<DiscoveredTools> {
        let answer = match self.connection {
            None => probe::discover(egress, &self.server, None).await,
            Some(connection) => match refresher.list_tools(actor, connection, &self.server).await? {
                RequestOutcome::Answered { answer, .. } => answer,
                RequestOutcome::NoCredential(reason) => {
                    Err(Error::upstream("not_connected", reason.into_reason(), None))
                }
            },
        };
        Ok(DiscoveredTools { connector: self.connector, answer })
    }
}

impl DiscoveredTools {
    /// Stores the tools, or the failure, in the caller's transaction.
    pub async fn store(self, tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<DiscoveryOutcome> {
        match self.answer {
            Ok(found) => {
                let changed = connectors::store_tools(tx, actor, self.connector, &found, now).await?;
                Ok(DiscoveryOutcome::Found(Box::new(found), changed))
            }
            Err(error) => {
                let (class, message) = class_and_message(error)?;
                connectors::record_discovery_failure(tx, actor, self.connector, class, &message, now).await?;
                Ok(DiscoveryOutcome::Failed(message))
            }
        }
    }
}

fn server(connector: &Connector) -> Result<Server> {
    if connector.has_own_addresses() {
        let text = format!("Each customer of {} has a server of their own", connector.name);
        return Err(Error::conflict(text, "Connect yours first. Its page has the tools"));
    }
    let server = connector.server().filter(|_| connector.has_discovery());
    server.ok_or_else(|| {
        Error::conflict(format!("The tools of {} come with the hub", connector.name), "Update the hub to change them")
    })
}

/// Describes a failure of the server or of the network. Returns other errors as they are.
fn class_and_message(error: Error) -> Result<(&'static str, String)> {
    match error {
        Error::Upstream { class, message, .. } => Ok((class, message.to_string())),
        Error::Refused(message) => Ok(("refused", message.to_string())),
        Error::Limited { message, .. } => Ok(("limited", message.to_string())),
        internal => Err(internal),
    }
}
