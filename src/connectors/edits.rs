//! Changes that owners make to the connectors that they added: name, address, removal.
//!
//! Shipped connectors belong to the hub, so none of these verbs finds them.

use super::store_edits::{self as store, OwnConnector};
use super::{name_taken, store as connectors, store_discoveries};
use crate::actor::Actor;
use crate::audit::{self, Action, ConnectorChange, NamedConnector};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::ConnectorId;

/// Gives a connector another name, in the caller's transaction. Its slug stays, and with it every link to its pages.
///
/// # Errors
/// A fault of `name` if another connector of the actor has it.
pub async fn rename(tx: &mut Tx, actor: &Actor, id: ConnectorId, name: &str, now: Timestamp) -> Result<()> {
    let OwnConnector { name: from, .. } = lock(tx, actor, id).await?;
    if from == name {
        return Ok(());
    }
    if connectors::is_name_taken(tx, actor.owner_id(), name, Some(id)).await? {
        return Err(name_taken(name));
    }
    store::rename(tx, actor.owner_id(), id, name).await?;
    audit::record(
        tx,
        actor,
        &Action::ConnectorRenamed(ConnectorChange { connector: id, from, to: name.to_owned() }),
        now,
    )
    .await
}

/// Gives a connector another address, in the caller's transaction. Stored tools stay until a discovery replaces them.
pub async fn change_url(tx: &mut Tx, actor: &Actor, id: ConnectorId, url: &str, now: Timestamp) -> Result<()> {
    let OwnConnector { url: from, .. } = lock(tx, actor, id).await?;
    if from == url {
        return Ok(());
    }
    store::change_url(tx, actor.owner_id(), id, url).await?;
    store_discoveries::forget(tx, actor.owner_id(), id).await?;
    audit::record(
        tx,
        actor,
        &Action::ConnectorUrlChanged(ConnectorChange { connector: id, from, to: url.to_owned() }),
        now,
    )
    .await
}

/// Removes a connector, in the caller's transaction. Its row and its tool versions stay, so that its jobs can be read; its
/// name and its slug are free again. The caller ends its connections.
pub async fn remove(tx: &mut Tx, actor: &Actor, id: ConnectorId, now: Timestamp) -> Result<()> {
    let OwnConnector { name, url } = lock(tx, actor, id).await?;
    store::remove(tx, actor.owner_id(), id, &format!("removed-{id}"), now).await?;
    audit::record(tx, actor, &Action::ConnectorRemoved(NamedConnector { connector: id, name, url }), now).await
}

async fn lock(tx: &mut Tx, actor: &Actor, id: ConnectorId) -> Result<OwnConnector> {
    store::lock(tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("connector"))
}
