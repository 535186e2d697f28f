//! Signing in at a provider: begun on a page of ours, consented to there, ended at the callback.
//!
//! Invariants: a sign-in is good once, for ten minutes, in the browser session that began it; the verifier and both tokens
//! are sealed as soon as they are here; a sign-in that comes to nothing changes no connection. The label says which
//! connection is meant: one that exists keeps its id, and what waited for it goes on.

mod clients;
mod keeping;
mod revocation;
mod store;

use std::collections::BTreeMap;

use url::Url;

pub use self::clients::{ClientDocument, client_document};
pub(super) use self::clients::{forget_made as forget_made_clients, newest as newest_client};

use super::label;
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::{self, Connector};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthTransactionId};
use crate::oauth::{self, Authorization, Client, Failure, Kind, Pkce, Provider, Returned, State, Values};
use crate::queue::Released;
use crate::vault::Vault;

/// How long a person may take at the provider.
const PATIENCE: time::Duration = time::Duration::minutes(10);

/// Where providers send people back to.
pub const CALLBACK: &str = "oauth/callback";

/// What a sign-in works with.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// The actor's rows.
    pub db: &'a Db,
    /// Seals what is secret.
    pub vault: &'a Vault,
    /// The way to the provider.
    pub egress: &'a Egress,
    /// The address that people and providers reach the hub at.
    pub public_url: &'a Url,
}

/// A sign-in that can go on at the provider.
#[derive(Debug)]
pub struct Going {
    /// The service.
    pub connector: Connector,
    /// The host that asks for consent.
    pub host: String,
    /// Where.
    pub url: Url,
}

/// A sign-in that has ended well.
#[derive(Debug)]
pub struct Signed {
    /// The service.
    pub connector: Connector,
    /// What it is reached through from now on.
    pub connection: ConnectionId,
    /// True if it was there before.
    pub is_renewed: bool,
    /// What was asked for and not granted.
    pub missing: Vec<String>,
    /// How many tools the service has; none if it could not be asked yet.
    pub tools: Option<usize>,
    /// What waited for it: to be announced.
    pub released: Released,
}

impl SignIn<'_> {
    /// Begins a sign-in for the connection of this label. A client that the provider does not know yet is made known.
    ///
    /// # Errors
    /// A fault of the field `label`; one of `client_id` if the provider makes no clients by itself and none was entered.
    pub async fn begin(
        &self,
        actor: &Actor,
        session: SessionKey,
        connector: &Connector,
        label: &str,
        now: Timestamp,
    ) -> Result<State> {
        let label = label::parse(label)?;
        let provider = self.provider(actor, connector.id).await?;
        let provider = self.make_known(actor, connector.id, provider, now).await?;
        let redirect = self.redirect()?;
        let (state, pkce) = (State::new(rand::random()), Pkce::new(rand::random()));
        let mut tx = self.db.as_user(actor).await?;
        let owner = actor.user_id();
        let verifier = self.vault.seal(&mut tx, owner, "oauth_transaction.verifier", pkce.verifier(), now).await?;
        let begun = store::NewTransaction {
            id: OauthTransactionId::new(now),
            connector: connector.id,
            label,
            state: &state.hash(),
            verifier: &verifier,
            session: &session.to_string(),
            issuer: provider.issuer.as_deref(),
            resource: provider.resource.as_deref(),
            redirect: redirect.as_str(),
            scopes: &provider.scopes,
            expires_at: now + PATIENCE,
        };
        store::insert(&mut tx, owner, &begun, now).await?;
        store::forget_old(&mut tx, owner, now - time::Duration::DAY).await?;
        tx.commit().await?;
        Ok(state)
    }

    /// Where a sign-in that was begun here goes on.
    pub async fn going(&self, actor: &Actor, session: SessionKey, state: &State, now: Timestamp) -> Result<Going> {
        let mut tx = self.db.as_user(actor).await?;
        let begun = store::find(&mut tx, actor.user_id(), &state.hash()).await?;
        let begun = begun.ok_or_else(|| Error::Conflict(UNKNOWN.to_owned()))?;
        begun.refuse(session, now)?;
        let connector = connectors::get(&mut tx, actor, begun.connector_id).await?;
        let provider = described(&mut tx, actor, connector.id).await?;
        let client = self.client(&mut tx, actor, &provider).await?;
        let pkce = self.verifier(&mut tx, actor, &begun).await?;
        let asked = Authorization {
            client_id: &client.id,
            redirect: &self.redirect()?,
            scopes: &begun.scopes,
            state,
            pkce: &pkce,
        };
        let url = oauth::authorization_url(&provider, &Values::new(), asked)?;
        Ok(Going { connector, host: url.host_str().unwrap_or_default().to_owned(), url })
    }

    /// Ends a sign-in with what a callback brought.
    ///
    /// # Errors
    /// A sentence for the person who came back. Nothing has changed then, but that the sign-in cannot be ended again.
    pub async fn complete(
        &self,
        actor: &Actor,
        session: SessionKey,
        query: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Signed> {
        let state = query.get("state").map(|state| State::brought(state));
        let state = state.ok_or_else(|| Error::Conflict(UNKNOWN.to_owned()))?;
        let (begun, pkce) = self.take(actor, session, &state, now).await?;
        let (provider, client) = self.known(actor, begun.connector_id).await?;
        let redirect = Url::parse(&begun.redirect_uri).map_err(|error| Error::Internal(error.into()))?;
        let granted = async {
            let returned = Returned::read(&provider, query)?;
            let code = (&returned, &pkce, &state, &redirect);
            oauth::exchange(self.egress, &provider, &Values::new(), &client, code, now).await
        };
        match granted.await {
            Ok(grant) => self.keep(actor, &begun, &provider, &grant, now).await,
            Err(failure) => {
                self.refused(actor, &begun, &failure, now).await?;
                Err(failure.into())
            }
        }
    }

    /// Notes that a sign-in came to nothing.
    async fn refused(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.as_user(actor).await?;
        store::fail(&mut tx, actor.user_id(), begun.id).await?;
        let refused = Action::ConnectionRefused {
            connector: begun.connector_id,
            class: failure.class,
            message: failure.message.clone(),
        };
        audit::record(&mut tx, actor, &refused, now).await?;
        if failure.kind == Kind::Client {
            let provider = described(&mut tx, actor, begun.connector_id).await?;
            clients::forget_made(&mut tx, self.vault, actor, provider.issuer()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The service that a callback is about, if it is one of the actor's sign-ins: for the way back from a failure.
    pub async fn of_callback(&self, actor: &Actor, query: &BTreeMap<String, String>) -> Result<Option<Connector>> {
        let Some(state) = query.get("state") else { return Ok(None) };
        let mut tx = self.db.as_user(actor).await?;
        match store::find(&mut tx, actor.user_id(), &State::brought(state).hash()).await? {
            Some(begun) => connectors::get(&mut tx, actor, begun.connector_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes a sign-in out of those that are under way.
    async fn take(
        &self,
        actor: &Actor,
        session: SessionKey,
        state: &State,
        now: Timestamp,
    ) -> Result<(store::Transaction, Pkce)> {
        let mut tx = self.db.as_user(actor).await?;
        let begun = store::lock(&mut tx, actor.user_id(), &state.hash()).await?;
        let begun = begun.ok_or_else(|| Error::Conflict(UNKNOWN.to_owned()))?;
        begun.refuse(session, now)?;
        let pkce = self.verifier(&mut tx, actor, &begun).await?;
        store::complete(&mut tx, actor.user_id(), begun.id, now).await?;
        if let Some(verifier) = &begun.code_verifier_ref {
            self.vault.shred(&mut tx, actor.user_id(), verifier).await?;
        }
        tx.commit().await?;
        Ok((begun, pkce))
    }

    async fn verifier(&self, tx: &mut Tx, actor: &Actor, begun: &store::Transaction) -> Result<Pkce> {
        let sealed = begun.code_verifier_ref.as_ref().ok_or_else(|| Error::Conflict(USED.to_owned()))?;
        Ok(Pkce::stored(self.vault.open(tx, actor.user_id(), sealed).await?))
    }

    async fn client(&self, tx: &mut Tx, actor: &Actor, provider: &Provider) -> Result<Client> {
        let found = clients::find(tx, self.vault, actor, provider, &self.redirect()?).await?;
        found.ok_or_else(|| Error::Conflict(format!("{} does not know this hub any more", provider.host())))
    }

    async fn provider(&self, actor: &Actor, connector: ConnectorId) -> Result<Provider> {
        let mut tx = self.db.as_user(actor).await?;
        described(&mut tx, actor, connector).await
    }

    async fn known(&self, actor: &Actor, connector: ConnectorId) -> Result<(Provider, Client)> {
        let mut tx = self.db.as_user(actor).await?;
        let provider = described(&mut tx, actor, connector).await?;
        let client = self.client(&mut tx, actor, &provider).await?;
        Ok((provider, client))
    }

    fn redirect(&self) -> Result<Url> {
        self.public_url.join(CALLBACK).map_err(|error| Error::Internal(error.into()))
    }
}

async fn described(tx: &mut Tx, actor: &Actor, connector: ConnectorId) -> Result<Provider> {
    connectors::provider(tx, actor, connector).await?.ok_or(Error::NotFound("sign-in of this connector"))
}

const UNKNOWN: &str =
    "This sign-in is not one that you began here. Nothing was stored. Begin again from the connector’s page";
const USED: &str = "This sign-in was finished before, and works once. If the connection is not there, begin again";
const LATE: &str =
    "This sign-in took longer than ten minutes, so it is no longer valid. Nothing was stored. Begin again";
const ELSEWHERE: &str = "This sign-in was begun in another browser, or before you signed in here. Nothing was stored. Begin again in this one";

impl store::Transaction {
    /// Refuses a sign-in that cannot go on.
    fn refuse(&self, session: SessionKey, now: Timestamp) -> Result<()> {
        let told = match () {
            () if self.session != session.to_string() => ELSEWHERE,
            () if self.status != "started" => USED,
            () if now >= self.expires_at => LATE,
            () => return Ok(()),
        };
        Err(Error::Conflict(told.to_owned()))
    }
}
