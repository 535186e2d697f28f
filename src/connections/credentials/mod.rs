//! Connecting a service with a credential that its owner enters, and replacing that credential.
//!
//! The service must accept a credential in a real call before the hub stores it.

mod faults;

use self::faults::{field_error, secret_field};
use super::expiry::{ExpiryDate, ExpiryInput};
use super::fields::{self, FormValues, ValidatedFields};
use super::rest_service::{ExternalAccount, RestService};
use super::store::access_secret;
use super::token::NewToken;
use super::token_refresh::schedule_verification;
use super::{label, probe, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::{self, AuthKind, Connector, Descriptor, FilledKey, ServerKey};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result, combine};
use crate::ids::{ConnectionId, ConnectorId};
use crate::queue::{self, ReleasedJobs};
use crate::secret::Secret;
use crate::vault::Vault;

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
    details: Option<KeyDetails>,
}

/// The values and the account that belong to a key.
struct KeyDetails {
    values: FormValues,
    account: Option<ExternalAccount>,
    /// The form's field of the key.
    secret_field: String,
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
        let accepted = self.verify(connector, validated).await?;
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
            accepted.store_details(&mut tx, actor, id, now).await?;
        }
        let action = Action::ConnectionCreated { connection: id, connector: connector.id };
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
        let accepted = self.verify(&connector, validated).await?;
        let accepted = accepted
            .ok_or_else(|| Error::conflict(format!("{} takes no credential", connector.name), "Use it without one"))?;
        let (mut tx, owner) = (self.db.enter(actor).await?, actor.owner_id());
        let locked = lock_connected(&mut tx, actor, id).await?;
        if let Some(KeyDetails { account, secret_field, .. }) = &accepted.details
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
        accepted.store_details(&mut tx, actor, id, now).await?;
        let released = queue::release_awaiting_reauth(&mut tx, actor, id).await?;
        let action = Action::CredentialReplaced { connection: id, connector: connector.id };
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
                let valid = combine(fields::validate(&descriptor.fields, &new.values), new.expiry.parse(now));
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
    ) -> Result<Option<AcceptedCredential>> {
        Ok(match validated {
            ValidatedCredential::None => None,
            ValidatedCredential::Token { token, expiry } => {
                probe::verify_token(self.egress, connector, token).await?;
                Some(AcceptedCredential { secret: token.clone(), expiry, details: None })
            }
            ValidatedCredential::Key { descriptor, fields, expiry } => {
                let (secret, secret_field) = (fields.combined_secret()?, secret_field(&descriptor));
                let values = fields.values.clone();
                let service = RestService { descriptor: *descriptor, values, credential: Some(secret.clone()) };
                let checked = service.check(self.egress).await;
                checked.map_err(|error| field_error(&service.descriptor, error))?;
                let account = service.account(self.egress).await;
                let details = Some(KeyDetails { values: fields.values, account, secret_field });
                Some(AcceptedCredential { secret, expiry, details })
            }
            ValidatedCredential::ServerKey { key, filled: FilledKey { credential, values }, expiry } => {
                let (secret, secret_field) =
                    (credential.to_secret()?, key.reported_field().unwrap_or("label").to_owned());
                let checked = probe::discover_with_token(self.egress, connector, &secret).await;
                checked.map_err(|error| faults::server_error(&secret_field, error))?;
                let details = Some(KeyDetails { values, account: None, secret_field });
                Some(AcceptedCredential { secret, expiry, details })
            }
        })
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

impl AcceptedCredential {
    /// Stores the values and the account of a key, and schedules the verification of the credential.
    async fn store_details(&self, tx: &mut Tx, actor: &Actor, id: ConnectionId, now: Timestamp) -> Result<()> {
        if let Some(KeyDetails { values, account, .. }) = &self.details {
            let captured = serde_json::to_value(values).map_err(Error::internal)?;
            store::set_account(tx, actor.owner_id(), id, &captured, account.as_ref()).await?;
        }
        schedule_verification(tx, actor.owner_id(), id, &self.expiry, now).await
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
