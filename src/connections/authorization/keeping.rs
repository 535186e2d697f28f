//! Keeping a grant: tokens, connection, tools and what waited, at once.

use super::known::Known;
use super::store::{self, Kept};
use super::{SignIn, Signed};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::insistence::insist;
use crate::connections::server::look_with;
use crate::connections::service::{ExternalAccount, Service};
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::oauth::{Grant, Provider, Values};
use crate::queue;
use crate::secret::Secret;
use crate::upstream::Discovery;
use crate::vault::SecretRef;

/// What a sign-in has brought.
struct Brought<'a> {
    begun: &'a store::Transaction,
    provider: &'a Provider,
    client: OauthClientId,
    grant: Grant,
    connector: Connector,
    /// What was entered, and what is kept from the grant.
    values: Values,
    told: Told,
}

/// What the service says to whoever has just signed in.
enum Told {
    /// An MCP server: its tools.
    Tools(Result<Discovery>),
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
        // a code is exchanged once: what it brought is nowhere else
        let about = insist(|| async {
            let mut tx = self.db.as_user(actor).await?;
            let descriptor = connectors::descriptor(&mut tx, actor, begun.connector_id).await?;
            Ok((connectors::get(&mut tx, actor, begun.connector_id).await?, descriptor))
        });
        let (connector, descriptor) = about.await?;
        let mut values = values_of(Some(&begun.entered));
        values.extend(grant.captured.clone());
        // asked outside of the transaction, with the token that is not stored yet
        let told = match descriptor {
            Some(descriptor) => {
                let service = Service { descriptor, values: values.clone(), credential: Some(grant.access.clone()) };
                Told::Account(service.account(self.egress).await)
            }
            None => Told::Tools(look_with(self.egress, &connector, &grant.access).await),
        };
        let brought = Brought { begun, provider, client: known.id, grant, connector, values, told };
        insist(|| self.store(actor, &brought, now)).await
    }

    async fn store(&self, actor: &Actor, brought: &Brought<'_>, now: Timestamp) -> Result<Signed> {
        let Brought { begun, provider, client, grant, connector, values, told } = brought;
        let granted = grant.scopes.clone().unwrap_or_else(|| begun.scopes.clone());
        let missing: Vec<_> = begun.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect();
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
            captured: serde_json::to_value(values).map_err(|error| Error::Internal(error.into()))?,
            client: *client,
            account: told.account(),
            expires_at: grant.expires_at,
            renew_at: grant.renew_at(provider, now),
        };
        let new = ConnectionId::new(now);
        let connection = store::keep(&mut tx, owner, new, &kept, now).await?;
        if former.is_none() && connection != new {
            // whose account that one is was not asked
            let told = "Another sign-in with this label ended at the same moment. Nothing was changed by this one. Begin again";
            return Err(Error::Conflict(told.to_owned()));
        }
        let action = match &former {
            Some(_) => Action::ConnectionReconnected { connection, connector: connector.id },
            None => Action::ConnectionCreated { connection, connector: connector.id },
        };
        audit::record(&mut tx, actor, &action, now).await?;
        let tools = match told {
            Told::Tools(found) => self.take_over(&mut tx, actor, connector.id, found, now).await?,
            Told::Account(_) => None,
        };
        let released = queue::release_parked(&mut tx, actor, connection).await?;
        tx.commit().await?;
        let account = told.account().map(|it| it.name.clone());
        let (connector, is_renewed) = (connector.clone(), former.is_some());
        Ok(Signed { connector, connection, is_renewed, missing, account, tools, released })
    }

    /// Keeps what the service says of its tools; that it does not say costs nobody the sign-in.
    async fn take_over(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        connector: ConnectorId,
        found: &Result<Discovery>,
        now: Timestamp,
    ) -> Result<Option<usize>> {
        match found {
            Ok(found) => {
                connectors::keep_look(tx, actor, connector, &found.tools, now).await?;
                Ok(Some(found.tools.len()))
            }
            Err(told) => {
                if let Error::Internal(cause) = told {
                    tracing::error!(%connector, cause = format!("{cause:#}"), "the tools of a service could not be read");
                }
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
    format!("Not granted: {}", provider.in_words(missing))
}
