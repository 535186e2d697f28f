//! A user's links to connectors.
//!
//! Every call goes through a connection, also where nothing has to be proved. A connection is seen and changed only by
//! its owner; its credential leaves this module only as a value on its way into an `upstream` call.

mod authorization;
mod catalogue;
mod look;
mod renewal;
mod server;
mod store;
mod troubled;

pub use authorization::{CALLBACK, ClientDocument, Going, SignIn, Signed, client_document};
pub use catalogue::{Catalogue, Entry, Kinds, Wanted, catalogue};
pub use look::{Look, Looked, look};
pub use renewal::{Credential, Presented, Renewals, sweep};
pub use server::{Added, NewServer, ServerAuth, connect_server};
pub use store::{Connection, LinkedConnector};
pub use troubled::{Troubled, troubled};

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::Connector;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, UserId};
use crate::secret::Secret;
use crate::vault::{SecretRef, Vault};

/// Most services that are offered to choose from; others are reached from their own pages.
const MOST_LINKED: i64 = 200;

/// Label of the connection that is made without asking.
const DEFAULT_LABEL: &str = "Default";

/// The actor's connections to one connector, oldest first.
pub async fn of_connector(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<Vec<Connection>> {
    let mut tx = db.as_user(actor).await?;
    Ok(store::of_connector(&mut tx, actor.user_id(), connector).await?)
}

/// The services that the actor is linked to, by name: whose jobs there may be. In the caller's transaction.
pub async fn linked(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<LinkedConnector>> {
    Ok(store::linked(conn, actor.user_id(), MOST_LINKED).await?)
}

/// The connection that a call of this connector goes through: the oldest usable one. Where nothing has to be proved,
/// the first use makes it.
pub async fn for_call(db: &Db, actor: &Actor, connector: &Connector, now: Timestamp) -> Result<ConnectionId> {
    let mut tx = db.as_user(actor).await?;
    let existing = store::of_connector(&mut tx, actor.user_id(), connector.id).await?;
    if let Some(usable) = existing.iter().find(|connection| connection.status == "active") {
        return Ok(usable.id);
    }
    if connector.auth_type != "none" {
        return Err(Error::Conflict(format!(
            "{} is not connected. Connect it first, then run the tool",
            connector.name
        )));
    }
    let id = create(&mut tx, actor, connector.id, None, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// The credential that calls through this connection present, opened for one call.
pub async fn credential(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: UserId,
    id: ConnectionId,
) -> Result<Option<Secret>> {
    match store::secret_ref(conn, owner, id).await?.ok_or(Error::NotFound("connection"))? {
        Some(reference) => Ok(Some(vault.open(conn, owner, &reference).await?)),
        None => Ok(None),
    }
}

/// Makes an active connection in the caller's transaction; a first use that happens twice at once makes one.
async fn create(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> Result<ConnectionId> {
    let id = ConnectionId::new(now);
    let kept = store::insert(tx, actor.user_id(), id, connector, DEFAULT_LABEL, secret, now).await?;
    if kept == id {
        audit::record(tx, actor, &Action::ConnectionCreated { connection: id, connector }, now).await?;
    }
    Ok(kept)
}
