//! Connecting a service with a key, and putting another key in its place.
//!
//! Nothing is stored before the service has accepted the key in a real call.

use url::Url;

use super::end::{End, TypedEnd};
use super::entries::{self, Entered, Typed};
use super::service::{ExternalAccount, Service};
use super::store::own;
use super::token_refresh::schedule_verification;
use super::{label, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::{self, AuthKind, Connector, Descriptor, FieldKind, Transport};
use crate::db::{Db, Tx};
use crate::egress::Egress;
use crate::error::{Error, Result, combine};
use crate::ids::{ConnectionId, ConnectorId};
use crate::queue::{self, ReleasedJobs};
use crate::secret::Secret;
use crate::vault::Vault;

/// Whether a connection to it presents a key that its owner types, with what else the service asks for.
#[must_use]
pub fn takes_key(connector: &Connector) -> bool {
    connector.auth == AuthKind::Token && connector.transport == Transport::Rest
}

/// What keys are kept with.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// The actor's rows.
    pub db: &'a Db,
    /// Seals them.
    pub vault: &'a Vault,
    /// The way to the service.
    pub egress: &'a Egress,
}

/// What a service has accepted.
struct Accepted {
    entered: Entered,
    credential: Secret,
    account: Option<ExternalAccount>,
}

impl Keys<'_> {
    /// Makes a connection once the service has accepted the key.
    ///
    /// # Errors
    /// Faults of `label`, of `ends_on` and of the service's fields, all at once; or of the one that the service did not accept.
    pub async fn connect(
        &self,
        actor: &Actor,
        connector: &Connector,
        typed_label: &str,
        (typed, end): (&Typed, &TypedEnd),
        now: Timestamp,
    ) -> Result<ConnectionId> {
        let descriptor = self.descriptor(actor, connector.id).await?;
        let read = combine(entries::judge(&descriptor.fields, typed), end.read(now));
        let (label, (entered, end)) = label::with(label::parse(typed_label), read)?;
        let accepted = self.accepted(&descriptor, entered).await?;
        let mut tx = self.db.as_user(actor).await?;
        let owner = actor.user_id();
        let secret = self.vault.seal(&mut tx, owner, "connection.access", &accepted.credential, now).await?;
        let id = ConnectionId::new(now);
        if store::insert(&mut tx, owner, id, connector.id, label, Some(&secret), now).await? != id {
            return Err(label::taken(label));
        }
        accepted.describe(&mut tx, actor, id, &end, now).await?;
        let created = Action::ConnectionCreated { connection: id, connector: connector.id };
        audit::record(&mut tx, actor, &created, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Puts another key in the place of a connection's own, once the service has accepted it. Jobs that waited for it go on:
    /// the caller announces them.
    ///
    /// # Errors
    /// As [`Keys::connect`]; and of the first secret field if the key is that of another account.
    pub async fn replace(
        &self,
        actor: &Actor,
        id: ConnectionId,
        (typed, end): (&Typed, &TypedEnd),
        now: Timestamp,
    ) -> Result<ReleasedJobs> {
        let mut tx = self.db.as_user(actor).await?;
        let connector = hold(&mut tx, actor, id).await?.connector_id;
        drop(tx);
        let descriptor = self.descriptor(actor, connector).await?;
        let (entered, end) = combine(entries::judge(&descriptor.fields, typed), end.read(now))?;
        let accepted = self.accepted(&descriptor, entered).await?;
        let mut tx = self.db.as_user(actor).await?;
        let held = hold(&mut tx, actor, id).await?;
        if let Some(told) = held.is_of_another(accepted.account.as_ref()) {
            return Err(Error::field(secret_field(&descriptor), told));
        }
        let owner = actor.user_id();
        let secret = match held.access {
            Some(secret) => {
                self.vault.replace(&mut tx, owner, &secret, &accepted.credential, now).await?;
                secret
            }
            None => self.vault.seal(&mut tx, owner, "connection.access", &accepted.credential, now).await?,
        };
        own::renew(&mut tx, owner, id, &secret, now).await?;
        accepted.describe(&mut tx, actor, id, &end, now).await?;
        let released = queue::release_awaiting_reauth(&mut tx, actor, id).await?;
        audit::record(&mut tx, actor, &Action::CredentialReplaced { connection: id, connector }, now).await?;
        tx.commit().await?;
        Ok(released)
    }

    async fn descriptor(&self, actor: &Actor, connector: ConnectorId) -> Result<Descriptor> {
        let mut tx = self.db.as_user(actor).await?;
        connectors::descriptor(&mut tx, actor, connector).await?.ok_or(Error::NotFound("key of this service"))
    }

    async fn accepted(&self, descriptor: &Descriptor, entered: Entered) -> Result<Accepted> {
        let credential = entered.sealed_together()?;
        let service = Service {
            descriptor: descriptor.clone(),
            values: entered.values.clone(),
            credential: Some(credential.clone()),
        };
        service.check(self.egress).await.map_err(|error| beside_its_field(descriptor, error))?;
        let account = service.account(self.egress).await;
        Ok(Accepted { entered, credential, account })
    }
}

impl Accepted {
    /// Notes what was entered besides the key, whose account it is, and that the key is to be looked after.
    async fn describe(&self, tx: &mut Tx, actor: &Actor, id: ConnectionId, end: &End, now: Timestamp) -> Result<()> {
        let captured = serde_json::to_value(&self.entered.values).map_err(Error::internal)?;
        own::describe(tx, actor.user_id(), id, &captured, self.account.as_ref()).await?;
        schedule_verification(tx, actor.user_id(), id, end, now).await
    }
}

/// A refusal is told beside the key; that the service is not there, beside what says where it is.
fn beside_its_field(descriptor: &Descriptor, error: Error) -> Error {
    let place = descriptor.fields.iter().find(|it| matches!(it.kind, FieldKind::Domain | FieldKind::DomainLabel));
    match (error, place) {
        (Error::Upstream { class: "unauthorized" | "forbidden", message, .. }, _) => {
            Error::field(secret_field(descriptor), message)
        }
        // nobody has typed its name
        (Error::Upstream { class: "unresolved", .. }, None) => {
            let host = Url::parse(&descriptor.check.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| "The service".to_owned());
            let told =
                format!("{host} could not be found from here. Check that this hub reaches the internet, and try again");
            Error::field(secret_field(descriptor), told)
        }
        (Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. }, place) => {
            Error::field(place.map_or_else(|| secret_field(descriptor), |field| field.name.clone()), message)
        }
        (ours, _) => ours,
    }
}

fn secret_field(descriptor: &Descriptor) -> String {
    descriptor.fields.iter().find(|it| it.kind == FieldKind::Secret).map(|it| it.name.clone()).unwrap_or_default()
}

async fn hold(tx: &mut Tx, actor: &Actor, id: ConnectionId) -> Result<own::Held> {
    let held = own::hold(tx, actor.user_id(), id).await?.ok_or(Error::NotFound("connection"))?;
    if held.is_over() {
        return Err(Error::Conflict("This connection was disconnected. Connect the service again".to_owned()));
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::beside_its_field;
    use crate::connectors::shipped;
    use crate::error::Error;

    /// Field and message of what a service that cannot be found is told as.
    fn told(slug: &str) -> (String, String) {
        let service = shipped().unwrap().into_iter().find(|it| it.slug.as_str() == slug).unwrap();
        let lost = Error::upstream("unresolved", "There is no host called that: check the spelling", None);
        let Error::Invalid(faults) = beside_its_field(&service.descriptor.unwrap(), lost) else { panic!("no fault") };
        (faults.faults()[0].field.clone(), faults.faults()[0].message.clone())
    }

    #[test]
    fn only_who_has_typed_a_name_is_asked_to_check_its_spelling() {
        let (field, message) = told("zendesk");
        assert!(field == "subdomain" && message.contains("check the spelling"), "{field}: {message}");
        let (field, message) = told("stripe");
        assert!(
            field == "secret_key" && message.starts_with("api.stripe.com could not be found from here"),
            "{message}"
        );
    }
}
