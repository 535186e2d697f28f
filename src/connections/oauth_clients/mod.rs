//! Stored OAuth clients: the hub's identity at an issuer, for one user or for all; and the rejections of those for all.
//!
//! Sign-ins, revocations and token refreshes find their client here, and record whether its provider rejects it. This module
//! reaches no provider: `authorization` registers clients, and `token_refresh` checks them.

mod source;
mod store;

use std::str::FromStr;

use sqlx::PgConnection;

pub use self::source::ClientSource;
pub use self::store::ClientRejection;
pub(super) use self::store::{
    ClientScope, NewClient, clear_rejection, find_rejection, record_rejection, reschedule_grants, retire_client,
};

use self::store::{ClientSelector, StoredClient};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{OauthClientId, OwnerId};
use crate::oauth::{Client, ClientAuth, Provider};
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
}

impl OauthClientRecord {
    /// Returns the provider with this client's authentication method.
    pub(super) fn apply_client_auth(&self, provider: Provider) -> Provider {
        Provider { client_auth: self.auth.unwrap_or(provider.client_auth), ..provider }
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
    let Some(StoredClient { id, client_id, secret_ref, auth }) = stored else { return Ok(None) };
    let secret = match &secret_ref {
        Some(secret) => Some(vault.open(conn, owner, secret).await?),
        None => None,
    };
    let auth = auth.and_then(|text| ClientAuth::from_str(&text).ok());
    let client = Client { id: client_id, secret };
    Ok(Some(OauthClientRecord { id, client, auth, is_shared: owner == OwnerId::HUB }))
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
    Ok(OauthClientRecord { id, client: new.client.clone(), auth: new.auth, is_shared: owner == OwnerId::HUB })
}

/// Deletes the retired clients that no connection's grant was made with.
pub(super) async fn delete_retired(conn: &mut PgConnection, vault: &Vault, owner: OwnerId, issuer: &str) -> Result<()> {
    for secret in store::delete_retired(conn, owner, issuer).await?.into_iter().flatten() {
        vault.shred(conn, owner, &secret).await?;
    }
    Ok(())
}
