//! What a server says during a job besides its answer: that its tools have changed.

use std::time::Duration;

use super::run::Runner;
use crate::actor::Actor;
use crate::connections::ToolDiscovery;
use crate::connectors;
use crate::error::Result;
use crate::ids::ConnectorId;

/// News may come with every call; the server is asked no more often than this.
const EVERY: Duration = Duration::from_secs(60);

/// A server's tools have changed, as it says.
#[derive(Clone, Debug)]
pub struct ToolNews {
    pub(super) actor: Actor,
    pub(super) connector: ConnectorId,
}

/// Notes the news, so that the connector's page tells of them whatever follows. False: it is of a connector without a
/// server of its own.
pub async fn mark_tools_changed(runner: &Runner, news: &ToolNews) -> Result<bool> {
    let mut tx = runner.system.begin().await?;
    let connector = connectors::get(&mut tx, &news.actor, news.connector).await?;
    if !connector.can_be_rediscovered() {
        return Ok(false);
    }
    connectors::mark_tools_changed(&mut tx, &news.actor, news.connector, runner.clock.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Looks at the tools again, unless that was done a moment ago: the news then stay on the connector's page.
pub async fn refresh_changed_tools(runner: &Runner, news: &ToolNews) -> Result<()> {
    let now = runner.clock.now();
    let mut tx = runner.system.begin().await?;
    let claimed = ToolDiscovery::claim(&mut tx, &news.actor, news.connector, EVERY, now).await?;
    let Some(look) = claimed else { return Ok(()) };
    tx.commit().await?;
    let seen = look.ask_server(&runner.egress, &runner.refresher, &news.actor).await?;
    let mut tx = runner.system.begin().await?;
    seen.store(&mut tx, &news.actor, now).await?;
    Ok(tx.commit().await?)
}
