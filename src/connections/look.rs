//! Looking again at the tools of a server that the user has added.

use std::time::Duration;

use url::Url;

use super::server::discover;
use super::store;
use super::token_refresh::{BearerCredential, Credential, TokenRefresher};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, Changed, Connector};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::upstream::Discovery;

/// How often a user may look; longer than a look takes, so that two never meet.
const EVERY: Duration = Duration::from_secs(20);

/// What came of a look.
#[derive(Clone, Debug)]
pub enum Looked {
    /// The server has answered: what it lists, and what of it is new.
    Found(Box<Discovery>, Changed),
    /// It could not be read; a sentence. The tools are as they were.
    Failed(String),
    /// There was a look less than this ago: nothing was done.
    TooSoon(Duration),
}

/// A look that may be taken now: for its interval nobody else takes one.
#[derive(Debug)]
pub struct Look {
    connector: ConnectorId,
    url: Url,
    connection: Option<ConnectionId>,
}

/// What the server said.
#[derive(Debug)]
pub struct Seen {
    connector: ConnectorId,
    answer: Result<Discovery>,
}

/// Asks the server for its tools and takes them over, unless that was done a moment ago. What it listed before stays as versions,
/// which former jobs name; a look that fails changes no tool.
pub async fn look(
    db: &Db,
    egress: &Egress,
    refresher: &TokenRefresher,
    actor: &Actor,
    connector: ConnectorId,
    now: Timestamp,
) -> Result<Looked> {
    let mut tx = db.as_user(actor).await?;
    let Some(look) = Look::claim(&mut tx, actor, connector, EVERY, now).await? else {
        return Ok(Looked::TooSoon(EVERY));
    };
    tx.commit().await?;
    let seen = look.take(egress, refresher, actor).await?;
    let mut tx = db.as_user(actor).await?;
    let looked = seen.keep(&mut tx, actor, now).await?;
    tx.commit().await?;
    Ok(looked)
}

impl Look {
    /// Claims a look; none if there was one less than `every` ago.
    pub async fn claim(
        tx: &mut Tx,
        actor: &Actor,
        connector: ConnectorId,
        every: Duration,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let connector = connectors::get(tx, actor, connector).await?;
        let url = own_server(&connector)?;
        if !connectors::claim_discovery(tx, actor, connector.id, every, now).await? {
            return Ok(None);
        }
        // through what calls would go
        let connections = store::of_connector(tx, actor.user_id(), connector.id).await?;
        let connection = connections.iter().find(|connection| connection.status.is_usable()).map(|it| it.id);
        Ok(Some(Self { connector: connector.id, url, connection }))
    }

    /// Asks the server, outside of any transaction, with a credential that is renewed first if need be.
    pub async fn take(self, egress: &Egress, refresher: &TokenRefresher, actor: &Actor) -> Result<Seen> {
        let credential = match self.connection {
            Some(connection) => refresher.credential(actor, connection).await?,
            None => Credential::Ready(BearerCredential { token: None, version: 0 }),
        };
        let answer = match credential {
            Credential::Ready(presented) => discover(egress, &self.url, presented.token.as_ref()).await,
            Credential::ReauthRequired(message) | Credential::ProviderUnavailable { message, .. } => {
                Err(Error::upstream("not_connected", message, None))
            }
        };
        Ok(Seen { connector: self.connector, answer })
    }
}

impl Seen {
    /// Keeps what was seen, in the caller's transaction.
    pub async fn keep(self, tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<Looked> {
        match self.answer {
            Ok(found) => {
                let changed = connectors::store_tools(tx, actor, self.connector, &found.tools, now).await?;
                Ok(Looked::Found(Box::new(found), changed))
            }
            Err(error) => {
                let (class, message) = told(error)?;
                connectors::record_discovery_failure(tx, actor, self.connector, class, &message, now).await?;
                Ok(Looked::Failed(message))
            }
        }
    }
}

fn own_server(connector: &Connector) -> Result<Url> {
    let url = connector.mcp_server_url.as_deref().filter(|_| connector.can_be_rediscovered());
    url.and_then(|url| Url::parse(url).ok()).ok_or(Error::NotFound("server"))
}

/// A failure of the server, or of the way there, in words; one of ours is passed on.
fn told(error: Error) -> Result<(&'static str, String)> {
    match error {
        Error::Upstream { class, message, .. } => Ok((class, message.to_string())),
        Error::Refused(message) => Ok(("refused", message.to_string())),
        Error::Limited { message, .. } => Ok(("limited", message.to_string())),
        ours => Err(ours),
    }
}
