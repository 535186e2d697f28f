//! A master key that stays in Vault (HashiCorp's, or OpenBao): its Transit engine wraps and unwraps data keys.
//!
//! The associated data names the owner, as it does with master keys in memory. Its `rewrap` accepts no associated data, so
//! the hub unwraps and wraps instead. An unwrapped data key is cached for up to a minute (see [`cache`]).

mod api;
mod cache;

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use http::StatusCode;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use self::api::{Api, Item, TransitError};
use self::cache::UnwrappedKeyCache;
use super::envelope::SealingKey;
use super::wrapping::{RetiredKeys, WrappedKey, data_key_aad};
use crate::config::{Authorities, TransitKey};
use crate::error::{Error, Result};
use crate::ids::OwnerId;
use crate::secret::Secret;

/// The beginning of Vault's ciphertexts, before the version. No envelope begins like this.
const CIPHERTEXT_PREFIX: &str = "vault:v";

/// Key types that authenticate associated data.
const AEAD_KEY_TYPES: [&str; 4] = ["aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"];

/// The key in Vault, and how the hub authenticates there.
#[derive(Clone, Debug)]
pub struct TransitSettings {
    /// URL of the server, without a path.
    pub address: Url,
    /// Name of the key.
    pub key: TransitKey,
    /// Token that the hub presents.
    pub token: VaultToken,
    /// Namespace, if the server has namespaces.
    pub namespace: Option<String>,
    /// Certificate authorities for the server, in addition to those of the machine.
    pub authorities: Authorities,
}

/// The token that the hub presents to Vault.
#[derive(Clone, Debug)]
pub enum VaultToken {
    /// A token that the process was given.
    Value(Secret),
    /// A file that is read before each request: Vault's agent writes a new token before the old one expires.
    File(PathBuf),
}

/// A Transit key in Vault.
#[derive(Debug)]
pub(super) struct Transit {
    api: Api,
    key: TransitKey,
    unwrapped: UnwrappedKeyCache,
}

/// The description of the key that Vault returns.
#[derive(Debug, Deserialize)]
pub(super) struct KeyDescription {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    derived: bool,
    latest_version: u64,
    min_decryption_version: u64,
}

impl Transit {
    pub(super) fn new(settings: TransitSettings) -> anyhow::Result<Self> {
        let key = settings.key.clone();
        Ok(Self { api: Api::new(settings)?, key, unwrapped: UnwrappedKeyCache::default() })
    }

    /// Reports whether a Transit key has wrapped this.
    pub(super) fn has_wrapped(wrapped: &[u8]) -> bool {
        wrapped.starts_with(CIPHERTEXT_PREFIX.as_bytes())
    }

    pub(super) const fn key(&self) -> &TransitKey {
        &self.key
    }

    /// Returns the id of a version of the key, as rows contain it.
    pub(super) fn id(&self, version: u64) -> String {
        format!("{}:v{version}", self.key)
    }

    fn version(&self, id: &str) -> Result<u64> {
        let version = id.strip_prefix(&self.key.to_string()).and_then(|rest| rest.strip_prefix(":v")?.parse().ok());
        version.ok_or_else(|| Error::Internal(anyhow!("{id} is not a version of {}", self.key)))
    }

    /// Returns the current description of the key.
    ///
    /// # Errors
    /// Returns [`Error::Refused`] if the key does not exist or has the wrong type.
    pub(super) async fn describe(&self) -> Result<KeyDescription> {
        let (key, host) = (&self.key, self.api.host());
        let found: KeyDescription = match self.api.get(&format!("{}/keys/{}", key.mount, key.name)).await {
            Err(TransitError::Rejected { status: StatusCode::NOT_FOUND, .. }) => {
                return Err(Error::refused(format!(
                    "{host} has no Transit key {key}. Create it (vault write -f {}/keys/{}), or set \
                     CRAFT_VAULT_TRANSIT_KEY to the one that seals this hub’s secrets",
                    key.mount, key.name
                )));
            }
            found => found?,
        };
        if !AEAD_KEY_TYPES.contains(&found.kind.as_str()) || found.derived {
            let kind = if found.derived { "derived" } else { &found.kind };
            return Err(Error::refused(format!(
                "The key {key} of {host} is {kind}, which cannot be used. Create one of type aes256-gcm96 that is not derived"
            )));
        }
        Ok(found)
    }

    /// Returns the ids of all versions that unwrap.
    pub(super) async fn ids(&self) -> Result<Vec<String>> {
        let found = self.describe().await?;
        Ok((found.min_decryption_version.max(1)..=found.latest_version).map(|version| self.id(version)).collect())
    }

    /// Wraps with the newest version, or with the version that has this id.
    pub(super) async fn wrap(&self, keys: &[(OwnerId, SealingKey)], id: Option<&str>) -> Result<Vec<WrappedKey>> {
        let key_version = id.map(|id| self.version(id)).transpose()?;
        let plain: Vec<_> = keys.iter().map(|(_, key)| Secret::new(base64(key.bytes()))).collect();
        let items = keys.iter().zip(&plain).map(|((owner, _), plain)| Item {
            plaintext: Some(plain.expose()),
            key_version,
            ..Item::with_aad(base64(data_key_aad(*owner)))
        });
        let results = self.api.batch("encrypt", &self.key, items.collect()).await?;
        let wrap = |((owner, _), result): (&(OwnerId, _), api::ItemResult)| {
            let context = || format!("the data key of user {owner}");
            let ciphertext = result.ciphertext().with_context(context)?;
            let version = version_in(&ciphertext).with_context(context)?;
            Ok(WrappedKey { by: self.id(version), bytes: ciphertext.into_bytes() })
        };
        keys.iter().zip(results).map(wrap).collect()
    }

    pub(super) async fn unwrap(&self, owner: OwnerId, wrapped: &[u8]) -> Result<SealingKey> {
        let aad = data_key_aad(owner);
        if let Some(key) = self.unwrapped.get(&aad, wrapped) {
            return Ok(key);
        }
        let keys = self.unwrap_all(&[(owner, wrapped)]).await?;
        let key = keys.into_iter().next().context("Vault returned no unwrapped key")?;
        self.unwrapped.insert(&aad, wrapped, &key);
        Ok(key)
    }

    /// Unwraps many keys in one request, without the cache.
    pub(super) async fn unwrap_all(&self, wrapped: &[(OwnerId, &[u8])]) -> Result<Vec<SealingKey>> {
        let items = wrapped.iter().map(|(owner, wrapped)| {
            let ciphertext = std::str::from_utf8(wrapped).context("a wrapped data key is not text")?;
            Ok(Item { ciphertext: Some(ciphertext), ..Item::with_aad(base64(data_key_aad(*owner))) })
        });
        let items = items.collect::<anyhow::Result<_>>()?;
        let results = self.api.batch("decrypt", &self.key, items).await?;
        let key = |((owner, _), result): (&(OwnerId, _), api::ItemResult)| {
            let context = || format!("the data key of user {owner}");
            result.plaintext().and_then(|plain| decode_key(&plain)).with_context(context)
        };
        Ok(wrapped.iter().zip(results).map(key).collect::<anyhow::Result<_>>()?)
    }

    /// Returns the id of the version that wraps from now on.
    pub(super) async fn current(&self) -> Result<String> {
        Ok(self.id(self.describe().await?.latest_version))
    }

    /// Creates a new version of the key in Vault.
    pub(super) async fn rotate(&self) -> Result<()> {
        let path = format!("{}/keys/{}/rotate", self.key.mount, self.key.name);
        match self.api.post(&path, &serde_json::json!({})).await {
            Err(TransitError::Denied(message)) => Err(Error::refused(format!(
                "{message}. Or ask a person with that permission to create a new version of the key (vault write -f {path}), \
                     and run this command again"
            ))),
            done => Ok(done?),
        }
    }

    /// Makes Vault refuse to unwrap with versions before the current one.
    pub(super) async fn retire(&self, current: &str) -> Result<RetiredKeys> {
        let (found, version) = (self.describe().await?, self.version(current)?);
        let ids: Vec<_> = (found.min_decryption_version.max(1)..version).map(|version| self.id(version)).collect();
        if ids.is_empty() {
            return Ok(RetiredKeys { ids, is_removed: true, advice: String::new() });
        }
        let path = format!("{}/keys/{}/config", self.key.mount, self.key.name);
        match self.api.post(&path, &serde_json::json!({ "min_decryption_version": version })).await {
            // the token may lack this permission: then the operator has to do it
            Err(TransitError::Denied(_)) => {
                let advice = format!(
                    "Vault still unwraps with it, until a person with that permission runs: vault write {path} \
                         min_decryption_version={version}"
                );
                Ok(RetiredKeys { ids, is_removed: false, advice })
            }
            done => {
                done?;
                let advice = "Vault no longer unwraps with it. Backups taken before need it: to open one, lower the \
                                  key’s min_decryption_version for as long.";
                Ok(RetiredKeys { ids, is_removed: true, advice: advice.to_owned() })
            }
        }
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

fn decode_key(plain: &Secret) -> anyhow::Result<SealingKey> {
    use base64::Engine as _;
    // the cause is dropped: it may quote the key
    let bytes = base64::prelude::BASE64_STANDARD.decode(plain.expose()).map_err(|_| anyhow!("it is not base64"))?;
    Zeroizing::new(bytes).as_slice().try_into()
}

/// Returns the version in `vault:v3:…`.
fn version_in(ciphertext: &str) -> anyhow::Result<u64> {
    let version =
        ciphertext.strip_prefix(CIPHERTEXT_PREFIX).and_then(|rest| rest.split_once(':')).map(|(version, _)| version);
    version.and_then(|version| version.parse().ok()).context("Vault returned a ciphertext without a version")
}

#[cfg(test)]
mod tests {
    use super::{Transit, version_in};
    use crate::vault::SealingKey;

    #[test]
    fn a_vault_ciphertext_is_recognised_and_its_version_is_read() {
        assert!(Transit::has_wrapped(b"vault:v12:AAAA"));
        assert!(!Transit::has_wrapped(&SealingKey::random().seal(b"key", "place").unwrap()));
        assert_eq!(version_in("vault:v12:AAAA").ok(), Some(12));
        assert!(["", "vault:v", "vault:vx:AAAA", "v1:AAAA"].iter().all(|text| version_in(text).is_err()));
    }
}
