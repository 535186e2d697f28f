//! What wraps data keys: keys that the hub holds, or one that stays in Vault.

use anyhow::Context;

use super::envelope::SealingKey;
use super::local::Local;
use super::store;
use super::transit::Transit;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::UserId;

#[derive(Debug)]
pub(super) enum Master {
    Local(Local),
    /// What `former` has wrapped it still unwraps, until a rotation has moved it.
    Transit {
        transit: Box<Transit>,
        former: Option<Local>,
    },
}

/// A wrapped data key, and the id of what wrapped it.
pub(super) struct Wrap {
    pub(super) by: String,
    pub(super) bytes: Vec<u8>,
}

/// Master keys that nothing needs any more.
pub(super) struct Retired {
    pub(super) former: Vec<String>,
    /// False if they stand in a place that only people can change.
    pub(super) gone: bool,
    /// What people should know of them, or do: sentences.
    pub(super) words: String,
}

impl Master {
    /// Wraps with what is current at this moment.
    pub(super) async fn wrap(&self, owner: UserId, key: &SealingKey) -> Result<Wrap> {
        match self {
            Self::Local(local) => local.wrap(owner, key).await,
            Self::Transit { transit, .. } => {
                let wrapped = transit.wrap(&[(owner, key.clone())], None).await?;
                Ok(wrapped.into_iter().next().context("Vault answered nothing")?)
            }
        }
    }

    pub(super) async fn unwrap(&self, owner: UserId, wrapped: &[u8]) -> Result<SealingKey> {
        match self {
            Self::Local(local) => local.unwrap(owner, wrapped).await,
            Self::Transit { former: Some(local), .. } if !Transit::has_wrapped(wrapped) => {
                local.unwrap(owner, wrapped).await
            }
            Self::Transit { transit, .. } => transit.unwrap(owner, wrapped).await,
        }
    }

    /// The ids of all that unwrap.
    pub(super) async fn ids(&self) -> Result<Vec<String>> {
        Ok(match self {
            Self::Local(local) => local.keys().ids(),
            Self::Transit { transit, former } => {
                let former = former.as_ref().map_or_else(Vec::new, |local| local.keys().ids());
                [transit.ids().await?, former].concat()
            }
        })
    }

    /// What whoever starts the hub can do about a key that is missing.
    pub(super) fn missing(&self, id: &str, ids: &[String]) -> String {
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
                "{sealed}, which is not configured. Give that key too, by CRAFT_MASTER_KEY_FILE for one (the one that a \
                 hub makes itself is keys/master.key in its data directory), and move what it seals to {} with craft \
                 secrets rotate.",
                transit.key()
            ),
        }
    }

    /// Makes another key current, unless something is left to do of the last time; its id.
    pub(super) async fn renew(&self, system: &SystemDb) -> Result<String> {
        match self {
            Self::Local(local) => local.renew().await,
            Self::Transit { transit, .. } => {
                let current = transit.current().await?;
                if store::count_behind(&mut *system.begin().await?, &current).await? > 0 {
                    return Ok(current);
                }
                transit.rotate().await?;
                transit.current().await
            }
        }
    }

    /// Wraps these with the current key.
    pub(super) async fn rewrap(&self, current: &str, behind: &[store::Wrapped]) -> Result<Vec<(UserId, Vec<u8>)>> {
        match self {
            Self::Local(local) => local.rewrap(behind).await,
            Self::Transit { transit, former } => {
                let keys = unwrapped(transit, former.as_ref(), behind).await?;
                let wrapped = transit.wrap(&keys, Some(current)).await?;
                Ok(keys.iter().map(|(owner, _)| *owner).zip(wrapped.into_iter().map(|wrap| wrap.bytes)).collect())
            }
        }
    }

    /// Lets go of all but the current key, as far as the hub may.
    pub(super) async fn retire(&self, current: &str) -> Result<Retired> {
        match self {
            Self::Local(local) => local.retire().await,
            Self::Transit { transit, former: None } => transit.retire(current).await,
            Self::Transit { transit, former: Some(local) } => {
                let Retired { former, words, .. } = transit.retire(current).await?;
                let words = format!(
                    "Take the master key out of the settings, so that Vault’s alone is used. Backups taken before need it: \
                     keep a copy with them. {words}"
                );
                let words = words.trim_end().to_owned();
                Ok(Retired { former: [former, local.keys().ids()].concat(), gone: false, words })
            }
        }
    }
}

/// The data keys themselves; those that Vault has wrapped, in one go.
async fn unwrapped(
    transit: &Transit,
    former: Option<&Local>,
    behind: &[store::Wrapped],
) -> Result<Vec<(UserId, SealingKey)>> {
    let (vaults, others): (Vec<_>, Vec<_>) = behind.iter().partition(|key| Transit::has_wrapped(&key.wrapped));
    let wrapped: Vec<_> = vaults.iter().map(|key| (key.user_id, key.wrapped.as_slice())).collect();
    let mut keys: Vec<_> = vaults.iter().map(|key| key.user_id).zip(transit.unwrap_all(&wrapped).await?).collect();
    for key in others {
        let local = former.with_context(|| format!("nothing unwraps the data key of user {}", key.user_id))?;
        keys.push((key.user_id, local.unwrap(key.user_id, &key.wrapped).await?));
    }
    Ok(keys)
}
