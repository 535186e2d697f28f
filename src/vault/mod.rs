//! Seals and opens secrets.
//!
//! Each user has a data key, wrapped by a master key; it seals that user's secrets. Other tables hold only a
//! [`SecretRef`]. A secret is opened only to be presented to its service, never to be shown. What a browser is given to
//! carry, sealed for a [`Mark`], is in no table.

mod carried;
mod envelope;
mod keyring;
mod master;
mod rotation;
mod store;

pub use carried::Mark;
pub use envelope::{OpenError, SealingKey};
pub use keyring::Keyring;
pub use master::KeySource;
pub use rotation::Rotated;

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, anyhow};
use sqlx::PgConnection;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{SecretId, UserId};
use crate::secret::Secret;

const SCHEME: &str = "vault://secrets/";

/// Names a sealed secret: `vault://secrets/<id>`.
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
            .ok_or_else(|| Error::Internal(anyhow!("{} names no secret", self.0)))
    }
}

/// Holds the master keys. Cheap to clone; clones share what they know of them.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: KeySource,
    keys: RwLock<Keyring>,
}

impl Vault {
    /// A vault under the master keys of this source.
    pub fn under(source: KeySource) -> anyhow::Result<Self> {
        let keys = source.read()?;
        Ok(Self(Arc::new(Inner { source, keys: RwLock::new(keys) })))
    }

    /// Fails if data keys exist that no configured master key has wrapped, and names the missing key.
    pub async fn check(&self, system: &SystemDb) -> Result<()> {
        let keys = self.keys();
        match store::foreign_master_key(system, &keys.ids()).await? {
            None => Ok(()),
            Some(id) => Err(Error::Refused(format!(
                "Stored secrets are sealed with master key {id}, which is not configured ({} is). \
                 Give that key too: in CRAFT_MASTER_KEY or the file of CRAFT_MASTER_KEY_FILE, behind the current one.",
                keys.ids().join(", ")
            ))),
        }
    }

    fn keys(&self) -> Keyring {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as their source has them now: another process may have begun or ended a rotation.
    async fn keys_anew(&self) -> Result<Keyring> {
        let source = self.0.source.clone();
        let read = tokio::task::spawn_blocking(move || source.read()).await;
        let keys = read.map_err(|ended| Error::Internal(ended.into()))?.context("the master keys cannot be read")?;
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Ok(keys)
    }

    /// Seals a secret of `owner` in the caller's transaction. `purpose` says which field of what it is.
    pub async fn seal(
        &self,
        conn: &mut PgConnection,
        owner: UserId,
        purpose: &str,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<SecretRef> {
        let key = self.data_key_or_new(conn, owner, now).await?;
        let id = SecretId::new(now);
        let sealed = key
            .seal(secret.expose().as_bytes(), &place(owner, id, purpose, 1))
            .context("a secret could not be sealed")?;
        store::insert_secret(conn, owner, id, purpose, &sealed, now).await?;
        Ok(SecretRef::new(id))
    }

    /// Opens a secret of `owner`.
    pub async fn open(&self, conn: &mut PgConnection, owner: UserId, secret: &SecretRef) -> Result<Secret> {
        let id = secret.id()?;
        let row = store::secret(conn, owner, id).await?.ok_or(Error::NotFound("secret"))?;
        let wrapped = store::data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        let key = self.unwrap(owner, &wrapped).await?;
        let plain = key
            .open(&row.sealed, &place(owner, id, &row.purpose, row.version))
            .with_context(|| format!("secret {id} cannot be opened"))?;
        let text = std::str::from_utf8(&plain).context("a secret is not text")?;
        Ok(Secret::new(text))
    }

    /// Puts another value in the place of a secret; what the reference leads to from now on. An old value cannot be put
    /// back: the seal holds the version.
    pub async fn replace(
        &self,
        conn: &mut PgConnection,
        owner: UserId,
        secret: &SecretRef,
        value: &Secret,
        now: Timestamp,
    ) -> Result<()> {
        let id = secret.id()?;
        let key = self.data_key_or_new(conn, owner, now).await?;
        let row = store::lock_secret(conn, owner, id).await?.ok_or(Error::NotFound("secret"))?;
        let version = row.version + 1;
        let sealed = key
            .seal(value.expose().as_bytes(), &place(owner, id, &row.purpose, version))
            .context("a secret could not be sealed")?;
        Ok(store::replace_secret(conn, owner, id, version, &sealed).await?)
    }

    /// Forgets a secret for good.
    pub async fn shred(&self, conn: &mut PgConnection, owner: UserId, secret: &SecretRef) -> Result<()> {
        Ok(store::delete_secret(conn, owner, secret.id()?).await?)
    }

    /// Destroys a user's data key: none of their secrets can be opened any more, not from a backup of this database
    /// either that was taken without it.
    pub async fn destroy_key(&self, conn: &mut PgConnection, owner: UserId) -> Result<()> {
        Ok(store::delete_data_key(conn, owner).await?)
    }

    async fn data_key_or_new(&self, conn: &mut PgConnection, owner: UserId, now: Timestamp) -> Result<SealingKey> {
        if let Some(wrapped) = store::data_key(conn, owner).await? {
            return self.unwrap(owner, &wrapped).await;
        }
        // a rotation may have begun since the keys were read: it ends after this, or has ended before it
        store::share_keys(conn).await?;
        let master = self.keys_anew().await?.current().clone();
        let fresh = SealingKey::random();
        let wrapped = master.seal(fresh.bytes(), &key_place(owner)).context("a data key could not be wrapped")?;
        store::insert_data_key(conn, owner, &master.id(), &wrapped, now).await?;
        // somebody else may have been first: theirs counts
        let kept = store::data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        self.unwrap(owner, &kept).await
    }

    async fn unwrap(&self, owner: UserId, wrapped: &[u8]) -> Result<SealingKey> {
        let whose = || format!("the data key of user {owner}");
        let id = SealingKey::id_in(wrapped).with_context(whose)?;
        if let Some(master) = self.keys().get(&id) {
            return Ok(unwrap_with(master, owner, wrapped)?);
        }
        let keys = self.keys_anew().await?;
        let master = keys.get(&id).ok_or(OpenError::OtherKey(id)).with_context(whose)?;
        Ok(unwrap_with(master, owner, wrapped)?)
    }
}

/// For tests, and for whoever has a key and no place for it.
impl From<SealingKey> for Vault {
    fn from(key: SealingKey) -> Self {
        let keys = Keyring::from(key);
        Self(Arc::new(Inner { source: KeySource::Given(keys.clone()), keys: RwLock::new(keys) }))
    }
}

fn unwrap_with(master: &SealingKey, owner: UserId, wrapped: &[u8]) -> anyhow::Result<SealingKey> {
    let plain = master.open(wrapped, &key_place(owner)).with_context(|| format!("the data key of user {owner}"))?;
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).context("a data key has a wrong length")?);
    Ok(SealingKey::new(*bytes))
}

fn place(owner: UserId, id: SecretId, purpose: &str, version: i32) -> String {
    format!("{owner}|secrets|{id}|{purpose}|{version}")
}

fn key_place(owner: UserId) -> String {
    format!("{owner}|data_keys|wrapped")
}
