//! Seals and opens secrets.
//!
//! Each user has a data key, wrapped by the master key; it seals that user's secrets. Other tables hold only a
//! [`SecretRef`]. A secret is opened only to be presented to its service, never to be shown. What a browser is given to
//! carry, sealed for a [`Mark`], is in no table.

mod carried;
mod envelope;
pub mod master;
mod store;

pub use carried::Mark;
pub use envelope::{OpenError, SealingKey};

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

/// Holds the master key.
#[derive(Clone, Debug)]
pub struct Vault {
    master: SealingKey,
}

impl Vault {
    /// A vault under this master key.
    #[must_use]
    pub const fn new(master: SealingKey) -> Self {
        Self { master }
    }

    /// Fails if data keys exist that the configured master key did not wrap, and names the missing key.
    pub async fn check(&self, system: &SystemDb) -> Result<()> {
        match store::foreign_master_key(system, &self.master.id()).await? {
            None => Ok(()),
            Some(id) => Err(Error::Refused(format!(
                "Stored secrets are sealed with master key {id}, but the configured one is {}. \
                 Set CRAFT_MASTER_KEY or CRAFT_MASTER_KEY_FILE to the former key.",
                self.master.id()
            ))),
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
        let key = self.unwrap(owner, &wrapped)?;
        let plain = key
            .open(&row.sealed, &place(owner, id, &row.purpose, row.version))
            .with_context(|| format!("secret {id} cannot be opened"))?;
        let text = std::str::from_utf8(&plain).context("a secret is not text")?;
        Ok(Secret::new(text))
    }

    async fn data_key_or_new(&self, conn: &mut PgConnection, owner: UserId, now: Timestamp) -> Result<SealingKey> {
        if let Some(wrapped) = store::data_key(conn, owner).await? {
            return self.unwrap(owner, &wrapped);
        }
        let fresh = SealingKey::random();
        let wrapped = self.master.seal(fresh.bytes(), &key_place(owner)).context("a data key could not be wrapped")?;
        store::insert_data_key(conn, owner, &self.master.id(), &wrapped, now).await?;
        // somebody else may have been first: theirs counts
        let kept = store::data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        self.unwrap(owner, &kept)
    }

    fn unwrap(&self, owner: UserId, wrapped: &[u8]) -> Result<SealingKey> {
        let plain =
            self.master.open(wrapped, &key_place(owner)).with_context(|| format!("the data key of user {owner}"))?;
        let mut bytes = Zeroizing::new([0; 32]);
        if plain.len() != bytes.len() {
            return Err(Error::Internal(anyhow!("the data key of user {owner} has a wrong length")));
        }
        bytes.copy_from_slice(&plain);
        Ok(SealingKey::new(*bytes))
    }
}

fn place(owner: UserId, id: SecretId, purpose: &str, version: i32) -> String {
    format!("{owner}|secrets|{id}|{purpose}|{version}")
}

fn key_place(owner: UserId) -> String {
    format!("{owner}|data_keys|wrapped")
}
