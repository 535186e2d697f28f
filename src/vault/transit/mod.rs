//! A master key that stays in Vault (HashiCorp's, or OpenBao): its Transit engine wraps and unwraps data keys.
//!
//! The owner is bound in as associated data, as with keys of the hub's own. Vault's `rewrap` takes no associated data, so
//! what is wrapped anew is unwrapped and wrapped. A data key is unwrapped once a minute at most (see [`cache`]).

mod api;
mod cache;

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use http::StatusCode;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use self::api::{Api, Fault, Item};
use self::cache::Unwrapped;
use super::envelope::SealingKey;
use super::key_place;
use super::master::{Retired, Wrap};
use crate::config::{Authorities, TransitKey};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::secret::Secret;

/// How Vault begins what it has wrapped, before the version; no envelope begins so.
const MARK: &str = "vault:v";

/// Key types that bind associated data in.
const BINDING: [&str; 4] = ["aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"];

/// Where the key is, and how the hub is known there.
#[derive(Clone, Debug)]
pub struct TransitSettings {
    /// The server, without a path.
    pub address: Url,
    /// The key.
    pub key: TransitKey,
    /// What is presented.
    pub token: Token,
    /// The namespace, where the server has such.
    pub namespace: Option<String>,
    /// Whom the hub trusts about the server besides the authorities of its machine.
    pub authorities: Authorities,
}

/// What the hub presents to Vault.
#[derive(Clone, Debug)]
pub enum Token {
    /// This, which the process was given.
    Given(Secret),
    /// What this file holds each time it is needed: Vault's agent writes a new one before the old one ends.
    File(PathBuf),
}

/// One key of Vault's.
#[derive(Debug)]
pub(super) struct Transit {
    api: Api,
    key: TransitKey,
    unwrapped: Unwrapped,
}

/// What Vault says of its key.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    derived: bool,
    latest_version: u64,
    min_decryption_version: u64,
}

impl Transit {
    pub(super) fn at(settings: TransitSettings) -> anyhow::Result<Self> {
        let key = settings.key.clone();
        Ok(Self { api: Api::at(settings)?, key, unwrapped: Unwrapped::default() })
    }

    /// True of what this kind of key has wrapped.
    pub(super) fn has_wrapped(wrapped: &[u8]) -> bool {
        wrapped.starts_with(MARK.as_bytes())
    }

    pub(super) const fn key(&self) -> &TransitKey {
        &self.key
    }

    /// What rows call a version of the key.
    pub(super) fn id(&self, version: u64) -> String {
        format!("{}:v{version}", self.key)
    }

    fn version(&self, id: &str) -> Result<u64> {
        let version = id.strip_prefix(&self.key.to_string()).and_then(|rest| rest.strip_prefix(":v")?.parse().ok());
        version.ok_or_else(|| Error::Internal(anyhow!("{id} is no version of {}", self.key)))
    }

    /// The key as it is now.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is none, or it is of no use here.
    pub(super) async fn described(&self) -> Result<Described> {
        let (key, host) = (&self.key, self.api.host());
        let found: Described = match self.api.get(&format!("{}/keys/{}", key.mount, key.name)).await {
            Err(Fault::Said { status: StatusCode::NOT_FOUND, .. }) => {
                return Err(Error::refused(format!(
                    "{host} has no Transit key {key}. Make it (vault write -f {}/keys/{}), or set \
                     CRAFT_VAULT_TRANSIT_KEY to the one that seals this hub’s secrets",
                    key.mount, key.name
                )));
            }
            found => found?,
        };
        if !BINDING.contains(&found.kind.as_str()) || found.derived {
            let kind = if found.derived { "derived" } else { &found.kind };
            return Err(Error::refused(format!(
                "The key {key} of {host} is {kind}, which cannot be used. Make one of type aes256-gcm96 that is not derived"
            )));
        }
        Ok(found)
    }

    /// The ids of all versions that unwrap.
    pub(super) async fn ids(&self) -> Result<Vec<String>> {
        let found = self.described().await?;
        Ok((found.min_decryption_version.max(1)..=found.latest_version).map(|version| self.id(version)).collect())
    }

    /// Wraps with the newest version, or with the one of this id.
    pub(super) async fn wrap(&self, keys: &[(UserId, SealingKey)], id: Option<&str>) -> Result<Vec<Wrap>> {
        let key_version = id.map(|id| self.version(id)).transpose()?;
        let plain: Vec<_> = keys.iter().map(|(_, key)| Secret::new(base64(key.bytes()))).collect();
        let items = keys.iter().zip(&plain).map(|((owner, _), plain)| Item {
            plaintext: Some(plain.expose()),
            key_version,
            ..Item::of(base64(key_place(*owner)))
        });
        let results = self.api.batch("encrypt", &self.key, items.collect()).await?;
        let wrap = |((owner, _), result): (&(UserId, _), api::ItemResult)| {
            let whose = || format!("the data key of user {owner}");
            let ciphertext = result.ciphertext().with_context(whose)?;
            let version = version_in(&ciphertext).with_context(whose)?;
            Ok(Wrap { by: self.id(version), bytes: ciphertext.into_bytes() })
        };
        keys.iter().zip(results).map(wrap).collect()
    }

    pub(super) async fn unwrap(&self, owner: UserId, wrapped: &[u8]) -> Result<SealingKey> {
        let place = key_place(owner);
        if let Some(key) = self.unwrapped.get(&place, wrapped) {
            return Ok(key);
        }
        let keys = self.unwrap_all(&[(owner, wrapped)]).await?;
        let key = keys.into_iter().next().context("Vault answered nothing")?;
        self.unwrapped.keep(&place, wrapped, &key);
        Ok(key)
    }

    /// Unwraps many at once, and keeps none.
    pub(super) async fn unwrap_all(&self, wrapped: &[(UserId, &[u8])]) -> Result<Vec<SealingKey>> {
        let items = wrapped.iter().map(|(owner, wrapped)| {
            let ciphertext = std::str::from_utf8(wrapped).context("a wrapped data key is not text")?;
            Ok(Item { ciphertext: Some(ciphertext), ..Item::of(base64(key_place(*owner))) })
        });
        let items = items.collect::<anyhow::Result<_>>()?;
        let results = self.api.batch("decrypt", &self.key, items).await?;
        let key = |((owner, _), result): (&(UserId, _), api::ItemResult)| {
            result.plaintext().and_then(|plain| read(&plain)).with_context(|| format!("the data key of user {owner}"))
        };
        Ok(wrapped.iter().zip(results).map(key).collect::<anyhow::Result<_>>()?)
    }

    /// The id of the version that wraps from now on.
    pub(super) async fn current(&self) -> Result<String> {
        Ok(self.id(self.described().await?.latest_version))
    }

    /// Lets Vault make a new version.
    pub(super) async fn rotate(&self) -> Result<()> {
        let path = format!("{}/keys/{}/rotate", self.key.mount, self.key.name);
        match self.api.post(&path, &serde_json::json!({})).await {
            Err(Fault::Denied(told)) => Err(Error::refused(format!(
                "{told}. Or let somebody who may make a new version of the key (vault write -f {path}), and run this again"
            ))),
            done => Ok(done?),
        }
    }

    /// Tells Vault to unwrap with no version before this one any more.
    pub(super) async fn retire(&self, current: &str) -> Result<Retired> {
        let (found, version) = (self.described().await?, self.version(current)?);
        let former: Vec<_> = (found.min_decryption_version.max(1)..version).map(|version| self.id(version)).collect();
        if former.is_empty() {
            return Ok(Retired { former, gone: true, words: String::new() });
        }
        let path = format!("{}/keys/{}/config", self.key.mount, self.key.name);
        match self.api.post(&path, &serde_json::json!({ "min_decryption_version": version })).await {
            // whoever keeps that for themselves is told what is left to do
            Err(Fault::Denied(_)) => {
                let words = format!(
                    "Vault still unwraps with it, until somebody who may runs: vault write {path} \
                     min_decryption_version={version}"
                );
                Ok(Retired { former, gone: false, words })
            }
            done => {
                done?;
                let words = "Vault no longer unwraps with it. Backups taken before need it: to open one, lower the \
                             key’s min_decryption_version for as long.";
                Ok(Retired { former, gone: true, words: words.to_owned() })
            }
        }
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

fn read(plain: &Secret) -> anyhow::Result<SealingKey> {
    use base64::Engine as _;
    // not the cause: it may quote what it could not read
    let bytes = base64::prelude::BASE64_STANDARD.decode(plain.expose()).map_err(|_| anyhow!("it is not base64"))?;
    Zeroizing::new(bytes).as_slice().try_into()
}

/// The version in `vault:v3:…`.
fn version_in(ciphertext: &str) -> anyhow::Result<u64> {
    let version = ciphertext.strip_prefix(MARK).and_then(|rest| rest.split_once(':')).map(|(version, _)| version);
    version.and_then(|version| version.parse().ok()).context("Vault answered with something that names no version")
}

#[cfg(test)]
mod tests {
    use super::{Transit, version_in};
    use crate::vault::SealingKey;

    #[test]
    fn what_vault_has_wrapped_is_told_from_an_envelope_and_names_its_version() {
        assert!(Transit::has_wrapped(b"vault:v12:AAAA"));
        assert!(!Transit::has_wrapped(&SealingKey::random().seal(b"key", "place").unwrap()));
        assert_eq!(version_in("vault:v12:AAAA").ok(), Some(12));
        assert!(["", "vault:v", "vault:vx:AAAA", "v1:AAAA"].iter().all(|text| version_in(text).is_err()));
    }
}
