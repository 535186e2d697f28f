//! A server's announcement, during a call, that its tools have changed.

use std::time::Duration;

use super::prepare::Runner;
use crate::actor::Actor;
use crate::connections::ToolDiscovery;
use crate::connectors;
use crate::error::Result;
use crate::ids::ConnectorId;

/// A server may announce changed tools with every call; the hub reads them at most this often.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(60);

/// The announcement: which connector's tools, and the user whose call received it.
#[derive(Clone, Debug)]
pub struct ToolsChanged {
    pub(super) actor: Actor,
    pub(super) connector: ConnectorId,
}

impl ToolsChanged {
    /// The connector whose tools have changed.
    #[must_use]
    pub const fn connector(&self) -> ConnectorId {
        self.connector
    }
}

/// Marks the connector's tools as changed, for its page. Returns false if its tools come with the hub.
pub async fn mark_tools_changed(runner: &Runner, changed: &ToolsChanged) -> Result<bool> {
    let mut tx = runner.system.begin().await?;
    let connector = connectors::get(&mut tx, &changed.actor, changed.connector).await?;
    if !connector.has_discovery() {
        return Ok(false);
    }
    connectors::mark_tools_changed(&mut tx, &changed.actor, changed.connector, runner.clock.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Reads the tools again. If they were read within the last minute, only the mark on the connector's page stays.
pub async fn refresh_changed_tools(runner: &Runner, changed: &ToolsChanged) -> Result<()> {
    let now = runner.clock.now();
    let mut tx = runner.system.begin().await?;
    let claimed = ToolDiscovery::claim(&mut tx, &changed.actor, changed.connector, DISCOVERY_INTERVAL, now).await?;
    let Some(discovery) = claimed else { return Ok(()) };
    tx.commit().await?;
    let tools = discovery.ask_server(&runner.egress, &runner.refresher, &changed.actor).await?;
    let mut tx = runner.system.begin().await?;
    tools.store(&mut tx, &changed.actor, now).await?;
    Ok(tx.commit().await?)
}
