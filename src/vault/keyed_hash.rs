//! Hashes that are compared and never opened, of text that may hold a secret.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::Vault;

impl Vault {
    /// Returns a hash of `text`, the same in all processes. Without the master key nobody can try out guesses of the text.
    /// After a change of the master key the hash is another.
    #[must_use]
    pub fn keyed_hash(&self, text: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.token_root_key().derive(&format!("hash of {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Vault;
    use crate::vault::SealingKey;

    #[test]
    fn a_hash_depends_on_the_text_and_on_the_key() {
        let vault = Vault::from(SealingKey::new([7; 32]));
        assert_eq!(vault.keyed_hash("a"), vault.keyed_hash("a"));
        assert_ne!(vault.keyed_hash("a"), vault.keyed_hash("b"));
        assert_ne!(vault.keyed_hash("a"), Vault::from(SealingKey::random()).keyed_hash("a"));
    }
}
