//! Changing the name and the address of an MCP server that a user has added. A new address is asked for its tools before it is
//! stored, as when a server is added.

use url::Url;

use super::address::parse_url;
use super::{MAX_NAME_CHARS, field_error};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::token_refresh::{
    BearerCredential, CredentialRejection, CredentialedRequest, RequestOutcome, TokenRefresher,
};
use crate::connections::{probe, store};
use crate::connectors::{self, AuthKind, Connector, ToolChangeCounts};
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, FieldFaults, Result};
use crate::ids::ConnectionId;
use crate::upstream::{Discovery, DiscoveryAnswer};

/// The form that changes a server.
#[derive(Clone, Debug)]
pub struct EditedServer {
    /// The connector's name.
    pub name: String,
    /// The URL of the MCP endpoint.
    pub url: String,
}

/// The changes that were stored.
#[derive(Debug)]
pub enum ServerEdit {
    /// The address is the same.
    SameUrl,
    /// The server at the new address listed its tools.
    Found(Box<Discovery>, ToolChangeCounts),
    /// The server at the new address lists its tools only after a sign-in. The stored tools stay until then.
    SignInNeeded,
}

/// Stores another name, another address, or both.
///
/// A stored credential goes to no other host than the one that it is for. While a connection holds a credential, the address
/// can only change within that host.
///
/// # Errors
/// Faults of `name` and `url`; a failure of the server is a fault of `url`. Nothing is stored then.
pub async fn edit_server(
    db: &Db,
    egress: &Egress,
    refresher: &TokenRefresher,
    actor: &Actor,
    connector: &Connector,
    edited: EditedServer,
    now: Timestamp,
) -> Result<ServerEdit> {
    let url = validate(&edited)?;
    let current = connector.server_url().ok_or(Error::NotFound("connector"))?;
    let answer = if url == current {
        None
    } else {
        let connection = find_connection(db, actor, connector, &current, &url).await?;
        let request = NewAddress { egress, url: &url };
        Some(match connection {
            Some(id) => request.with_credential(refresher, actor, id).await?,
            None => request.without_credential(connector).await?,
        })
    };
    let mut tx = db.enter(actor).await?;
    connectors::rename(&mut tx, actor, connector.id, &edited.name, now).await?;
    let edit = match answer {
        None => ServerEdit::SameUrl,
        Some(answer) => {
            connectors::change_url(&mut tx, actor, connector.id, url.as_str(), now).await?;
            match answer {
                None => ServerEdit::SignInNeeded,
                Some(found) => {
                    connectors::claim_discovery(&mut tx, actor, connector.id, std::time::Duration::ZERO, now).await?;
                    let changed = connectors::store_tools(&mut tx, actor, connector.id, &found, now).await?;
                    ServerEdit::Found(found, changed)
                }
            }
        }
    };
    tx.commit().await?;
    Ok(edit)
}

fn validate(edited: &EditedServer) -> Result<Url> {
    let mut faults = FieldFaults::default();
    if edited.name.is_empty() {
        faults.add("name", "Enter a name");
    }
    if edited.name.chars().count() > MAX_NAME_CHARS {
        faults.add("name", format!("Enter a name of {MAX_NAME_CHARS} characters or fewer"));
    }
    match parse_url(&edited.url) {
        Ok(url) => faults.into_result(url),
        Err(message) => {
            faults.add("url", message);
            Err(Error::Invalid(faults))
        }
    }
}

/// Returns the connection whose credential the new address may receive: that which calls go through.
async fn find_connection(
    db: &Db,
    actor: &Actor,
    connector: &Connector,
    current: &Url,
    url: &Url,
) -> Result<Option<ConnectionId>> {
    let mut tx = db.enter(actor).await?;
    let connections = store::list_for_connector(&mut tx, actor.owner_id(), connector.id).await?;
    if !connections.iter().any(|connection| connection.has_secret) {
        return Ok(None);
    }
    if url.origin() != current.origin() {
        let host = current.origin().ascii_serialization();
        let message = format!("Your credentials are for {host} and are not sent anywhere else. Disconnect them first");
        return Err(Error::field("url", message));
    }
    Ok(connections.iter().find(|it| it.has_secret && it.status.is_usable()).map(|it| it.id))
}

/// The request that a new address gets: for its tools.
struct NewAddress<'a> {
    egress: &'a Egress,
    url: &'a Url,
}

impl CredentialedRequest for NewAddress<'_> {
    type Answer = Result<DiscoveryAnswer>;

    fn purpose(&self) -> &'static str {
        "the tools at a new address"
    }

    async fn send(&mut self, credential: &BearerCredential) -> (Self::Answer, Option<CredentialRejection>) {
        let server = self.url.clone().into();
        // a rejection there says nothing about the credential at the stored address
        (Box::pin(probe::discover_or_challenge(self.egress, &server, credential.token.as_ref())).await, None)
    }
}

impl NewAddress<'_> {
    async fn with_credential(
        mut self,
        refresher: &TokenRefresher,
        actor: &Actor,
        id: ConnectionId,
    ) -> Result<Option<Box<Discovery>>> {
        match refresher.send(actor, id, &mut self).await? {
            RequestOutcome::Answered { answer, .. } => match answer.map_err(at_url)? {
                DiscoveryAnswer::Answered(found) => Ok(Some(found)),
                DiscoveryAnswer::AuthRequired { message, .. } => Err(Error::field("url", message)),
            },
            RequestOutcome::NoCredential(reason) => Err(Error::field("url", reason.into_reason())),
        }
    }

    /// Returns `None` if the server lists its tools only after a sign-in, as it did at its former address.
    async fn without_credential(self, connector: &Connector) -> Result<Option<Box<Discovery>>> {
        match probe::discover_unauthenticated(self.egress, self.url).await.map_err(at_url)? {
            DiscoveryAnswer::Answered(found) => Ok(Some(found)),
            DiscoveryAnswer::AuthRequired { .. } if connector.auth != AuthKind::None => Ok(None),
            DiscoveryAnswer::AuthRequired { .. } => {
                let host = self.url.host_str().unwrap_or("This server");
                Err(Error::field("url", format!("{host} requires a sign-in. Add it as a connector of its own")))
            }
        }
    }
}

/// Reports every fault of the server on the address: the form has no other field for it.
fn at_url(error: Error) -> Error {
    match field_error(error) {
        Error::Invalid(faults) => match faults.faults().first() {
            Some(fault) => Error::field("url", fault.message.clone()),
            None => Error::Invalid(faults),
        },
        other => other,
    }
}
