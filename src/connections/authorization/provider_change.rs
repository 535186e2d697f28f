//! Discovers the provider of an MCP server at the start of each sign-in: a server may move to another authorization server.
//!
//! Another issuer is a change that the user confirms before the hub sends anything there. The confirmed description replaces the
//! stored one in the transaction that begins the sign-in, with a client of the new issuer. Grants of the former issuer keep
//! their clients, so no token of theirs reaches the new one. Called by `start`, and by the pages that connect a service.

use url::Url;

use super::{AuthorizationService, store_connections};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::{oauth_clients, probe};
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Message, Result};
use crate::ids::OauthClientId;
use crate::oauth::{self, Challenge, Failure, Provider};
use crate::upstream::DiscoveryAnswer;

/// A server's new authorization server.
#[derive(Debug)]
pub struct ProviderChange {
    former: Provider,
    pub(super) provider: Provider,
}

impl ProviderChange {
    /// Returns the issuer that was known until now.
    #[must_use]
    pub fn former_issuer(&self) -> &str {
        self.former.issuer()
    }

    /// Returns the issuer that the server names now.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    /// Returns the host of the new authorization server.
    #[must_use]
    pub fn host(&self) -> String {
        self.provider.host()
    }
}

/// See [`AuthorizationService::discover_provider`].
pub(super) async fn discover(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: &Connector,
    now: Timestamp,
) -> Result<Option<ProviderChange>> {
    let Some(server) = connector.server_url().filter(|_| connector.has_discovery()) else { return Ok(None) };
    let mut tx = authorization.db.enter(actor).await?;
    // nobody has signed in yet at a server that is shipped
    let former = connectors::provider(&mut tx, actor, connector.id).await?;
    // no transaction is open while the server answers
    drop(tx);
    let mut is_open = false;
    let challenge = match Box::pin(probe::discover_unauthenticated(authorization.egress, &server)).await? {
        DiscoveryAnswer::AuthRequired { challenge, .. } => challenge.as_deref().map(Challenge::parse),
        // some servers challenge only calls
        DiscoveryAnswer::Answered(_) => {
            is_open = true;
            None
        }
    };
    let challenge = challenge.unwrap_or_else(|| former.as_ref().map(former_challenge).unwrap_or_default());
    let known_issuer = former.as_ref().map(Provider::issuer);
    let found = oauth::discover(authorization.egress, &server, &challenge, known_issuer).await;
    let provider = found.map_err(|failure| without_sign_in(failure, &server, is_open))?;
    if let Some(former) = former.filter(|former| provider.issuer() != former.issuer()) {
        return Ok(Some(ProviderChange { former, provider }));
    }
    let mut tx = authorization.db.enter(actor).await?;
    connectors::replace_provider(&mut tx, actor, connector.id, &provider, now).await?;
    tx.commit().await?;
    Ok(None)
}

/// Explains a server that says nowhere how to sign in. `is_open` if it lists its tools to everybody.
fn without_sign_in(failure: Failure, server: &Url, is_open: bool) -> Error {
    if failure.class != "no_metadata" {
        return failure.into();
    }
    let host = server.host_str().unwrap_or("The server");
    let (text, advice) = if is_open {
        (format!("{host} needs no sign-in"), "Add it by its address under Connectors, without a credential")
    } else {
        (
            format!("{host} offers no sign-in, so it needs a key"),
            "Add it by its address under Connectors, and enter the key as bearer token",
        )
    };
    Error::Conflict(Message::from(text).with_advice(advice).with_detail(failure.message.with_detail_inline().text))
}

/// Returns what a server that challenges no discovery said at the former sign-in.
fn former_challenge(former: &Provider) -> Challenge {
    Challenge { resource_metadata: former.resource_metadata.clone(), scopes: former.scopes.clone(), error: None }
}

/// Replaces the description of the connector's provider, in the caller's transaction.
pub(super) async fn store(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    connector: &Connector,
    change: &ProviderChange,
    now: Timestamp,
) -> Result<()> {
    // a grant without a recorded client would use the newest one of the new issuer
    let (owner, issuer) = (actor.owner_id(), change.former.issuer());
    let mut conn = authorization.system.acquire().await?;
    let client = oauth_clients::find_current(&mut conn, authorization.vault, owner, issuer, None).await?;
    let client = client.map_or_else(|| OauthClientId::new(now), |client| client.id);
    store_connections::record_client(tx, owner, connector.id, client).await?;
    connectors::replace_provider(tx, actor, connector.id, &change.provider, now).await
}
