//! Master keys that the hub has in memory, read from a source that may change.

use std::sync::{PoisonError, RwLock};

use anyhow::Context;

use super::envelope::{OpenError, SealingKey};
use super::keyring::Keyring;
use super::source::KeySource;
use super::store;
use super::wrapping::{RetiredKeys, WrappedKey, data_key_aad};
use crate::error::{Error, Result};
use crate::ids::OwnerId;

#[derive(Debug)]
pub(super) struct LocalKeys {
    source: KeySource,
    keys: RwLock<Keyring>,
}

impl LocalKeys {
    pub(super) fn from_source(source: KeySource) -> anyhow::Result<Self> {
        let keys = source.read()?;
        Ok(Self { source, keys: RwLock::new(keys) })
    }

    pub(super) fn keys(&self) -> Keyring {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keys again: another process may have begun or finished a rotation.
    async fn reload(&self) -> Result<Keyring> {
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || source.read()).await;
        let keys = read.map_err(Error::internal)?.context("the master keys cannot be read")?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Ok(keys)
    }

    pub(super) async fn wrap(&self, owner: OwnerId, key: &SealingKey) -> Result<WrappedKey> {
        let master = self.reload().await?.current().clone();
        Ok(WrappedKey { by: master.id(), bytes: wrap_with(&master, owner, key)? })
    }

    pub(super) async fn unwrap(&self, owner: OwnerId, wrapped: &[u8]) -> Result<SealingKey> {
        let whose = || format!("the data key of user {owner}");
        let id = SealingKey::id_in(wrapped).with_context(whose)?;
        if let Some(master) = self.keys().get(&id) {
            return Ok(unwrap_with(master, owner, wrapped)?);
        }
        let keys = self.reload().await?;
        let master = keys.get(&id).ok_or(OpenError::OtherKey(id)).with_context(whose)?;
        Ok(unwrap_with(master, owner, wrapped)?)
    }

    /// Adds a new current key, unless a rotation is unfinished. Returns the id of the current key.
    pub(super) async fn rotate(&self) -> Result<String> {
        let keys = self.reload().await?;
        if !keys.former().is_empty() {
            return Ok(keys.current().id());
        }
        if !self.source.write(&keys.with_current(SealingKey::random()))? {
            return Err(Error::refused(
                "The master key comes from a source that this command cannot change. Create a new key (openssl rand -hex \
                 32), put it before the present one with a comma between them, restart the hub with both, and run this \
                 command again."
                    .to_owned(),
            ));
        }
        Ok(self.reload().await?.current().id())
    }

    pub(super) async fn rewrap(&self, outdated: &[store::OutdatedKey]) -> Result<Vec<(OwnerId, Vec<u8>)>> {
        let keys = self.keys();
        let mut wrapped = Vec::with_capacity(outdated.len());
        for key in outdated {
            let data_key = self.unwrap(key.owner_id, &key.wrapped).await?;
            wrapped.push((key.owner_id, wrap_with(keys.current(), key.owner_id, &data_key)?));
        }
        Ok(wrapped)
    }

    /// Removes the former keys from their source, if the source can be written.
    pub(super) async fn retire(&self) -> Result<RetiredKeys> {
        let keys = self.keys();
        let ids: Vec<_> = keys.former().iter().map(SealingKey::id).collect();
        let is_removed = self.source.write(&keys.without_former())?;
        if is_removed {
            self.reload().await?;
        }
        let state = if is_removed { "The key file no longer contains it." } else { "Remove it from the setting." };
        Ok(RetiredKeys {
            ids,
            is_removed,
            advice: format!("{state} Backups taken before need it: keep a copy with them."),
        })
    }
}

/// Uses a key that has no source, such as a test's.
impl From<SealingKey> for LocalKeys {
    fn from(key: SealingKey) -> Self {
        let keys = Keyring::from(key);
        Self { source: KeySource::Value(keys.clone()), keys: RwLock::new(keys) }
    }
}

fn wrap_with(master: &SealingKey, owner: OwnerId, key: &SealingKey) -> anyhow::Result<Vec<u8>> {
    master.seal(key.bytes(), &data_key_aad(owner)).context("a data key could not be wrapped")
}

fn unwrap_with(master: &SealingKey, owner: OwnerId, wrapped: &[u8]) -> anyhow::Result<SealingKey> {
    let plain = master.open(wrapped, &data_key_aad(owner)).with_context(|| format!("the data key of user {owner}"))?;
    plain.as_slice().try_into()
}
