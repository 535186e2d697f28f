//! The master keys. The first one wraps data keys; each unwraps the data keys that it wrapped.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use super::envelope::SealingKey;
use crate::secret::Secret;

/// The master key, or several during a rotation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<[SealingKey]>);

impl Keyring {
    /// Parses keys of 64 hexadecimal digits, separated by commas or white space. The first one is the current key.
    pub fn parse(text: &Secret) -> anyhow::Result<Self> {
        let between = |letter: char| letter == ',' || letter.is_whitespace();
        let keys: Vec<_> =
            text.expose().split(between).filter(|key| !key.is_empty()).map(parse_key).collect::<anyhow::Result<_>>()?;
        let ids: std::collections::HashSet<_> = keys.iter().map(SealingKey::id).collect();
        if keys.is_empty() {
            bail!("there is no key in it: make one with openssl rand -hex 32");
        }
        if ids.len() < keys.len() {
            bail!("it names one key twice: remove one of them");
        }
        Ok(Self(keys.into()))
    }

    /// Returns the key that wraps.
    #[must_use]
    pub fn current(&self) -> &SealingKey {
        // `parse` and `from` never create an empty keyring
        &self.0[0]
    }

    /// Returns the keys that only unwrap.
    #[must_use]
    pub fn former(&self) -> &[SealingKey] {
        &self.0[1..]
    }

    /// Finds a key by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&SealingKey> {
        self.0.iter().find(|key| key.id() == id)
    }

    /// Returns the ids of all keys.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(SealingKey::id).collect()
    }

    /// Returns the same keys behind a new current one.
    pub(super) fn with_current(&self, new: SealingKey) -> Self {
        Self([&[new], &*self.0].concat().into())
    }

    /// Returns the current key alone.
    pub(super) fn without_former(&self) -> Self {
        self.current().clone().into()
    }

    /// Returns the text of a key file: one key per line.
    pub(super) fn to_file_text(&self) -> Secret {
        Secret::new(self.0.iter().map(|key| hex::encode(key.bytes()) + "\n").collect::<String>())
    }
}

impl From<SealingKey> for Keyring {
    fn from(key: SealingKey) -> Self {
        Self([key].into())
    }
}

fn parse_key(text: &str) -> anyhow::Result<SealingKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| anyhow!("a master key is 64 hexadecimal digits"))
        .context("make one with: openssl rand -hex 32")?;
    Ok(SealingKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Keyring, SealingKey};
    use crate::secret::Secret;

    fn parse(text: &str) -> Result<Vec<String>, String> {
        Keyring::parse(&Secret::new(text)).map(|keys| keys.ids()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_first_key_is_current_and_the_order_is_kept() {
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        let ids: Vec<_> = [0x11, 0x22].map(|byte| SealingKey::new([byte; 32]).id()).into();
        assert_eq!(parse(&format!("{one},{two}")), Ok(ids.clone()));
        assert_eq!(parse(&format!("\n {one}\n{two}\n")), Ok(ids));
    }

    #[test]
    fn an_invalid_key_is_not_quoted_and_the_error_tells_how_to_make_one() {
        let error = parse("hunter2hunter2").unwrap_err();
        assert!(error.contains("openssl rand -hex 32") && !error.contains("hunter2"), "{error}");
        assert_eq!(parse(" \n"), Err("there is no key in it: make one with openssl rand -hex 32".to_owned()));
        let key = "ab".repeat(32);
        assert_eq!(parse(&format!("{key} {key}")), Err("it names one key twice: remove one of them".to_owned()));
    }
}
