//! Changes that an owner makes to a connection: its label, the default one, and its end.

use super::store_tokens::{self, TokenSecrets};
use super::{label, store};
use crate::actor::Actor;
use crate::audit::{self, Action, AffectedConnection};
use crate::clock::Timestamp;
use crate::db::{Db, OnConstraint, Tx};
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::vault::Vault;

/// The unique index on the labels of an owner's connections to one connector.
const LABEL_INDEX: &str = "user_connections_label";

/// Gives a connection another label.
pub async fn rename(db: &Db, actor: &Actor, id: ConnectionId, typed: &str, now: Timestamp) -> Result<()> {
    let label = label::parse(typed)?;
    let mut tx = db.enter(actor).await?;
    let locked = store::lock(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if locked.label == label {
        return Ok(());
    }
    let renamed = store::rename(&mut tx, actor.owner_id(), id, label, now).await;
    renamed.on_constraint(LABEL_INDEX, || label::taken_error(label))?;
    let (connector, from, to) = (locked.connector_id, locked.label, label.to_owned());
    audit::record(&mut tx, actor, &Action::ConnectionRenamed { connection: id, connector, from, to }, now).await?;
    Ok(tx.commit().await?)
}

/// Makes a connection the one that calls go through by default.
pub async fn set_default(db: &Db, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    let locked = store::lock(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if !locked.status.is_usable() {
        return Err(Error::stale(
            "This connection cannot be used, so it cannot be the default",
            "Connect the service again first",
        ));
    }
    if locked.is_default {
        return Ok(());
    }
    store::clear_default(&mut tx, actor.owner_id(), locked.connector_id).await?;
    store::set_default(&mut tx, actor.owner_id(), id, now).await?;
    let action =
        Action::DefaultConnectionChanged(AffectedConnection { connection: id, connector: locked.connector_id });
    audit::record(&mut tx, actor, &action, now).await?;
    Ok(tx.commit().await?)
}

/// Disconnects a connection in the caller's transaction and deletes its credential. Its row stays, so that its jobs can be
/// read; the caller ends what runs through it (see [`crate::jobs`]). Returns false if it was disconnected before.
pub async fn disconnect(tx: &mut Tx, vault: &Vault, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<bool> {
    let locked = store::lock(tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if locked.status.is_disconnected() {
        return Ok(false);
    }
    store::mark_disconnected(tx, actor.owner_id(), id, now).await?;
    let further = store_tokens::delete_except(tx, actor.owner_id(), id, &[]).await?;
    let further = further.into_iter().flat_map(TokenSecrets::into_refs);
    for secret in [locked.access, locked.refresh].into_iter().flatten().chain(further) {
        vault.shred(tx, actor.owner_id(), &secret).await?;
    }
    let action = Action::ConnectionDisconnected(AffectedConnection { connection: id, connector: locked.connector_id });
    audit::record(tx, actor, &action, now).await?;
    Ok(true)
}
