//! A user's links to connectors.
//!
//! Every call goes through a connection, also where nothing has to be proved. A connection is seen and changed only by
//! its owner; its credential leaves this module only as a value on its way into an `upstream` call.

pub mod attention;
mod authorization;
mod catalogue;
mod checkup;
mod connect;
mod detail;
mod disconnect;
mod end;
mod entries;
mod key;
mod label;
mod look;
mod notices;
mod preference;
mod replace;
mod retry;
mod server;
mod service;
mod status;
mod store;
mod token_refresh;
mod twin;

pub use authorization::{CALLBACK, ClientDocument, ClientRejection, Going, SignIn, Signed, client_document};
pub use catalogue::{Catalogue, Entry, Kinds, Wanted, catalogue};
pub use checkup::{Check, Checkup, Doctor, Fix, Step, Verdict, plan};
pub use connect::{NewConnection, connect, takes_token};
pub use detail::{Detail, Standing, find, list, several};
pub use disconnect::disconnect;
pub use end::TypedEnd;
pub use entries::Typed;
pub use key::{Keys, takes_key};
pub use label::rename;
pub use look::{Look, Looked, look};
pub use notices::Notifier;
pub use preference::prefer;
pub use replace::{NewToken, replace_token};
pub use server::{Added, NewServer, ServerAuth, connect_server};
pub use service::{ExternalAccount, Service};
pub use status::{ConnectionHealth, ConnectionStatus};
pub use store::{Connection, LinkedConnector};
pub use token_refresh::{BearerCredential, Credential, RefreshLocks, TokenRefresher};
pub use twin::twin;

use serde_json::Value;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Connector};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::oauth::TemplateValues;
use crate::vault::SecretRef;

/// Most services that are offered to choose from; others are reached from their own pages.
const MOST_LINKED: i64 = 200;

/// Label of the connection that is made without asking.
const DEFAULT_LABEL: &str = "Default";

/// The actor's connections to one connector: the one that is used by default first, then the oldest.
pub async fn of_connector(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<Vec<Connection>> {
    let mut tx = db.as_user(actor).await?;
    Ok(store::of_connector(&mut tx, actor.user_id(), connector).await?)
}

/// The services that the actor is linked to, by name: whose jobs there may be. In the caller's transaction.
pub async fn linked(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<LinkedConnector>> {
    Ok(store::linked(conn, actor.user_id(), MOST_LINKED).await?)
}

/// The connection that a call of this connector goes through: the chosen one, else the one that is used by default. Where
/// nothing has to be proved, the first use makes it.
///
/// # Errors
/// A fault of the field `connection` if the chosen one cannot be used, or not by the actor.
pub async fn for_call(
    db: &Db,
    actor: &Actor,
    connector: &Connector,
    chosen: Option<ConnectionId>,
    now: Timestamp,
) -> Result<ConnectionId> {
    let mut tx = db.as_user(actor).await?;
    let existing = store::of_connector(&mut tx, actor.user_id(), connector.id).await?;
    let mut usable = existing.iter().filter(|connection| connection.status.is_usable());
    if let Some(id) = usable.find(|connection| chosen.is_none_or(|id| id == connection.id)).map(|it| it.id) {
        return Ok(id);
    }
    if chosen.is_some() {
        let gone = format!("Choose one of your connections to {} that can be used", connector.name);
        return Err(Error::field("connection", gone));
    }
    // whoever has disconnected it wants it to stay so
    if connector.auth != AuthKind::None || !existing.is_empty() {
        return Err(Error::Conflict(format!(
            "{} is not connected. Connect it first, then run the tool",
            connector.name
        )));
    }
    let id = create(&mut tx, actor, connector.id, None, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// What the owner of a connection has entered for it that is no secret, and what was kept from its grant; in the caller's
/// transaction.
pub async fn entered(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<TemplateValues> {
    let held = store::own::hold(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    Ok(values_of(held.captured.as_ref()))
}

/// What is stored of a connection besides its credential, by name.
fn values_of(captured: Option<&Value>) -> TemplateValues {
    let pairs = captured.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
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
