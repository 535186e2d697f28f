//! Disconnecting: a connection is over for good. Its row stays, so that its jobs can be read.

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;
use crate::vault::Vault;

use super::store::own;

/// Ends a connection in the caller's transaction and forgets its credential; false if that was done before. What runs
/// through it is for the caller to end: see [`crate::jobs`].
pub async fn disconnect(tx: &mut Tx, vault: &Vault, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<bool> {
    let held = own::hold(tx, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if held.is_over() {
        return Ok(false);
    }
    own::revoke(tx, actor.user_id(), id, now).await?;
    for secret in [held.access, held.refresh].into_iter().flatten() {
        vault.shred(tx, actor.user_id(), &secret).await?;
    }
    let action = Action::ConnectionDisconnected { connection: id, connector: held.connector_id };
    audit::record(tx, actor, &action, now).await?;
    Ok(true)
}
