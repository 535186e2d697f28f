//! Which of several connections to a service calls go through unless another is chosen.

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;

use super::store::own;

/// Makes a connection the one that calls go through by default.
pub async fn prefer(db: &Db, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<()> {
    let mut tx = db.as_user(actor).await?;
    let held = own::hold(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if !held.status.is_usable() {
        return Err(Error::Conflict("Only a connection that can be used is used by default".to_owned()));
    }
    if held.is_default {
        return Ok(());
    }
    own::prefer_none(&mut tx, actor.user_id(), held.connector_id).await?;
    own::prefer(&mut tx, actor.user_id(), id, now).await?;
    let action = Action::ConnectionPreferred { connection: id, connector: held.connector_id };
    audit::record(&mut tx, actor, &action, now).await?;
    Ok(tx.commit().await?)
}
