//! Codes and tokens of assistants: random text, of which the database has the hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// Number of characters of the random part.
const RANDOM_CHARS: usize = 43;

/// A kind of credential. Its prefix shows people, and scanners of leaked secrets, what a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// An authorization code.
    Code,
    /// A token that calls the endpoint.
    AccessToken,
    /// A token that is exchanged for the next two tokens.
    RefreshToken,
}

impl Credential {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Code => "craft_oac_",
            Self::AccessToken => "craft_oat_",
            Self::RefreshToken => "craft_ort_",
        }
    }

    /// Makes the text of a new credential.
    pub(super) fn generate(self) -> Secret {
        Secret::new(format!("{}{}", self.prefix(), URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())))
    }

    /// Makes the text of a credential that is derived from another one. `hash` is a keyed hash in base64url.
    pub(super) fn derived(self, hash: &str) -> Secret {
        Secret::new(format!("{}{hash}", self.prefix()))
    }

    /// Reports whether a text can be such a credential. Other texts cost no statement.
    pub(super) fn is_possible(self, text: &Secret) -> bool {
        text.expose().len() == self.prefix().len() + RANDOM_CHARS && text.expose().starts_with(self.prefix())
    }
}

/// Returns the stored hash. The text has 256 random bits, so a fast hash without a salt is enough.
pub(super) fn hash(text: &Secret) -> [u8; 32] {
    Sha256::digest(text.expose().as_bytes()).into()
}

/// Reports whether a verifier belongs to a challenge of the method S256 (RFC 7636).
pub(super) fn proves(verifier: &str, challenge: &str) -> bool {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

#[cfg(test)]
mod tests {
    use super::{Credential, hash, proves};
    use crate::secret::Secret;

    #[test]
    fn credentials_are_told_apart() {
        let (code, token) = (Credential::Code.generate(), Credential::AccessToken.generate());
        assert!(Credential::Code.is_possible(&code) && !Credential::AccessToken.is_possible(&code));
        assert!(Credential::AccessToken.is_possible(&token) && !Credential::RefreshToken.is_possible(&token));
        assert!(!Credential::Code.is_possible(&Secret::new("craft_oac_")));
        assert_ne!(hash(&code), hash(&Credential::Code.generate()));
    }

    #[test]
    fn the_verifier_of_the_standard_proves_its_challenge() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(proves(verifier, challenge));
        assert!(!proves(challenge, challenge) && !proves("", challenge));
    }
}
