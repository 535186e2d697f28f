//! The master key, which wraps data keys: held by the hub, or by Vault.

use anyhow::Context;

use super::envelope::SealingKey;
use super::local::LocalKeys;
use super::store;
use super::transit::Transit;
use super::wrapping::{RetiredKeys, WrappedKey};
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::OwnerId;

#[derive(Debug)]
pub(super) enum MasterKey {
    Local(LocalKeys),
    /// `former` unwraps the data keys that it wrapped, until a rotation has rewrapped them.
    Transit {
        transit: Box<Transit>,
        former: Option<LocalKeys>,
    },
}

impl MasterKey {
    /// Wraps a data key with the current master key.
    pub(super) async fn wrap(&self, owner: OwnerId, key: &SealingKey) -> Result<WrappedKey> {
        match self {
            Self::Local(local) => local.wrap(owner, key).await,
            Self::Transit { transit, .. } => {
                let wrapped = transit.wrap(&[(owner, key.clone())], None).await?;
                Ok(wrapped.into_iter().next().context("Vault returned no wrapped key")?)
            }
        }
    }

    pub(super) async fn unwrap(&self, owner: OwnerId, wrapped: &[u8]) -> Result<SealingKey> {
        match self {
            Self::Local(local) => local.unwrap(owner, wrapped).await,
            Self::Transit { former: Some(local), .. } if !Transit::has_wrapped(wrapped) => {
                local.unwrap(owner, wrapped).await
            }
            Self::Transit { transit, .. } => transit.unwrap(owner, wrapped).await,
        }
    }

    /// Returns the ids of all keys that unwrap.
    pub(super) async fn ids(&self) -> Result<Vec<String>> {
        Ok(match self {
            Self::Local(local) => local.keys().ids(),
            Self::Transit { transit, former } => {
                let former = former.as_ref().map_or_else(Vec::new, |local| local.keys().ids());
                [transit.ids().await?, former].concat()
            }
        })
    }

    /// Returns a sentence about a missing key: what the operator can do.
    pub(super) fn missing_key_message(&self, id: &str, ids: &[String]) -> String {
        let sealed = format!("Stored secrets are sealed with master key {id}");
        match self {
            Self::Transit { transit, .. } if id.starts_with(&format!("{}:v", transit.key())) => format!(
                "{sealed}, a version that Vault does not use any more. Lower min_decryption_version of the key to it."
            ),
            _ if id.contains('/') => format!(
                "{sealed}, which is in Vault and not configured ({} is). Set CRAFT_VAULT_TRANSIT_KEY to it.",
                ids.join(", ")
            ),
            Self::Local(_) => format!(
                "{sealed}, which is not configured ({} is). Give that key too: in CRAFT_MASTER_KEY or the file of \
                 CRAFT_MASTER_KEY_FILE, behind the current one.",
                ids.join(", ")
            ),
            Self::Transit { transit, .. } => format!(
                "{sealed}, which is not configured. Give that key too, for example by CRAFT_MASTER_KEY_FILE (the key that \
                     a hub creates itself is keys/master.key in its data directory), and move what it seals to {} with craft \
                 secrets rotate.",
                transit.key()
            ),
        }
    }

    /// Creates a new current key, unless a rotation is unfinished. Returns the id of the current key.
    pub(super) async fn rotate(&self, system: &SystemDb) -> Result<String> {
        match self {
            Self::Local(local) => local.rotate().await,
            Self::Transit { transit, .. } => {
                let current = transit.current().await?;
                if store::count_outdated_keys(&mut *system.begin().await?, &current).await? > 0 {
                    return Ok(current);
                }
                transit.rotate().await?;
                transit.current().await
            }
        }
    }

    /// Wraps data keys again, with the current key.
    pub(super) async fn rewrap(
        &self,
        current: &str,
        outdated: &[store::OutdatedKey],
    ) -> Result<Vec<(OwnerId, Vec<u8>)>> {
        match self {
            Self::Local(local) => local.rewrap(outdated).await,
            Self::Transit { transit, former } => {
                let keys = unwrap_all(transit, former.as_ref(), outdated).await?;
                let wrapped = transit.wrap(&keys, Some(current)).await?;
                Ok(keys.iter().map(|(owner, _)| *owner).zip(wrapped.into_iter().map(|wrap| wrap.bytes)).collect())
            }
        }
    }

    /// Removes all keys but the current one, as far as the hub may.
    pub(super) async fn retire(&self, current: &str) -> Result<RetiredKeys> {
        match self {
            Self::Local(local) => local.retire().await,
            Self::Transit { transit, former: None } => transit.retire(current).await,
            Self::Transit { transit, former: Some(local) } => {
                let RetiredKeys { ids, advice, .. } = transit.retire(current).await?;
                let advice = format!(
                    "Remove the master key from the settings, so that only the key in Vault is used. Backups taken before \
                         need it: keep a copy with them. {advice}"
                );
                let advice = advice.trim_end().to_owned();
                Ok(RetiredKeys { ids: [ids, local.keys().ids()].concat(), is_removed: false, advice })
            }
        }
    }
}

/// Unwraps data keys; those that Vault wrapped, in one request.
async fn unwrap_all(
    transit: &Transit,
    former: Option<&LocalKeys>,
    outdated: &[store::OutdatedKey],
) -> Result<Vec<(OwnerId, SealingKey)>> {
    let (vaults, others): (Vec<_>, Vec<_>) = outdated.iter().partition(|key| Transit::has_wrapped(&key.wrapped));
    let wrapped: Vec<_> = vaults.iter().map(|key| (key.owner_id, key.wrapped.as_slice())).collect();
    let mut keys: Vec<_> = vaults.iter().map(|key| key.owner_id).zip(transit.unwrap_all(&wrapped).await?).collect();
    for key in others {
        let local =
            former.with_context(|| format!("no configured key unwraps the data key of user {}", key.owner_id))?;
        keys.push((key.owner_id, local.unwrap(key.owner_id, &key.wrapped).await?));
    }
    Ok(keys)
}
