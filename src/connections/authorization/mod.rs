//! Signing in at a provider: begun on a page of ours, consented to there, ended at the callback.
//!
//! Invariants: a sign-in is good once, for ten minutes, in the browser session that began it; the verifier and combine tokens
//! are sealed as soon as they are here; a sign-in that comes to nothing changes no connection. The label says which
//! connection is meant: one that exists keeps its id, and what waited for it goes on.

pub(super) mod client_rejection;
mod clients;
mod completion;
mod keeping;
pub(super) mod oauth_clients;
mod revocation;
mod store;

use url::Url;

pub use self::client_rejection::ClientRejection;
pub use self::clients::{ClientDocument, client_document};

use self::oauth_clients::OauthClientRecord;
use super::entries::{self, Typed};
use super::{label, values_of};
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, Connector};
use crate::db::{Db, SystemDb, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthTransactionId};
use crate::oauth::{self, AuthorizationParams, Pkce, Provider, State};
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
    /// The clients, of which the hub's own are nobody's rows.
    pub system: &'a SystemDb,
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
    /// The connection that it is for.
    pub label: String,
    /// The host that asks for consent.
    pub host: String,
    /// Where.
    pub url: Url,
    /// True if the hub has made itself known there, and can do so again.
    pub can_be_made_known: bool,
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
    /// Whose account it is, as people call it, if the service tells.
    pub account: Option<String>,
    /// How many tools the service has; none if it could not be asked yet.
    pub tools: Option<usize>,
    /// What waited for it: to be announced.
    pub released: Released,
}

impl SignIn<'_> {
    /// Begins a sign-in for the connection of this label. A client that the provider does not know yet is made known.
    ///
    /// # Errors
    /// Faults of `label` and of what the service asks for besides; one of `client_id` if the provider makes no clients by
    /// itself and none was entered.
    pub async fn begin(
        &self,
        actor: &Actor,
        session: SessionKey,
        connector: &Connector,
        label: &str,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<State> {
        let mut tx = self.db.as_user(actor).await?;
        let provider = described(&mut tx, actor, connector.id).await?;
        let descriptor = connectors::descriptor(&mut tx, actor, connector.id).await?;
        drop(tx);
        let fields = descriptor.map(|it| it.fields).unwrap_or_default();
        let (label, entered) = label::with(label::parse(label), entries::judge(&fields, typed))?;
        let client = self.make_known(actor, connector, &provider, now).await?;
        let scopes = self.scopes(actor, connector.id, label).await?;
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
            client: client.id,
            entered: serde_json::to_value(&entered.values).map_err(Error::internal)?,
            scopes: &scopes,
            expires_at: now + PATIENCE,
        };
        store::insert(&mut tx, owner, &begun, now).await?;
        store::forget_old(&mut tx, owner, now - time::Duration::DAY).await?;
        tx.commit().await?;
        Ok(state)
    }

    /// What a sign-in for the connection of this label asks for: what the service says, and what the connection has been
    /// found to need besides.
    pub async fn scopes(&self, actor: &Actor, connector: ConnectorId, label: &str) -> Result<Vec<String>> {
        let mut tx = self.db.as_user(actor).await?;
        let mut scopes = described(&mut tx, actor, connector).await?.scopes;
        let wanted = store::requested(&mut tx, actor.user_id(), connector, label).await?.unwrap_or_default();
        scopes.extend(wanted.into_iter().filter(|scope| !scopes.contains(scope)).collect::<Vec<_>>());
        Ok(scopes)
    }

    /// Where a sign-in that was begun here goes on.
    pub async fn going(&self, actor: &Actor, session: SessionKey, state: &State, now: Timestamp) -> Result<Going> {
        let mut tx = self.db.as_user(actor).await?;
        let begun = store::find(&mut tx, actor.user_id(), &state.hash()).await?;
        let begun = begun.ok_or_else(|| Error::Conflict(UNKNOWN.to_owned()))?;
        begun.refuse(session, now)?;
        let connector = connectors::get(&mut tx, actor, begun.connector_id).await?;
        let provider = described(&mut tx, actor, connector.id).await?;
        let pkce = self.verifier(&mut tx, actor, &begun).await?;
        drop(tx);
        let known = self.client(actor, &begun, &provider).await?;
        let asked = AuthorizationParams {
            client_id: &known.client.id,
            redirect: &self.redirect()?,
            scopes: &begun.scopes,
            state,
            pkce: &pkce,
        };
        let url = oauth::authorization_url(&provider, &values_of(Some(&begun.entered)), asked)?;
        Ok(Going {
            connector,
            label: begun.label,
            host: url.host_str().unwrap_or_default().to_owned(),
            url,
            can_be_made_known: provider.registration_url.is_some(),
        })
    }

    /// Has the next sign-in make the hub known at the provider anew, because somebody says that it is not any more.
    pub async fn forget_client(&self, actor: &Actor, connector: ConnectorId, now: Timestamp) -> Result<()> {
        let mut tx = self.db.as_user(actor).await?;
        let provider = described(&mut tx, actor, connector).await?;
        oauth_clients::mark_rejected(&mut tx, actor.user_id(), provider.issuer(), None, now).await?;
        Ok(tx.commit().await?)
    }

    async fn verifier(&self, tx: &mut Tx, actor: &Actor, begun: &store::Transaction) -> Result<Pkce> {
        let sealed = begun.code_verifier_ref.as_ref().ok_or_else(|| Error::Conflict(USED.to_owned()))?;
        Ok(Pkce::from_verifier(self.vault.open(tx, actor.user_id(), sealed).await?))
    }

    /// The client that a sign-in was begun with.
    async fn client(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        provider: &Provider,
    ) -> Result<OauthClientRecord> {
        let mut conn = self.system.acquire().await?;
        let owner = actor.user_id();
        let found =
            oauth_clients::find_for_grant(&mut conn, self.vault, owner, begun.oauth_client_id, provider).await?;
        found.ok_or_else(|| Error::Conflict(format!("{} does not know this hub any more", provider.host())))
    }

    async fn provider(&self, actor: &Actor, connector: ConnectorId) -> Result<Provider> {
        let mut tx = self.db.as_user(actor).await?;
        described(&mut tx, actor, connector).await
    }

    fn redirect(&self) -> Result<Url> {
        self.public_url.join(CALLBACK).map_err(Error::internal)
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
            () if self.status != store::AuthorizationStatus::Started => USED,
            () if now >= self.expires_at => LATE,
            () => return Ok(()),
        };
        Err(Error::Conflict(told.to_owned()))
    }
}
