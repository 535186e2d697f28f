//! Seals and opens secrets.
//!
//! Each owner has a data key, which seals that owner's secrets and is wrapped by a master key. The hub holds the master key,
//! or HashiCorp's Vault (or OpenBao) does. In comments, "Vault" is that server, and [`Vault`] is the type of this module.
//! Other tables contain a [`SecretRef`] or, for values that end with their row, the sealed value itself.
//!
//! `connections` seals credentials and opens them for a call, and `web` seals forms for a browser; those tokens, for a
//! [`UserTag`], are in no table. Nothing may open a secret to show it: the hub presents it only to its service.

mod envelope;
mod keyed_hash;
mod keyring;
mod local;
mod master;
mod rotation;
mod sealed_column;
mod sealed_token;
mod source;
mod store;
mod transit;
mod wrapping;

pub use envelope::{OpenError, SealingKey};
pub use keyring::Keyring;
pub use rotation::RotationReport;
pub use sealed_token::UserTag;
pub use source::KeySource;
pub use transit::{TransitSettings, VaultToken};

use std::sync::{Arc, OnceLock};

use anyhow::{Context, anyhow};
use sqlx::PgConnection;

use self::local::LocalKeys;
use self::master::MasterKey;
use self::transit::Transit;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{OwnerId, SecretId};
use crate::secret::Secret;

const SCHEME: &str = "vault://secrets/";

/// A reference to a sealed secret: `vault://secrets/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct SecretRef(String);

impl SecretRef {
    fn new(id: SecretId) -> Self {
        Self(format!("{SCHEME}{id}"))
    }

    fn id(&self) -> Result<SecretId> {
        self.0
            .strip_prefix(SCHEME)
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| Error::Internal(anyhow!("{} is not a reference to a secret", self.0)))
    }
}

/// Seals and opens secrets with the master keys. Cheap to clone; clones share the keys.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    master: MasterKey,
    /// The hub's own data key, if Vault holds the master key: see [`Vault::start`].
    hub_key: OnceLock<SealingKey>,
}

/// A secret to seal.
#[derive(Clone, Copy, Debug)]
pub struct NewSecret<'a> {
    /// The field that holds the secret, such as `connection.access`.
    pub purpose: &'a str,
    /// The text.
    pub value: &'a Secret,
}

impl Vault {
    /// Creates a vault whose master keys come from this source.
    pub fn from_source(source: KeySource) -> anyhow::Result<Self> {
        Ok(LocalKeys::from_source(source)?.into())
    }

    /// Creates a vault whose master key stays in HashiCorp's Vault, or in OpenBao. The vault also unwraps data keys that
    /// the keys of `former` wrapped; a rotation rewraps those.
    pub fn from_transit(settings: TransitSettings, former: Option<KeySource>) -> anyhow::Result<Self> {
        let transit = Box::new(Transit::new(settings)?);
        let former = former.map(LocalKeys::from_source).transpose()?;
        Ok(Self::with(MasterKey::Transit { transit, former }))
    }

    fn with(master: MasterKey) -> Self {
        Self(Arc::new(Inner { master, hub_key: OnceLock::new() }))
    }

    /// Checks, by the ids of the keys, that a configured master key wrapped each data key. The error names the missing one.
    pub async fn check(&self, system: &SystemDb) -> Result<()> {
        let ids = self.0.master.ids().await.map_err(|error| match error {
            // the operator sees this error and needs its cause
            Error::Locked(cause) => Error::refused(format!("{cause:#}")),
            other => other,
        })?;
        match store::find_unknown_master_key(system, &ids).await? {
            None => Ok(()),
            Some(id) => Err(Error::refused(self.0.master.missing_key_message(&id, &ids))),
        }
    }

    /// Prepares the vault for pages: checks the master keys, and loads the key of client tokens. If Vault holds the master
    /// key, that is the hub's own data key, which is the same in all processes and outlives a rotation.
    pub async fn start(&self, system: &SystemDb, now: Timestamp) -> Result<()> {
        self.check(system).await?;
        if let MasterKey::Transit { .. } = self.0.master {
            let mut tx = system.begin().await?;
            let hub_key = self.data_key_or_new(&mut tx, OwnerId::HUB, now).await?;
            tx.commit().await?;
            self.0.hub_key.get_or_init(|| hub_key);
        }
        Ok(())
    }

    /// Returns the key that the keys of client tokens derive from. If Vault holds the master key and the process did not call
    /// [`Vault::start`], the key is random and opens no token of another process.
    fn token_root_key(&self) -> SealingKey {
        match &self.0.master {
            MasterKey::Local(local) => local.keys().current().clone(),
            MasterKey::Transit { .. } => self.0.hub_key.get_or_init(SealingKey::random).clone(),
        }
    }

    /// Seals a secret of `owner` in the caller's transaction.
    pub async fn seal(
        &self,
        conn: &mut PgConnection,
        owner: OwnerId,
        new: NewSecret<'_>,
        now: Timestamp,
    ) -> Result<SecretRef> {
        let NewSecret { purpose, value } = new;
        let key = self.data_key_or_new(conn, owner, now).await?;
        let id = SecretId::new(now);
        let sealed = key
            .seal(value.expose().as_bytes(), &secret_aad(owner, id, purpose, 1))
            .context("a secret could not be sealed")?;
        store::insert_secret(conn, owner, id, purpose, &sealed, now).await?;
        Ok(SecretRef::new(id))
    }

    /// Opens a secret of `owner`.
    pub async fn open(&self, conn: &mut PgConnection, owner: OwnerId, secret: &SecretRef) -> Result<Secret> {
        let id = secret.id()?;
        let row = store::find_secret(conn, owner, id).await?.ok_or(Error::NotFound("secret"))?;
        let wrapped = store::find_data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        let key = self.0.master.unwrap(owner, &wrapped).await?;
        let plain = key
            .open(&row.sealed, &secret_aad(owner, id, &row.purpose, row.version))
            .with_context(|| format!("secret {id} cannot be opened"))?;
        let text = std::str::from_utf8(&plain).context("a secret is not text")?;
        Ok(Secret::new(text))
    }

    /// Replaces the value of a secret; the reference stays. The sealed value includes its version, so that an old value
    /// cannot be put back.
    pub async fn replace(
        &self,
        conn: &mut PgConnection,
        owner: OwnerId,
        secret: &SecretRef,
        value: &Secret,
        now: Timestamp,
    ) -> Result<()> {
        let id = secret.id()?;
        let key = self.data_key_or_new(conn, owner, now).await?;
        let row = store::lock_secret(conn, owner, id).await?.ok_or(Error::NotFound("secret"))?;
        let version = row.version + 1;
        let sealed = key
            .seal(value.expose().as_bytes(), &secret_aad(owner, id, &row.purpose, version))
            .context("a secret could not be sealed")?;
        Ok(store::replace_secret(conn, owner, id, version, &sealed).await?)
    }

    /// Deletes a secret.
    pub async fn shred(&self, conn: &mut PgConnection, owner: OwnerId, secret: &SecretRef) -> Result<()> {
        Ok(store::delete_secret(conn, owner, secret.id()?).await?)
    }

    /// Deletes an owner's data key. None of their secrets can then be opened, including secrets in backups that lack the data
    /// key.
    pub async fn destroy_key(&self, conn: &mut PgConnection, owner: OwnerId) -> Result<()> {
        Ok(store::delete_data_key(conn, owner).await?)
    }

    async fn data_key_or_new(&self, conn: &mut PgConnection, owner: OwnerId, now: Timestamp) -> Result<SealingKey> {
        if let Some(wrapped) = store::find_data_key(conn, owner).await? {
            return self.0.master.unwrap(owner, &wrapped).await;
        }
        // the removal of a former master key waits for this transaction, or this transaction for the removal
        store::lock_keys_shared(conn).await?;
        let wrapped = self.0.master.wrap(owner, &SealingKey::random()).await?;
        store::insert_data_key(conn, owner, &wrapped.by, &wrapped.bytes, now).await?;
        // another transaction may have inserted the key first
        let stored = store::find_data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        self.0.master.unwrap(owner, &stored).await
    }
}

impl From<LocalKeys> for Vault {
    fn from(local: LocalKeys) -> Self {
        Self::with(MasterKey::Local(local))
    }
}

/// Uses a key that has no source, such as a test's.
impl From<SealingKey> for Vault {
    fn from(key: SealingKey) -> Self {
        LocalKeys::from(key).into()
    }
}

/// Returns the associated data of a secret.
fn secret_aad(owner: OwnerId, id: SecretId, purpose: &str, version: i32) -> String {
    format!("{owner}|secrets|{id}|{purpose}|{version}")
}
