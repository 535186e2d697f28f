//! Removing a connector: its connections end with it, and so do the jobs that depend on them.

use super::dependent_jobs::{DisconnectResult, end_connections};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections;
use crate::connectors;
use crate::db::Db;
use crate::error::Result;
use crate::ids::ConnectorId;
use crate::live::Live;
use crate::saved_inputs;
use crate::vault::Vault;

/// Removes a connector that the actor added, in one transaction with the end of its connections. Its jobs stay readable.
pub async fn remove_connector(
    db: &Db,
    live: &Live,
    vault: &Vault,
    actor: &Actor,
    id: ConnectorId,
    now: Timestamp,
) -> Result<DisconnectResult> {
    let mut tx = db.enter(actor).await?;
    // first, since it locks the connector: a connection that is made meanwhile waits, and finds no connector
    connectors::remove(&mut tx, actor, id, now).await?;
    saved_inputs::delete_of_connector(&mut tx, actor, id).await?;
    let connections = connections::list_for_connector(&mut tx, actor, id).await?;
    let ids: Vec<_> = connections.iter().filter(|it| !it.status.is_disconnected()).map(|it| it.id).collect();
    let ended = end_connections(&mut tx, vault, actor, &ids, now).await?;
    tx.commit().await?;
    Ok(ended.notify(live, actor))
}
