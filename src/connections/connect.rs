//! Connecting a service that the user has added, once more or with another account.

use url::Url;

use super::end::End;
use super::replace::NewToken;
use super::server::discover;
use super::token_refresh::schedule_verification;
use super::{label, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::{AuthKind, Connector, Transport};
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, Result, combine};
use crate::ids::ConnectionId;
use crate::secret::Secret;
use crate::vault::Vault;

/// What a user enters to connect a service.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Tells it apart from the user's others.
    pub label: String,
    /// What calls present; not read where nothing has to be proved.
    pub token: NewToken,
}

/// Whether a connection to it presents a bearer token that its owner types.
#[must_use]
pub fn takes_token(connector: &Connector) -> bool {
    connector.auth == AuthKind::Token && connector.transport == Transport::Mcp
}

/// Makes a connection once the service has accepted the token; otherwise that is a fault of its field, and nothing is
/// stored.
pub async fn connect(
    db: &Db,
    egress: &Egress,
    vault: &Vault,
    actor: &Actor,
    connector: &Connector,
    new: &NewConnection,
    now: Timestamp,
) -> Result<ConnectionId> {
    let token = takes_token(connector).then_some(&new.token);
    let (label, end) = check(new, token, now)?;
    let token = token.map(|new| &new.token);
    if let Some(token) = token {
        verify(egress, connector, token).await?;
    }
    let mut tx = db.as_user(actor).await?;
    let secret = match token {
        Some(token) => Some(vault.seal(&mut tx, actor.user_id(), "connection.access", token, now).await?),
        None => None,
    };
    let id = ConnectionId::new(now);
    if store::insert(&mut tx, actor.user_id(), id, connector.id, label, secret.as_ref(), now).await? != id {
        return Err(label::taken(label));
    }
    if token.is_some() {
        schedule_verification(&mut tx, actor.user_id(), id, &end, now).await?;
    }
    audit::record(&mut tx, actor, &Action::ConnectionCreated { connection: id, connector: connector.id }, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// All faults at once.
fn check<'a>(new: &'a NewConnection, token: Option<&NewToken>, now: Timestamp) -> Result<(&'a str, End)> {
    combine(label::parse(&new.label), token.map_or_else(|| Ok(End::default()), |token| token.check(now)))
}

/// Makes a real call with the token: the service lists its tools.
pub(super) async fn verify(egress: &Egress, connector: &Connector, token: &Secret) -> Result<()> {
    let url = connector.mcp_server_url.as_deref().filter(|_| takes_token(connector));
    let url = url.and_then(|url| Url::parse(url).ok()).ok_or(Error::NotFound("token of this connection"))?;
    discover(egress, &url, Some(token)).await.map(drop).map_err(|error| match error {
        Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
            Error::field("token", message)
        }
        ours => ours,
    })
}
