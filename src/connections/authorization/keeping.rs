//! Keeping a grant: tokens, connection, tools and what waited, at once.

use super::oauth_clients::OauthClientRecord;
use super::store::{self, Former, Kept, Made};
use super::{SignIn, Signed};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::retry::retry_while_unavailable;
use crate::connections::server::look_with;
use crate::connections::service::{ExternalAccount, Service};
use crate::connections::values_of;
use crate::connectors::{self, Connector};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::oauth::{Grant, Provider, TemplateValues};
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
    values: TemplateValues,
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

    /// How many tools it has, if it said so.
    fn tools(&self) -> Option<usize> {
        match self {
            Self::Tools(Ok(found)) => Some(found.tools.len()),
            _ => None,
        }
    }
}

impl Brought<'_> {
    fn granted(&self) -> &[String] {
        self.grant.scopes.as_ref().unwrap_or(&self.begun.scopes)
    }

    /// What was asked for and not granted.
    fn missing(&self) -> Vec<String> {
        let granted = self.granted();
        self.begun.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }

    /// As the connection keeps it, with these tokens.
    fn kept<'a>(&'a self, access: &'a SecretRef, refresh: Option<&'a SecretRef>, now: Timestamp) -> Result<Kept<'a>> {
        let missing = self.missing();
        Ok(Kept {
            connector: self.connector.id,
            label: &self.begun.label,
            access,
            refresh,
            scopes: self.granted(),
            requested: &self.begun.scopes,
            reason: (!missing.is_empty()).then(|| not_granted(self.provider, &missing)),
            captured: serde_json::to_value(&self.values).map_err(Error::internal)?,
            client: self.client,
            account: self.told.account(),
            expires_at: self.grant.expires_at,
            next_attempt_at: refresh.and_then(|_| self.grant.refresh_at(self.provider, now)),
        })
    }
}

impl SignIn<'_> {
    /// Stores a grant as the connection of the sign-in's label.
    pub(super) async fn keep(
        &self,
        actor: &Actor,
        begun: &store::Transaction,
        provider: &Provider,
        known: &OauthClientRecord,
        grant: Grant,
        now: Timestamp,
    ) -> Result<Signed> {
        // a code is exchanged once: what it brought is nowhere else
        let about = retry_while_unavailable(|| async {
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
        retry_while_unavailable(|| self.store(actor, &brought, now)).await
    }

    /// Stores it unless that is done: a commit may come about and its answer be lost.
    async fn store(&self, actor: &Actor, brought: &Brought<'_>, now: Timestamp) -> Result<Signed> {
        let (begun, owner) = (brought.begun, actor.user_id());
        let mut tx = self.db.as_user(actor).await?;
        // whoever was not heard of may be about to commit
        store::hold(&mut tx, owner, begun.id).await?;
        let made = match store::made(&mut tx, owner, begun.id).await? {
            Some(made) => made,
            None => self.make(&mut tx, actor, brought, now).await?,
        };
        let released = queue::release_awaiting_reauth(&mut tx, actor, made.connection).await?;
        tx.commit().await?;
        Ok(Signed {
            connector: brought.connector.clone(),
            connection: made.connection,
            is_renewed: made.is_renewed,
            missing: brought.missing(),
            account: brought.told.account().map(|it| it.name.clone()),
            tools: brought.told.tools(),
            released,
        })
    }

    async fn make(&self, tx: &mut Tx, actor: &Actor, brought: &Brought<'_>, now: Timestamp) -> Result<Made> {
        let Brought { begun, connector, told, .. } = brought;
        let owner = actor.user_id();
        let former = store::lock_connection(tx, owner, connector.id, &begun.label).await?;
        if let Some(another) = former.as_ref().and_then(|it| it.is_of_another(told.account())) {
            return Err(Error::Conflict(another));
        }
        let (access, refresh) = self.seal(tx, actor, former.as_ref(), &brought.grant, now).await?;
        let kept = brought.kept(&access, refresh.as_ref(), now)?;
        let new = ConnectionId::new(now);
        let connection = store::keep(tx, owner, new, &kept, now).await?;
        if former.is_none() && connection != new {
            // whose account that one is was not asked
            let told = "Another sign-in with this label ended at the same moment. Nothing was changed by this one. Begin again";
            return Err(Error::Conflict(told.to_owned()));
        }
        let action = match &former {
            Some(_) => Action::ConnectionReconnected { connection, connector: connector.id },
            None => Action::ConnectionCreated { connection, connector: connector.id },
        };
        audit::record(tx, actor, &action, now).await?;
        if let Told::Tools(found) = told {
            keep_tools(tx, actor, connector.id, found, now).await?;
        }
        store::note_made(tx, owner, begun.id, connection).await?;
        Ok(Made { connection, is_renewed: former.is_some() })
    }

    /// Both tokens, in the places of the former connection's.
    async fn seal(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        former: Option<&Former>,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<(SecretRef, Option<SecretRef>)> {
        let before = former.and_then(|it| it.access.as_ref());
        let access = self.hold(tx, actor, before, "connection.access", &grant.access, now).await?;
        let before = former.and_then(|it| it.refresh.as_ref());
        let refresh = if let Some(refresh) = &grant.refresh {
            Some(self.hold(tx, actor, before, "connection.refresh", refresh, now).await?)
        } else {
            // a new sign-in is a new grant, which the former token does not renew
            if let Some(before) = before {
                self.vault.shred(tx, actor.user_id(), before).await?;
            }
            None
        };
        Ok((access, refresh))
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

/// Keeps what the service says of its tools; that it does not say costs nobody the sign-in.
async fn keep_tools(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    found: &Result<Discovery>,
    now: Timestamp,
) -> Result<()> {
    let told = match found {
        Ok(found) => return connectors::store_tools(tx, actor, connector, &found.tools, now).await.map(drop),
        Err(told) => told,
    };
    if let Error::Internal(cause) = told {
        tracing::error!(%connector, cause = format!("{cause:#}"), "the tools of a service could not be read");
    }
    connectors::record_discovery_failure(tx, actor, connector, "discovery", &told.to_string(), now).await
}

fn not_granted(provider: &Provider, missing: &[String]) -> String {
    format!("Not granted: {}", provider.in_words(missing))
}
