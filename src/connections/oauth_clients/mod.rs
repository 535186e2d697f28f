//! Stored OAuth clients: the hub's identity at an issuer, for one user or for all; and the rejections of those for all.
//!
//! Sign-ins, revocations and token refreshes find their client here, and record whether its provider rejects it. This module
//! reaches no provider: `authorization` registers clients, and `token_refresh` checks them.

mod source;
mod store;
mod store_application;
mod store_grants;

use std::str::FromStr;

use sqlx::PgConnection;

pub use self::source::ClientSource;
pub use self::store::ClientRejection;
pub(super) use self::store::{
    ClientScope, NewClient, clear_rejection, find_rejection, record_rejection, retire_client,
};
pub(super) use self::store_grants::reschedule_grants;

use self::store::{ClientSelector, StoredClient};
use crate::clock::Timestamp;
use crate::connectors::APPLICATION_PREFIX;
use crate::error::{Error, Result};
use crate::ids::{OauthClientId, OwnerId};
use crate::oauth::{Client, ClientAuth, Provider, TemplateValues};
use crate::secret::Secret;
use crate::vault::{NewSecret, SecretRef, Vault};

/// A stored OAuth client, with its secret opened.
#[derive(Debug)]
pub struct OauthClientRecord {
    /// Key.
    pub(super) id: OauthClientId,
    /// Client id and secret.
    pub client: Client,
    /// Authentication method; `None` for the method in the provider's description.
    auth: Option<ClientAuth>,
    /// `true` if an administrator entered the client for all users.
    pub(super) is_shared: bool,
    /// Values that were entered with the client.
    pub application: ApplicationValues,
}

/// Values that were entered with an OAuth client, besides its id and its secret.
#[derive(Clone, Debug, Default)]
pub struct ApplicationValues {
    /// Values that may be shown again, by name.
    pub values: TemplateValues,
    /// Secret values as JSON.
    pub secrets: Option<Secret>,
}

impl OauthClientRecord {
    /// Returns the provider with this client's authentication method.
    pub(super) fn apply_client_auth(&self, provider: Provider) -> Provider {
        Provider { client_auth: self.auth.unwrap_or(provider.client_auth), ..provider }
    }

    /// Adds the values of the application that templates may use, under their names there.
    pub(super) fn complete(&self, mut values: TemplateValues) -> TemplateValues {
        let application = self.application.values.iter();
        values.extend(application.map(|(name, value)| (format!("{APPLICATION_PREFIX}{name}"), value.clone())));
        values
    }

    /// Returns true if the stored secret is a private key or a certificate.
    pub(super) fn uses_private_key(&self, provider: &Provider) -> bool {
        self.auth.unwrap_or(provider.client_auth).has_key()
    }
}

/// Finds the newest client of this owner that is not retired. If `redirect_uri` is given, only clients of that URL count.
pub(super) async fn find_current(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: OwnerId,
    issuer: &str,
    redirect_uri: Option<&str>,
) -> Result<Option<OauthClientRecord>> {
    let stored = store::find(conn, owner, issuer, ClientSelector::Newest { redirect_uri }).await?;
    open(conn, vault, owner, stored).await
}

/// Finds the client that a grant was made with: of its owner, or of the hub. A grant without a recorded client uses the
/// newest.
pub(super) async fn find_for_grant(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: OwnerId,
    id: Option<OauthClientId>,
    provider: &Provider,
) -> Result<Option<OauthClientRecord>> {
    let Some(id) = id else { return find_current(conn, vault, owner, provider.issuer(), None).await };
    for owner in [owner, OwnerId::HUB] {
        let stored = store::find(conn, owner, provider.issuer(), ClientSelector::Id(id)).await?;
        if stored.is_some() {
            return open(conn, vault, owner, stored).await;
        }
    }
    Ok(None)
}

async fn open(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: OwnerId,
    stored: Option<StoredClient>,
) -> Result<Option<OauthClientRecord>> {
    let Some(StoredClient { id, client_id, secret_ref, auth, application_values, application_ref }) = stored else {
        return Ok(None);
    };
    let secret = open_secret(conn, vault, owner, secret_ref.as_ref()).await?;
    let application = ApplicationValues {
        values: application_values.and_then(|values| serde_json::from_value(values).ok()).unwrap_or_default(),
        secrets: open_secret(conn, vault, owner, application_ref.as_ref()).await?,
    };
    let auth = auth.and_then(|text| ClientAuth::from_str(&text).ok());
    let client = Client { id: client_id, secret };
    Ok(Some(OauthClientRecord { id, client, auth, is_shared: owner == OwnerId::HUB, application }))
}

async fn open_secret(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: OwnerId,
    secret: Option<&SecretRef>,
) -> Result<Option<Secret>> {
    match secret {
        Some(secret) => vault.open(conn, owner, secret).await.map(Some),
        None => Ok(None),
    }
}

/// Stores the values that were entered with a client.
pub(super) async fn set_application(
    conn: &mut PgConnection,
    vault: &Vault,
    (owner, id): (OwnerId, OauthClientId),
    application: &ApplicationValues,
    now: Timestamp,
) -> Result<()> {
    let former = store_application::lock(conn, owner, id).await?;
    let secrets = match (&application.secrets, former) {
        (Some(secrets), Some(former)) => {
            vault.replace(conn, owner, &former, secrets, now).await?;
            Some(former)
        }
        (Some(value), None) => {
            Some(vault.seal(conn, owner, NewSecret { purpose: "oauth_client.application", value }, now).await?)
        }
        (None, Some(former)) => {
            vault.shred(conn, owner, &former).await?;
            None
        }
        (None, None) => None,
    };
    let values = serde_json::to_value(&application.values).map_err(Error::internal)?;
    Ok(store_application::set(conn, owner, id, &values, secrets.as_ref()).await?)
}

/// Inserts or updates a client, and makes it the newest of its issuer and callback URL.
pub(super) async fn upsert(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: OwnerId,
    scope: ClientScope<'_>,
    new: &NewClient<'_>,
    now: Timestamp,
) -> Result<OauthClientRecord> {
    let former = store::lock_secret(conn, owner, scope, &new.client.id).await?;
    let secret: Option<SecretRef> = match (&new.client.secret, former) {
        (Some(secret), Some(former)) => {
            vault.replace(conn, owner, &former, secret, now).await?;
            Some(former)
        }
        (Some(value), None) => {
            Some(vault.seal(conn, owner, NewSecret { purpose: "oauth_client.secret", value }, now).await?)
        }
        (None, Some(former)) => {
            vault.shred(conn, owner, &former).await?;
            None
        }
        (None, None) => None,
    };
    let id = store::upsert(conn, owner, scope, new, secret.as_ref(), now).await?;
    Ok(OauthClientRecord {
        id,
        client: new.client.clone(),
        auth: new.auth,
        is_shared: owner == OwnerId::HUB,
        application: ApplicationValues::default(),
    })
}

/// Deletes the retired clients that no connection's grant was made with.
pub(super) async fn delete_retired(conn: &mut PgConnection, vault: &Vault, owner: OwnerId, issuer: &str) -> Result<()> {
    for secret in store::delete_retired(conn, owner, issuer).await?.into_iter().flatten() {
        vault.shred(conn, owner, &secret).await?;
    }
    Ok(())
}
