//! Connecting a service with a credential that its owner enters, and replacing that credential.
//!
//! The service must accept a credential in a real call before the hub stores it.

use super::entered_key::{self, AcceptedKey, TokenRefresh};
use super::expiry::{ExpiryDate, ExpiryInput};
use super::fields::{FormValues, ValidatedFields};
use super::store::access_secret;
use super::token::NewToken;
use super::token_refresh::schedule_verification;
use super::{label, probe, store, store_client_tokens};
use crate::actor::Actor;
use crate::audit::{self, Action, AffectedConnection};
use crate::clock::Timestamp;
use crate::connectors::{self, AuthKind, Connector, Descriptor, FilledKey, ServerKey};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result, combine};
use crate::ids::{ConnectionId, ConnectorId};
use crate::queue::{self, ReleasedJobs};
use crate::secret::Secret;
use crate::vault::{NewSecret, SecretRef, Vault};

/// The form that connects a service.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Tells the connection apart from the user's others to the service.
    pub label: String,
    /// The credential that calls present.
    pub credential: NewCredential,
}

/// A credential that an owner has entered.
#[derive(Clone, Debug)]
pub enum NewCredential {
    /// No credential: the service requires none.
    None,
    /// The bearer token of an MCP server.
    Token(NewToken),
    /// The key of a REST service.
    Key(NewKey),
}

/// A key that an owner has entered.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key, and what else the service asks for.
    pub values: FormValues,
    /// The key's expiry date, if its owner knows it.
    pub expiry: ExpiryInput,
}

/// Connects services with entered credentials, and replaces these.
#[derive(Clone, Copy, Debug)]
pub struct CredentialService<'a> {
    /// The actor's rows.
    pub db: &'a Db,
    /// Seals the credentials.
    pub vault: &'a Vault,
    /// Sends the calls that check them.
    pub egress: &'a Egress,
}

/// A credential whose fields are valid. The service has not seen it yet.
enum ValidatedCredential<'a> {
    None,
    Token { token: &'a Secret, expiry: ExpiryDate },
    Key { descriptor: Box<Descriptor>, fields: ValidatedFields, expiry: ExpiryDate },
    ServerKey { key: ServerKey, filled: FilledKey, expiry: ExpiryDate },
}

/// A credential that the service has accepted.
struct AcceptedCredential {
    secret: Secret,
    expiry: ExpiryDate,
    /// Present for a key alone.
    details: Option<AcceptedKey>,
}

impl CredentialService<'_> {
    /// Creates a connection after the service has accepted the credential.
    ///
    /// # Errors
    /// All faults at once of `label`, `token`, `ends_on` and the service's fields; or the fault of the field that the
    /// service rejected.
    pub async fn connect(
        &self,
        actor: &Actor,
        connector: &Connector,
        new: &NewConnection,
        now: Timestamp,
    ) -> Result<ConnectionId> {
        let validated = self.validate(actor, connector, &new.credential, now).await;
        let (label, validated) = match &new.credential {
            // the form of a key asks for the label last
            NewCredential::Key(_) => label::with(label::parse(&new.label), validated)?,
            NewCredential::None | NewCredential::Token(_) => combine(label::parse(&new.label), validated)?,
        };
        let accepted = self.verify(connector, validated, now).await?;
        let (mut tx, owner) = (self.db.enter(actor).await?, actor.owner_id());
        let secret = match &accepted {
            Some(it) => Some(self.vault.seal(&mut tx, owner, access_secret(&it.secret), now).await?),
            None => None,
        };
        let id = ConnectionId::new(now);
        if store::insert(&mut tx, owner, id, connector.id, label, secret.as_ref(), now).await? != id {
            return Err(label::taken_error(label));
        }
        if let Some(accepted) = &accepted {
            self.store_details(&mut tx, actor, id, accepted, None, now).await?;
        }
        let action = Action::ConnectionCreated(AffectedConnection { connection: id, connector: connector.id });
        audit::record(&mut tx, actor, &action, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Replaces a connection's credential after the service has accepted the new one. Returns the jobs that waited for it;
    /// the caller announces them.
    ///
    /// # Errors
    /// As [`CredentialService::connect`]; and a fault of the key's field if the key belongs to another account.
    pub async fn replace(
        &self,
        actor: &Actor,
        id: ConnectionId,
        new: &NewCredential,
        now: Timestamp,
    ) -> Result<ReleasedJobs> {
        let mut tx = self.db.enter(actor).await?;
        let connector = lock_connected(&mut tx, actor, id).await?.connector_id;
        let connector = connectors::get(&mut tx, actor, connector).await?;
        // the row is not locked while the service answers
        drop(tx);
        let validated = self.validate(actor, &connector, new, now).await?;
        let accepted = self.verify(&connector, validated, now).await?;
        let accepted = accepted
            .ok_or_else(|| Error::conflict(format!("{} takes no credential", connector.name), "Use it without one"))?;
        let (mut tx, owner) = (self.db.enter(actor).await?, actor.owner_id());
        let locked = lock_connected(&mut tx, actor, id).await?;
        if let Some(AcceptedKey { account, secret_field, .. }) = &accepted.details
            && let Some(message) = locked.other_account_error(account.as_ref())
        {
            return Err(Error::field(secret_field.clone(), message));
        }
        let secret = match locked.access {
            Some(secret) => {
                self.vault.replace(&mut tx, owner, &secret, &accepted.secret, now).await?;
                secret
            }
            None => self.vault.seal(&mut tx, owner, access_secret(&accepted.secret), now).await?,
        };
        store::set_credential(&mut tx, owner, id, &secret, now).await?;
        self.store_details(&mut tx, actor, id, &accepted, locked.refresh.as_ref(), now).await?;
        let released = queue::release_awaiting_reauth(&mut tx, actor, id).await?;
        let action = Action::CredentialReplaced(AffectedConnection { connection: id, connector: connector.id });
        audit::record(&mut tx, actor, &action, now).await?;
        tx.commit().await?;
        Ok(released)
    }

    async fn validate<'c>(
        &self,
        actor: &Actor,
        connector: &Connector,
        new: &'c NewCredential,
        now: Timestamp,
    ) -> Result<ValidatedCredential<'c>> {
        match new {
            NewCredential::None if connector.auth == AuthKind::None => Ok(ValidatedCredential::None),
            NewCredential::None => {
                Err(Error::conflict(format!("{} needs a credential", connector.name), "Enter it on its page"))
            }
            NewCredential::Token(new) => {
                Ok(ValidatedCredential::Token { token: &new.token, expiry: new.validate(now)? })
            }
            NewCredential::Key(new) if connector.has_server_key => {
                let key = self.server_key(actor, connector.id).await?;
                let (filled, expiry) = combine(key.fill(&new.values), new.expiry.parse(now))?;
                Ok(ValidatedCredential::ServerKey { key, filled, expiry })
            }
            NewCredential::Key(new) => {
                let descriptor = self.descriptor(actor, connector.id).await?;
                let valid = combine(entered_key::validate(&descriptor, &new.values), new.expiry.parse(now));
                let (fields, expiry) = valid?;
                Ok(ValidatedCredential::Key { descriptor: Box::new(descriptor), fields, expiry })
            }
        }
    }

    /// Shows the credential to the service. `None` if there is nothing to show.
    async fn verify(
        &self,
        connector: &Connector,
        validated: ValidatedCredential<'_>,
        now: Timestamp,
    ) -> Result<Option<AcceptedCredential>> {
        Ok(match validated {
            ValidatedCredential::None => None,
            ValidatedCredential::Token { token, expiry } => {
                probe::verify_token(self.egress, connector, token).await?;
                Some(AcceptedCredential { secret: token.clone(), expiry, details: None })
            }
            ValidatedCredential::Key { descriptor, fields, expiry } => {
                let key = entered_key::verify(self.egress, *descriptor, fields, now).await?;
                Some(AcceptedCredential { secret: key.credential.clone(), expiry, details: Some(key) })
            }
            ValidatedCredential::ServerKey { key, filled: FilledKey { credential, values }, expiry } => {
                let (secret, secret_field) =
                    (credential.to_secret()?, key.reported_field().unwrap_or("label").to_owned());
                let checked = probe::discover_with_token(self.egress, connector, &secret).await;
                checked.map_err(|error| entered_key::server_error(&secret_field, error))?;
                let key =
                    AcceptedKey { credential: secret.clone(), refresh: None, values, account: None, secret_field };
                Some(AcceptedCredential { secret, expiry, details: Some(key) })
            }
        })
    }

    /// Stores the values and the account of a key, and schedules the verification of the credential, or the refresh of its
    /// token. `former` is the reference to the secret that the former token was refreshed with.
    async fn store_details(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        id: ConnectionId,
        accepted: &AcceptedCredential,
        former: Option<&SecretRef>,
        now: Timestamp,
    ) -> Result<()> {
        let owner = actor.owner_id();
        if let Some(AcceptedKey { values, account, .. }) = &accepted.details {
            let captured = serde_json::to_value(values).map_err(Error::internal)?;
            store::set_account(tx, owner, id, &captured, account.as_ref()).await?;
        }
        schedule_verification(tx, owner, id, &accepted.expiry, now).await?;
        let refresh = accepted.details.as_ref().and_then(|key| key.refresh.as_ref());
        match (refresh, former) {
            (Some(TokenRefresh { secret, expires_at, next_attempt_at }), former) => {
                let secret = if let Some(former) = former {
                    self.vault.replace(tx, owner, former, secret, now).await?;
                    former.clone()
                } else {
                    let new = NewSecret { purpose: "connection.refresh", value: secret };
                    self.vault.seal(tx, owner, new, now).await?
                };
                store_client_tokens::set_refresh(tx, owner, id, &secret, *expires_at, *next_attempt_at).await?;
            }
            (None, Some(former)) => {
                self.vault.shred(tx, owner, former).await?;
                store_client_tokens::clear_refresh(tx, owner, id).await?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    async fn server_key(&self, actor: &Actor, connector: ConnectorId) -> Result<ServerKey> {
        let mut tx = self.db.enter(actor).await?;
        connectors::server_key(&mut tx, actor, connector).await?.ok_or(Error::NotFound("connector"))
    }

    async fn descriptor(&self, actor: &Actor, connector: ConnectorId) -> Result<Descriptor> {
        let mut tx = self.db.enter(actor).await?;
        let descriptor = connectors::descriptor(&mut tx, actor, connector).await?;
        descriptor.ok_or_else(|| Error::conflict("This service takes no key", "Open its page to see how to connect it"))
    }
}

/// Locks a connection. A disconnected one is an [`Error::Stale`].
async fn lock_connected(tx: &mut Tx, actor: &Actor, id: ConnectionId) -> Result<store::LockedConnection> {
    let locked = store::lock(tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if locked.status.is_disconnected() {
        return Err(Error::stale("This connection was disconnected", "Connect the service again"));
    }
    Ok(locked)
}
