//! Keeping a grant: tokens, connection, tools and what waited, at once.

use super::store::{self, Kept};
use super::{SignIn, Signed};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::insistence::insist;
use crate::connections::server::look_with;
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId};
use crate::oauth::{Grant, Provider};
use crate::queue;
use crate::secret::Secret;
use crate::upstream::Discovery;
use crate::vault::SecretRef;

impl SignIn<'_> {
    /// Stores a grant as the connection of the sign-in's label.
    pub(super) async fn keep(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        provider: &Provider,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<Signed> {
        // a code is exchanged once: what it brought is nowhere else
        let connector = insist(|| async {
            let mut tx = self.db.as_user(actor).await?;
            connectors::get(&mut tx, actor, begun.connector_id).await
        });
        let connector = connector.await?;
        // asked outside of the transaction, with the token that is not stored yet
        let found = look_with(self.egress, &connector, &grant.access).await;
        insist(|| self.store(actor, begun, provider, grant, &connector, &found, now)).await
    }

    #[expect(clippy::too_many_arguments, reason = "what is stored at once comes from as many places")]
    async fn store(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        provider: &Provider,
        grant: &Grant,
        connector: &Connector,
        found: &Result<Discovery>,
        now: Timestamp,
    ) -> Result<Signed> {
        let granted = grant.scopes.clone().unwrap_or_else(|| begun.scopes.clone());
        let missing: Vec<_> = begun.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect();
        let mut tx = self.db.as_user(actor).await?;
        let owner = actor.user_id();
        let former = store::lock_connection(&mut tx, owner, connector.id, &begun.label).await?;
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
            captured: serde_json::to_value(&grant.captured).map_err(|error| Error::Internal(error.into()))?,
            expires_at: grant.expires_at,
            renew_at: grant.renew_at(provider, now),
        };
        let connection = store::keep(&mut tx, owner, ConnectionId::new(now), &kept, now).await?;
        let action = match &former {
            Some(_) => Action::ConnectionReconnected { connection, connector: connector.id },
            None => Action::ConnectionCreated { connection, connector: connector.id },
        };
        audit::record(&mut tx, actor, &action, now).await?;
        let tools = self.take_over(&mut tx, actor, connector.id, found, now).await?;
        let released = queue::release_parked(&mut tx, actor, connection).await?;
        tx.commit().await?;
        Ok(Signed { connector: connector.clone(), connection, is_renewed: former.is_some(), missing, tools, released })
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
