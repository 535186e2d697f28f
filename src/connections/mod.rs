//! An owner's links to connectors: makes them, keeps their credentials usable, and shows them to their owner.
//!
//! Pages, jobs and the dashboard call this module. Every call of a tool goes through a connection, even to a service that
//! requires no credential. Only its owner sees and changes a connection.
//!
//! This module runs no tool and starts no job. A credential leaves it only as a value for an `upstream` call; pages must not
//! ask for one.

pub mod attention;
mod authorization;
mod catalogue;
mod checkup;
mod client_token;
mod credentials;
mod detail;
mod discovery;
mod entered_key;
mod expiry;
mod fields;
mod hub_connectors;
pub mod label;
mod list;
mod manage;
mod notices;
mod oauth_clients;
mod owner_step;
mod probe;
mod rest_service;
mod rest_tools;
mod retry;
mod server;
mod status;
mod store;
mod store_catalogue;
mod store_client_tokens;
mod store_details;
mod store_tokens;
mod token;
mod token_refresh;

pub use authorization::{
    AuthorizationRedirect, AuthorizationService, AuthorizationStatus, AwaitedChoice, CALLBACK, CompletedSignIn,
    CoveredEntry, EnteredClient, NewSignIn, ProviderChange, SignInStep, client_document, find_owner_of_callback,
    purge_old_sign_ins,
};
pub use catalogue::{AvailableFilters, Catalogue, catalogue};
pub use checkup::{Check, CheckReport, CheckResult, Checkup, CheckupRunner, Remedy, plan};
pub use credentials::{CredentialService, NewConnection, NewCredential, NewKey};
pub use detail::{ConnectionDetail, ConnectionGroup, GroupCounts};
pub use discovery::{DiscoveryOutcome, ToolDiscovery, discover_tools};
pub use expiry::ExpiryInput;
pub use fields::FormValues;
pub use hub_connectors::{
    ApplicationState, ConnectorHealth, HubConnector, find_hub_connector, list_hub_connectors, list_hub_issuers,
    turn_hub_connector,
};
pub use list::{count_groups, duplicate_label, find, find_many, linked_connectors, list, list_for_connector};
pub use manage::{disconnect, rename, set_default};
pub use notices::Notifier;
pub use oauth_clients::{ApplicationValues, ClientRejection, ClientSource};
pub use owner_step::OwnerStep;
pub use rest_service::{ExternalAccount, RestService, credential_texts};
pub use server::{
    AddedServer, EditedServer, NewOwnServer, NewServer, NewServerKey, ServerAuth, ServerEdit, add_own_server,
    add_server, edit_server,
};
pub use status::{ConnectionHealth, ConnectionStatus};
pub use store::Connection;
pub use store_catalogue::{CatalogueEntry, CatalogueFilter, CatalogueGroup};
pub use store_details::LinkedConnector;
pub use token::NewToken;
pub use token_refresh::{
    BearerCredential, ConnectionToken, CredentialAnswer, CredentialRejection, CredentialedRequest, RefreshLocks,
    RequestOutcome, TokenRefresher,
};

use serde_json::Value;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::audit::{self, Action, AffectedConnection};
use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Connector, Transport};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::oauth::TemplateValues;
use crate::vault::SecretRef;

/// Returns true if the owner of a connection to the connector enters a bearer token.
#[must_use]
pub fn takes_token(connector: &Connector) -> bool {
    connector.auth == AuthKind::Token && connector.transport == Transport::Mcp && !connector.has_server_key
}

/// Returns true if the owner of a connection to the connector enters a key, and what else the service asks for.
#[must_use]
pub fn takes_key(connector: &Connector) -> bool {
    connector.auth == AuthKind::Token && (connector.transport == Transport::Rest || connector.has_server_key)
}

/// Returns the connection that a call goes through: the chosen one, else the default one. If the connector requires no
/// credential, the first call creates the connection.
///
/// # Errors
/// A fault of the field `connection` if the chosen connection cannot be used, or belongs to another user, or if there is none.
pub async fn choose_for_call(
    db: &Db,
    actor: &Actor,
    connector: &Connector,
    chosen: Option<ConnectionId>,
    now: Timestamp,
) -> Result<ConnectionId> {
    let mut tx = db.enter(actor).await?;
    let existing = store::list_for_connector(&mut tx, actor.owner_id(), connector.id).await?;
    if let Some(id) = find_usable(&existing, connector, chosen)? {
        return Ok(id);
    }
    let id = create(&mut tx, actor, connector.id, None, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Checks that [`choose_for_call`] would return a connection. Creates nothing.
pub async fn check_for_call(db: &Db, actor: &Actor, connector: &Connector, chosen: Option<ConnectionId>) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    let existing = store::list_for_connector(&mut tx, actor.owner_id(), connector.id).await?;
    find_usable(&existing, connector, chosen).map(|_| ())
}

/// Returns the chosen connection, else the default one. `None` means that the first call creates the connection.
fn find_usable(
    existing: &[Connection],
    connector: &Connector,
    chosen: Option<ConnectionId>,
) -> Result<Option<ConnectionId>> {
    let mut usable = existing.iter().filter(|connection| connection.status.is_usable());
    if let Some(connection) = usable.find(|connection| chosen.is_none_or(|id| id == connection.id)) {
        return Ok(Some(connection.id));
    }
    if chosen.is_some() {
        let message = format!("Choose one of your connections to {} that can be used", connector.name);
        return Err(Error::field("connection", message));
    }
    // a call does not reconnect what its owner has disconnected
    if connector.auth != AuthKind::None || !existing.is_empty() {
        let message = format!("{} is not connected: connect it, then run the tool", connector.name);
        return Err(Error::field("connection", message));
    }
    Ok(None)
}

/// Returns the values that are stored beside a connection's credential: those that its owner entered, and those that came
/// with its grant. In the caller's transaction.
pub async fn stored_values(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<TemplateValues> {
    let locked = store::lock(conn, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    Ok(values_of(locked.captured.as_ref()))
}

/// Reads the stored values of a connection, by name.
fn values_of(captured: Option<&Value>) -> TemplateValues {
    let pairs = captured.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Creates an active connection in the caller's transaction. Two concurrent first calls create one.
async fn create(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> Result<ConnectionId> {
    let id = ConnectionId::new(now);
    let stored = store::insert(tx, actor.owner_id(), id, connector, label::FIRST, secret, now).await?;
    if stored == id {
        audit::record(tx, actor, &Action::ConnectionCreated(AffectedConnection { connection: id, connector }), now)
            .await?;
    }
    Ok(stored)
}
