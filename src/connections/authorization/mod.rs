//! Signing in at a provider: begins on a page of the hub, continues with consent at the provider, ends at the callback.
//! The pages of connectors call it, and the disconnection of a connection. It refreshes no token: `token_refresh` does.
//!
//! Invariants: an authorization request works once, for ten minutes, in the browser session that began it. The PKCE verifier
//! is stored sealed, and so are both tokens. Before the hub stores the tokens of a REST service, it asks whose account they are
//! for; until then they exist in memory only, or sealed while the user chooses a site. A failed sign-in changes neither the tokens nor the status of a connection; after
//! `invalid_scope`, it resets the requested scopes. The label names the connection: an existing one keeps its id, and jobs
//! that wait for it resume.

mod application;
mod callback;
mod choice;
mod client_rejection;
mod clients;
mod coverage;
mod first_request;
mod further_tokens;
mod grant;
mod old_requests;
mod persist;
mod provider_change;
mod revocation;
mod sealing;
mod start;
mod store_choices;
mod store_connections;
mod store_requests;
mod waiting_grant;

use std::collections::BTreeMap;

use url::Url;

pub use self::callback::find_owner_of_callback;
pub use self::choice::AwaitedChoice;
pub use self::clients::{EnteredClient, client_document};
pub use self::coverage::CoveredEntry;
pub use self::old_requests::purge_old_sign_ins;
pub use self::provider_change::ProviderChange;
pub use self::start::NewSignIn;
pub use self::store_requests::AuthorizationStatus;

use super::oauth_clients::{self, OauthClientRecord};
use super::token_refresh::TokenRefresher;
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, Connector};
use crate::db::{Db, SystemDb, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OwnerId};
use crate::oauth::{Provider, State};
use crate::queue::ReleasedJobs;
use crate::vault::Vault;

/// The path of the callback, to which providers send users back.
pub const CALLBACK: &str = "oauth/callback";

/// Signs users in at providers, and manages the OAuth clients that the hub uses there.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationService<'a> {
    /// The actor's rows.
    pub db: &'a Db,
    /// The OAuth clients, of which the hub's own belong to no user.
    pub system: &'a SystemDb,
    /// Seals tokens, verifiers and client secrets.
    pub vault: &'a Vault,
    /// Reaches the providers.
    pub egress: &'a Egress,
    /// Sends the first request after a sign-in.
    pub refresher: &'a TokenRefresher,
    /// The hub's public URL.
    pub public_url: &'a Url,
}

/// The redirect that sends a user to the provider.
#[derive(Debug)]
pub struct AuthorizationRedirect {
    /// The connector.
    pub connector: Connector,
    /// The label of the connection.
    pub label: String,
    /// The host that asks for consent.
    pub host: String,
    /// The authorization URL.
    pub url: Url,
    /// `true` if the hub can register itself at the provider again.
    pub can_register_again: bool,
}

/// A completed sign-in.
#[derive(Debug)]
pub struct CompletedSignIn {
    /// The connector.
    pub connector: Connector,
    /// The connection that calls go through from now on.
    pub connection: ConnectionId,
    /// `true` if the connection existed before.
    pub is_reconnected: bool,
    /// Scopes that the hub requested and the provider did not grant.
    pub missing: Vec<String>,
    /// The account's name, if the service says it.
    pub account: Option<String>,
    /// The number of the service's tools; `None` if the service has not listed them yet.
    pub tools: Option<usize>,
    /// The reason why the service cannot be called yet although the tokens are stored: it rejected them at once.
    pub rejection: Option<String>,
    /// Jobs that waited for the connection; the caller announces them.
    pub released: ReleasedJobs,
}

/// The state of a sign-in after its callback.
#[derive(Debug)]
pub enum SignInStep {
    /// The connection is stored.
    Completed(Box<CompletedSignIn>),
    /// The grant covers several sites or organisations: the user chooses one on a page of this connector.
    AwaitsChoice(Box<Connector>),
}

impl AuthorizationService<'_> {
    /// Discovers the provider of an MCP server anew, before a sign-in. Returns the change if the server names another issuer now:
    /// the user has to confirm it. Any other change is stored at once. A shipped REST service has its provider in its file.
    ///
    /// # Errors
    /// A sentence that says what the server or its provider did not answer.
    pub async fn discover_provider(
        &self,
        actor: &Actor,
        connector: &Connector,
        now: Timestamp,
    ) -> Result<Option<ProviderChange>> {
        provider_change::discover(self, actor, connector, now).await
    }

    /// Begins a sign-in for the connection with this label. The hub registers itself at a provider that it does not know.
    ///
    /// # Errors
    /// Faults of `label` and of the service's fields; one of `client_id` if the provider registers no clients and the user
    /// has entered none.
    pub async fn begin(
        &self,
        actor: &Actor,
        session: SessionKey,
        connector: &Connector,
        new: NewSignIn<'_>,
        now: Timestamp,
    ) -> Result<State> {
        start::begin(self, actor, session, connector, new, now).await
    }

    /// Returns the scopes that a sign-in for the connection with this label requests: the connector's, and those that the
    /// connection turned out to need.
    pub async fn scopes(&self, actor: &Actor, connector: ConnectorId, label: &str) -> Result<Vec<String>> {
        start::scopes(self, actor, connector, label).await
    }

    /// Returns the redirect of an authorization request that [`AuthorizationService::begin`] stored.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the request is unknown, used, expired or from another browser session.
    pub async fn authorization_redirect(
        &self,
        actor: &Actor,
        session: SessionKey,
        state: &State,
        now: Timestamp,
    ) -> Result<AuthorizationRedirect> {
        start::authorization_redirect(self, actor, session, state, now).await
    }

    /// Completes a sign-in with the parameters of its callback.
    ///
    /// # Errors
    /// A sentence for the user. [`Error::Conflict`] if the authorization request is unknown, used, expired or from another
    /// browser session: then nothing has changed. Every later failure uses the request up and writes an audit entry. If the
    /// provider rejected the OAuth client or a scope, the next sign-in uses another client or fewer scopes.
    pub async fn complete(
        &self,
        actor: &Actor,
        session: SessionKey,
        query: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<SignInStep> {
        callback::complete(self, actor, session, query, now).await
    }

    /// Returns what the user can choose from, if the sign-in waits for a choice.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the sign-in is unknown, finished, expired or from another browser session.
    pub async fn awaited_choice(
        &self,
        actor: &Actor,
        session: SessionKey,
        state: &State,
        now: Timestamp,
    ) -> Result<AwaitedChoice> {
        choice::find(self, actor, session, state, now).await
    }

    /// Continues a sign-in with the entry of this id.
    ///
    /// # Errors
    /// A fault of `choice` if there is no such entry; otherwise as [`AuthorizationService::complete`].
    pub async fn choose(
        &self,
        actor: &Actor,
        session: SessionKey,
        state: &State,
        chosen: &str,
        now: Timestamp,
    ) -> Result<SignInStep> {
        choice::choose(self, actor, session, state, chosen, now).await
    }

    /// Returns the connector of a callback, if the authorization request is the actor's. A failed callback links back to it.
    pub async fn connector_of_callback(
        &self,
        actor: &Actor,
        query: &BTreeMap<String, String>,
    ) -> Result<Option<Connector>> {
        callback::connector(self, actor, query).await
    }

    /// Retires every client that the hub registered for the user at the provider, so that the next sign-in registers the hub
    /// again. A client that a person entered stays.
    pub async fn retire_registered_clients(&self, actor: &Actor, connector: ConnectorId, now: Timestamp) -> Result<()> {
        let mut tx = self.db.enter(actor).await?;
        let provider = stored_provider(&mut tx, actor, connector).await?;
        oauth_clients::retire_client(&mut tx, actor.owner_id(), provider.issuer(), None, now).await?;
        Ok(tx.commit().await?)
    }

    /// Returns the hub's client at a provider, if there is one.
    pub async fn find_client(
        &self,
        actor: &Actor,
        connector: &Connector,
        provider: &Provider,
    ) -> Result<Option<OauthClientRecord>> {
        let owner = if connector.has_hub_client() { OwnerId::HUB } else { actor.owner_id() };
        let mut conn = self.system.acquire().await?;
        oauth_clients::find_current(
            &mut conn,
            self.vault,
            owner,
            provider.issuer(),
            Some(self.redirect_uri()?.as_str()),
        )
        .await
    }

    /// Stores an OAuth client that a person has created at the provider. Without a secret, the secret of the same client id
    /// stays. Only administrators may enter a client for all users, and only at the provider of a shipped connector.
    ///
    /// # Errors
    /// Faults of `client_id` and `client_secret`.
    pub async fn enter_client(
        &self,
        actor: &Actor,
        connector: &Connector,
        entered: EnteredClient<'_>,
        now: Timestamp,
    ) -> Result<()> {
        clients::enter(self, actor, connector, entered, now).await
    }

    /// Asks the provider of a connection to revoke its grant. Returns a sentence if that failed, which never keeps the user
    /// from disconnecting; `None` if the grant was revoked, or the provider revokes no grants.
    pub async fn revoke(&self, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<Option<String>> {
        revocation::revoke(self, actor, id, now).await
    }

    /// Returns the provider of a connector.
    async fn provider(&self, actor: &Actor, connector: ConnectorId) -> Result<Provider> {
        let mut tx = self.db.enter(actor).await?;
        stored_provider(&mut tx, actor, connector).await
    }

    /// Returns the URL to which providers send users back.
    fn redirect_uri(&self) -> Result<Url> {
        self.public_url.join(CALLBACK).map_err(Error::internal)
    }
}

/// Returns the provider of a connector, in the caller's transaction.
async fn stored_provider(tx: &mut Tx, actor: &Actor, connector: ConnectorId) -> Result<Provider> {
    let provider = connectors::provider(tx, actor, connector).await?;
    provider.ok_or_else(|| Error::conflict("This service has no sign-in", "Open its page to see how to connect it"))
}
