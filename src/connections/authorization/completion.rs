//! The way home from a provider: a sign-in is taken out of those that are under way, and comes to a connection or to nothing.

use std::collections::BTreeMap;

use url::Url;

use super::store::Transaction;
use super::{SignIn, Signed, UNKNOWN, oauth_clients, store};
use crate::accounts::sessions::SessionKey;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::error::{Error, Result};
use crate::oauth::{self, CallbackParams, Failure, FailureKind, Pkce, Provider, State};

impl SignIn<'_> {
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
        let state = query.get("state").map(|state| State::from_callback(state));
        let state = state.ok_or_else(|| Error::Conflict(UNKNOWN.to_owned()))?;
        let (begun, pkce) = self.take(actor, session, &state, now).await?;
        let provider = self.provider(actor, begun.connector_id).await?;
        let known = self.client(actor, &begun, &provider).await?;
        let provider = known.apply_client_auth(provider);
        let redirect = Url::parse(&begun.redirect_uri).map_err(Error::internal)?;
        // what a browser brings is no witness against the application of all
        let (granted, is_witness) = match CallbackParams::read(&provider, query) {
            Ok(returned) => {
                let code = (&returned, &pkce, &state, &redirect);
                let values = values_of(Some(&begun.entered));
                (oauth::exchange(self.egress, &provider, &values, &known.client, code, now).await, true)
            }
            Err(failure) => (Err(failure), false),
        };
        match granted {
            Ok(grant) => {
                let kept = self.keep(actor, &begun, &provider, &known, grant, now).await;
                if let Err(Error::Conflict(message)) = &kept {
                    self.refused(actor, &begun, "another_account", message, now).await?;
                }
                if known.is_shared {
                    self.clear_client_rejection(&known).await;
                }
                kept
            }
            Err(failure) => {
                self.refused(actor, &begun, failure.class, &failure.message.to_string(), now).await?;
                self.learn(actor, &begun, &provider, &failure, now).await?;
                if known.is_shared && is_witness && failure.kind == FailureKind::InvalidClient {
                    self.record_client_rejection(&known, &begun, &failure, now).await?;
                }
                Err(failure.into())
            }
        }
    }

    /// Notes that a sign-in came to nothing.
    async fn refused(
        &self,
        actor: &Actor,
        begun: &Transaction,
        class: &'static str,
        message: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.as_user(actor).await?;
        store::fail(&mut tx, actor.user_id(), begun.id).await?;
        let connector = begun.connector_id;
        let refused = Action::ConnectionRefused { connector, class, message: message.to_owned() };
        audit::record(&mut tx, actor, &refused, now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes what a failure says of the next sign-in: that less is to be asked for, or that the hub must be made known anew.
    async fn learn(
        &self,
        actor: &Actor,
        begun: &Transaction,
        provider: &Provider,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<()> {
        let (mut tx, owner) = (self.db.as_user(actor).await?, actor.user_id());
        if failure.class == "invalid_scope" {
            store::want_less(&mut tx, owner, begun.connector_id, &begun.label).await?;
        }
        if failure.kind == FailureKind::InvalidClient {
            oauth_clients::mark_rejected(&mut tx, owner, provider.issuer(), begun.oauth_client_id, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The service that a callback is about, if it is one of the actor's sign-ins: for the way back from a failure.
    pub async fn of_callback(&self, actor: &Actor, query: &BTreeMap<String, String>) -> Result<Option<Connector>> {
        let Some(state) = query.get("state") else { return Ok(None) };
        let mut tx = self.db.as_user(actor).await?;
        match store::find(&mut tx, actor.user_id(), &State::from_callback(state).hash()).await? {
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
    ) -> Result<(Transaction, Pkce)> {
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
}
