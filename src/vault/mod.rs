//! Seals and opens secrets.
//!
//! Each user has a data key, wrapped by a master key; it seals that user's secrets. The master key is the hub's, or one
//! that stays in HashiCorp's Vault. Other tables hold only a [`SecretRef`]. A secret is opened only to be presented to its
//! service, never to be shown. What a browser is given to carry, sealed for a [`UserTag`], is in no table.

mod envelope;
mod keyring;
mod local;
mod master;
mod rotation;
mod sealed_token;
mod source;
mod store;
mod transit;

pub use envelope::{OpenError, SealingKey};
pub use keyring::Keyring;
pub use rotation::Rotated;
pub use sealed_token::UserTag;
pub use source::KeySource;
pub use transit::{Token, TransitSettings};

use std::sync::{Arc, OnceLock};

use anyhow::{Context, anyhow};
use sqlx::PgConnection;

use self::local::Local;
use self::master::Master;
use self::transit::Transit;
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

/// Holds the master keys, or the way to them. Cheap to clone; clones share what they know of them.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    master: Master,
    /// The hub's own data key, under a master key that the hub does not hold: see [`Vault::start`].
    own: OnceLock<SealingKey>,
}

impl Vault {
    /// A vault under the master keys of this source.
    pub fn under(source: KeySource) -> anyhow::Result<Self> {
        Ok(Local::under(source)?.into())
    }

    /// A vault under a master key that stays in HashiCorp's Vault, or in OpenBao. What the keys of `former` have sealed
    /// it opens too, and a rotation moves it.
    pub fn in_transit(settings: TransitSettings, former: Option<KeySource>) -> anyhow::Result<Self> {
        let (transit, former) = (Box::new(Transit::at(settings)?), former.map(Local::under).transpose()?);
        Ok(Self::with(Master::Transit { transit, former }))
    }

    fn with(master: Master) -> Self {
        Self(Arc::new(Inner { master, own: OnceLock::new() }))
    }

    /// Fails if data keys exist that no configured master key has wrapped, and names the missing key.
    pub async fn check(&self, system: &SystemDb) -> Result<()> {
        let ids = self.0.master.ids().await.map_err(|error| match error {
            // whoever asks runs the hub, and should read why
            Error::Locked(cause) => Error::refused(format!("{cause:#}")),
            other => other,
        })?;
        match store::foreign_master_key(system, &ids).await? {
            None => Ok(()),
            Some(id) => Err(Error::refused(self.0.master.missing(&id, &ids))),
        }
    }

    /// Makes it ready for pages: checks it, and learns what carried values are sealed with. Of a master key that the hub
    /// does not hold that is the hub's own data key, which is the same in every process and outlives a rotation.
    pub async fn start(&self, system: &SystemDb, now: Timestamp) -> Result<()> {
        self.check(system).await?;
        if let Master::Transit { .. } = self.0.master {
            let mut tx = system.begin().await?;
            let own = self.data_key_or_new(&mut tx, UserId::HUB, now).await?;
            tx.commit().await?;
            self.0.own.get_or_init(|| own);
        }
        Ok(())
    }

    /// What carried values are sealed with. In a process that was not started and holds no master key, a key that opens
    /// nothing elsewhere.
    fn root(&self) -> SealingKey {
        match &self.0.master {
            Master::Local(local) => local.keys().current().clone(),
            Master::Transit { .. } => self.0.own.get_or_init(SealingKey::random).clone(),
        }
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
        let key = self.0.master.unwrap(owner, &wrapped).await?;
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
            return self.0.master.unwrap(owner, &wrapped).await;
        }
        // a rotation may have begun since the keys were read: it ends after this, or has ended before it
        store::share_keys(conn).await?;
        let wrapped = self.0.master.wrap(owner, &SealingKey::random()).await?;
        store::insert_data_key(conn, owner, &wrapped.by, &wrapped.bytes, now).await?;
        // somebody else may have been first: theirs counts
        let kept = store::data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        self.0.master.unwrap(owner, &kept).await
    }
}

impl From<Local> for Vault {
    fn from(local: Local) -> Self {
        Self::with(Master::Local(local))
    }
}

/// For tests, and for whoever has a key and no place for it.
impl From<SealingKey> for Vault {
    fn from(key: SealingKey) -> Self {
        Local::from(key).into()
    }
}

fn place(owner: UserId, id: SecretId, purpose: &str, version: i32) -> String {
    format!("{owner}|secrets|{id}|{purpose}|{version}")
}

fn key_place(owner: UserId) -> String {
    format!("{owner}|data_keys|wrapped")
}
