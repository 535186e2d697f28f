//! The text of a token: a prefix that secret scanners recognise, and 32 random bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

const PREFIX: &str = "craft_pat_";

/// Number of characters that lists show: the prefix and four others, which leave 234 random bits.
const SHOWN_CHARS: usize = PREFIX.len() + 4;

/// Number of characters of a token.
const TOKEN_CHARS: usize = PREFIX.len() + 43;

/// Makes the text of a new token.
pub(super) fn generate() -> Secret {
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())))
}

/// Returns the first characters, by which a person recognises the token.
pub(super) fn start(token: &Secret) -> &str {
    token.expose().get(..SHOWN_CHARS).unwrap_or(PREFIX)
}

/// Reports whether a text can be a token. Other texts cost no statement.
pub(super) fn is_possible(text: &Secret) -> bool {
    text.expose().len() == TOKEN_CHARS && text.expose().starts_with(PREFIX)
}

/// Returns the stored hash. The text has 256 random bits, so a fast hash without a salt is enough.
pub(super) fn hash(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::{generate, hash, is_possible, start};
    use crate::secret::Secret;

    #[test]
    fn tokens_are_long_and_differ() {
        let (first, second) = (generate(), generate());
        assert!(is_possible(&first) && first.expose().len() == 53);
        assert!(!is_possible(&Secret::new("craft_pat_")) && !is_possible(&Secret::new("x".repeat(53))));
        assert!(first.expose().starts_with(start(&first)) && start(&first).len() == 14);
        assert_ne!(hash(&first), hash(&second));
    }
}
