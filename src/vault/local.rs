//! Master keys that the hub holds itself, as their source has them.

use std::sync::{PoisonError, RwLock};

use anyhow::Context;

use super::envelope::{OpenError, SealingKey};
use super::keyring::Keyring;
use super::master::{Retired, Wrap};
use super::source::KeySource;
use super::{key_place, store};
use crate::error::{Error, Result};
use crate::ids::UserId;

#[derive(Debug)]
pub(super) struct Local {
    source: KeySource,
    keys: RwLock<Keyring>,
}

impl Local {
    pub(super) fn under(source: KeySource) -> anyhow::Result<Self> {
        let keys = source.read()?;
        Ok(Self { source, keys: RwLock::new(keys) })
    }

    pub(super) fn keys(&self) -> Keyring {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as their source has them now: another process may have begun or ended a rotation.
    async fn keys_anew(&self) -> Result<Keyring> {
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || source.read()).await;
        let keys = read.map_err(Error::internal)?.context("the master keys cannot be read")?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Ok(keys)
    }

    pub(super) async fn wrap(&self, owner: UserId, key: &SealingKey) -> Result<Wrap> {
        let master = self.keys_anew().await?.current().clone();
        Ok(Wrap { by: master.id(), bytes: wrap_with(&master, owner, key)? })
    }

    pub(super) async fn unwrap(&self, owner: UserId, wrapped: &[u8]) -> Result<SealingKey> {
        let whose = || format!("the data key of user {owner}");
        let id = SealingKey::id_in(wrapped).with_context(whose)?;
        if let Some(master) = self.keys().get(&id) {
            return Ok(unwrap_with(master, owner, wrapped)?);
        }
        let keys = self.keys_anew().await?;
        let master = keys.get(&id).ok_or(OpenError::OtherKey(id)).with_context(whose)?;
        Ok(unwrap_with(master, owner, wrapped)?)
    }

    /// Puts a new key before the present one, unless that was done before; the id of the first.
    pub(super) async fn renew(&self) -> Result<String> {
        let keys = self.keys_anew().await?;
        if !keys.former().is_empty() {
            return Ok(keys.current().id());
        }
        if !self.source.write(&keys.behind(SealingKey::random()))? {
            return Err(Error::refused(
                "The master key comes from a place that this command cannot change. Make a new key (openssl rand -hex \
                 32), put it before the present one with a comma between them, restart the hub with both, and run this \
                 again."
                    .to_owned(),
            ));
        }
        Ok(self.keys_anew().await?.current().id())
    }

    pub(super) async fn rewrap(&self, behind: &[store::Wrapped]) -> Result<Vec<(UserId, Vec<u8>)>> {
        let keys = self.keys();
        let mut wrapped = Vec::with_capacity(behind.len());
        for key in behind {
            let data_key = self.unwrap(key.user_id, &key.wrapped).await?;
            wrapped.push((key.user_id, wrap_with(keys.current(), key.user_id, &data_key)?));
        }
        Ok(wrapped)
    }

    /// Takes the former keys out of their source.
    pub(super) async fn retire(&self) -> Result<Retired> {
        let keys = self.keys();
        let former: Vec<_> = keys.former().iter().map(SealingKey::id).collect();
        let gone = self.source.write(&keys.without_former())?;
        if gone {
            self.keys_anew().await?;
        }
        let place = if gone { "The key file no longer holds it." } else { "Take it out of the setting." };
        Ok(Retired { former, gone, words: format!("{place} Backups taken before need it: keep a copy with them.") })
    }
}

/// For whoever has a key and no place for it.
impl From<SealingKey> for Local {
    fn from(key: SealingKey) -> Self {
        let keys = Keyring::from(key);
        Self { source: KeySource::Given(keys.clone()), keys: RwLock::new(keys) }
    }
}

fn wrap_with(master: &SealingKey, owner: UserId, key: &SealingKey) -> anyhow::Result<Vec<u8>> {
    master.seal(key.bytes(), &key_place(owner)).context("a data key could not be wrapped")
}

fn unwrap_with(master: &SealingKey, owner: UserId, wrapped: &[u8]) -> anyhow::Result<SealingKey> {
    let plain = master.open(wrapped, &key_place(owner)).with_context(|| format!("the data key of user {owner}"))?;
    plain.as_slice().try_into()
}
