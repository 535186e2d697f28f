//! Keeping a grant: tokens, connection, tools and what waited, at once.

use super::known::Known;
use super::store::{self, Kept};
use super::{SignIn, Signed};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::server::look_with;
use crate::connections::service::{ExternalAccount, Service};
use crate::connections::values_of;
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::oauth::{Grant, Provider};
use crate::queue;
use crate::secret::Secret;
use crate::vault::SecretRef;

/// What the service says to whoever has just signed in.
enum Told {
    /// An MCP server: its tools.
    Tools(Result<crate::upstream::Discovery>),
    /// A REST service: whose account it is.
    Account(Option<ExternalAccount>),
}

impl Told {
    const fn account(&self) -> Option<&ExternalAccount> {
        match self {
            Self::Account(account) => account.as_ref(),
            Self::Tools(_) => None,
        }
    }
}

impl SignIn<'_> {
    /// Stores a grant as the connection of the sign-in's label.
    pub(super) async fn keep(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        provider: &Provider,
        known: &Known,
        grant: Grant,
        now: Timestamp,
    ) -> Result<Signed> {
        let granted = grant.scopes.clone().unwrap_or_else(|| begun.scopes.clone());
        let missing: Vec<_> = begun.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect();
        let mut captured = values_of(Some(&begun.entered));
        captured.extend(grant.captured.clone());
        let mut tx = self.db.as_user(actor).await?;
        let connector = connectors::get(&mut tx, actor, begun.connector_id).await?;
        let descriptor = connectors::descriptor(&mut tx, actor, begun.connector_id).await?;
        drop(tx);
        // asked outside of the transaction, with the token that is not stored yet
        let told = match descriptor {
            Some(descriptor) => {
                let service = Service { descriptor, values: captured.clone(), credential: Some(grant.access.clone()) };
                Told::Account(service.account(self.egress).await)
            }
            None => Told::Tools(look_with(self.egress, &connector, &grant.access).await),
        };

        let mut tx = self.db.as_user(actor).await?;
        let owner = actor.user_id();
        let former = store::lock_connection(&mut tx, owner, connector.id, &begun.label).await?;
        if let Some(another) = former.as_ref().and_then(|it| it.is_of_another(told.account())) {
            return Err(Error::Conflict(another));
        }
        let access = self
            .hold(
                &mut tx,
                actor,
                former.as_ref().and_then(|it| it.access.as_ref()),
                "connection.access",
                &grant.access,
                now,
            )
            .await?;
        let before = former.as_ref().and_then(|it| it.refresh.as_ref());
        let refresh = if let Some(refresh) = &grant.refresh {
            Some(self.hold(&mut tx, actor, before, "connection.refresh", refresh, now).await?)
        } else {
            // a new sign-in is a new grant, which the former token does not renew
            if let Some(before) = before {
                self.vault.shred(&mut tx, owner, before).await?;
            }
            None
        };
        let kept = Kept {
            connector: connector.id,
            label: &begun.label,
            access: &access,
            refresh: refresh.as_ref(),
            scopes: &granted,
            requested: &begun.scopes,
            reason: (!missing.is_empty()).then(|| not_granted(provider, &missing)),
            captured: serde_json::to_value(&captured).map_err(|error| Error::Internal(error.into()))?,
            client: known.id,
            account: told.account(),
            expires_at: grant.expires_at,
            renew_at: grant.renew_at(provider, now),
        };
        let connection = store::keep(&mut tx, owner, ConnectionId::new(now), &kept, now).await?;
        let action = match &former {
            Some(_) => Action::ConnectionReconnected { connection, connector: connector.id },
            None => Action::ConnectionCreated { connection, connector: connector.id },
        };
        audit::record(&mut tx, actor, &action, now).await?;
        let account = told.account().map(|it| it.name.clone());
        let tools = match told {
            Told::Tools(found) => self.take_over(&mut tx, actor, connector.id, found, now).await?,
            Told::Account(_) => None,
        };
        let released = queue::release_parked(&mut tx, actor, connection).await?;
        tx.commit().await?;
        Ok(Signed { connector, connection, is_renewed: former.is_some(), account, missing, tools, released })
    }

    /// Keeps what the service says of its tools; that it does not say costs nobody the sign-in.
    async fn take_over(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        connector: ConnectorId,
        found: Result<crate::upstream::Discovery>,
        now: Timestamp,
    ) -> Result<Option<usize>> {
        match found {
            Ok(found) => {
                connectors::keep_look(tx, actor, connector, &found.tools, now).await?;
                Ok(Some(found.tools.len()))
            }
            Err(Error::Internal(cause)) => Err(Error::Internal(cause)),
            Err(told) => {
                connectors::keep_failure(tx, actor, connector, "discovery", &told.to_string(), now).await?;
                Ok(None)
            }
        }
    }

    /// The value in the place of a former secret, or in a place of its own.
    async fn hold(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        former: Option<&SecretRef>,
        purpose: &str,
        value: &Secret,
        now: Timestamp,
    ) -> Result<SecretRef> {
        match former {
            Some(former) => {
                self.vault.replace(tx, actor.user_id(), former, value, now).await?;
                Ok(former.clone())
            }
            None => self.vault.seal(tx, actor.user_id(), purpose, value, now).await,
        }
    }
}

fn not_granted(provider: &Provider, missing: &[String]) -> String {
    let words: Vec<_> = missing.iter().map(|scope| provider.scope_words.get(scope).unwrap_or(scope).as_str()).collect();
    format!("Not granted: {}", words.join("; "))
}
