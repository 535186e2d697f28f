//! Step 1, load: reads the state of a connection's credential.

use sqlx::PgConnection;

use super::state::RefreshState;
use super::store_connections;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;

/// Reads a connection without a lock.
pub(super) async fn load(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<RefreshState> {
    store_connections::find(conn, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))
}
