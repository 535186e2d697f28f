//! Sealed tokens: values that a client keeps for the hub, so that the hub need not store them.
//!
//! Each token is sealed for one user and one purpose, and includes its time. The key derives from the master key, or from
//! the hub's own data key if Vault holds the master key. Every process of the hub therefore opens the token, for that
//! user only, and until the age that the reader allows.

use std::str::FromStr;

use anyhow::Context;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use time::Duration;
use zeroize::Zeroizing;

use super::{SealingKey, Vault};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::secret::Secret;

/// A pseudonymous tag for a user. The tag is stable, unless a master key that the hub itself holds is rotated. The tag
/// cannot be mapped back to the user and does not authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserTag([u8; 32]);

impl std::fmt::Display for UserTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Accepts any 32 bytes: a token that was sealed for an invented tag opens for nobody.
impl FromStr for UserTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| Error::conflict("The user tag cannot be read", "Sign in again"))
    }
}

impl Vault {
    /// Returns the tag of a user.
    #[must_use]
    pub fn user_tag(&self, user: UserId) -> UserTag {
        // the text is part of the tags that browsers have: it cannot change
        UserTag(self.token_root_key().derive(&format!("mark of user {user}")))
    }

    /// Seals a value for the owner of a tag, as text for a page or a URL. `purpose` separates kinds of tokens.
    pub fn seal_for_client(&self, owner: UserTag, purpose: &str, value: &Secret, now: Timestamp) -> Result<String> {
        let sealed_at = now.unix_timestamp().to_be_bytes();
        let dated = Zeroizing::new([&sealed_at[..], value.expose().as_bytes()].concat());
        let sealed =
            self.token_key().seal(&dated, &token_aad(owner, purpose)).context("a client token could not be sealed")?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a token that [`Self::seal_for_client`] sealed for the same owner and purpose less than `ttl` ago. Returns `None`
    /// for any other text, because anybody can send it.
    #[must_use]
    pub fn open_from_client(
        &self,
        owner: UserTag,
        purpose: &str,
        token: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Option<Secret> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let dated = self.token_key().open(&sealed, &token_aad(owner, purpose)).ok()?;
        let (sealed_at, value) = dated.split_first_chunk()?;
        let sealed_at = Timestamp::from_unix_timestamp(i64::from_be_bytes(*sealed_at)).ok()?;
        let value = std::str::from_utf8(value).ok()?;
        (now - sealed_at < ttl).then(|| Secret::new(value))
    }

    fn token_key(&self) -> SealingKey {
        // the text is part of the tokens that clients have: it cannot change
        SealingKey::new(self.token_root_key().derive("key of carried values"))
    }
}

/// Returns the associated data of a token.
fn token_aad(owner: UserTag, purpose: &str) -> String {
    format!("{owner}|carried|{purpose}")
}

#[cfg(test)]
mod tests {
    use super::{SealingKey, UserTag, Vault};
    use crate::clock::Timestamp;
    use crate::ids::UserId;
    use crate::secret::Secret;
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-11-26 08:00 UTC);
    const HOUR: Duration = Duration::HOUR;

    fn vault() -> Vault {
        Vault::from(SealingKey::new([7; 32]))
    }

    fn opened(vault: &Vault, owner: UserTag, purpose: &str, token: &str, now: Timestamp) -> Option<String> {
        vault.open_from_client(owner, purpose, token, now, HOUR).map(|value| value.expose().to_owned())
    }

    #[test]
    fn a_token_opens_for_its_owner_and_purpose_until_it_expires() {
        let vault = vault();
        let (alice, bob) = (vault.user_tag(UserId::new(NOW)), vault.user_tag(UserId::new(NOW)));
        let token = vault.seal_for_client(alice, "form", &Secret::new("typed"), NOW).unwrap();
        let last = NOW + HOUR - Duration::SECOND;
        assert_eq!(opened(&vault, alice, "form", &token, last).as_deref(), Some("typed"));
        assert_eq!(opened(&vault, bob, "form", &token, NOW), None);
        assert_eq!(opened(&vault, alice, "other", &token, NOW), None);
        assert_eq!(opened(&vault, alice, "form", &token, NOW + HOUR), None);
        assert_eq!(opened(&Vault::from(SealingKey::random()), alice, "form", &token, NOW), None);
    }

    #[test]
    fn a_tag_is_stable_and_can_be_parsed() {
        let user = UserId::new(NOW);
        let tag = vault().user_tag(user);
        assert_eq!(tag, vault().user_tag(user));
        assert_eq!(tag.to_string().parse::<UserTag>().unwrap(), tag);
        assert_ne!(tag, Vault::from(SealingKey::random()).user_tag(user), "the tag does not depend on the master key");
        assert!("".parse::<UserTag>().is_err() && "short".parse::<UserTag>().is_err());
    }

    proptest! {
        #[test]
        fn a_sealed_token_opens_until_one_letter_is_changed(value: String, at: prop::sample::Index, letter in "[A-Za-z0-9_-]") {
            let vault = vault();
            let tag = vault.user_tag(UserId::HUB);
            let mut token = vault.seal_for_client(tag, "form", &Secret::new(value.as_str()), NOW).unwrap();
            prop_assert_eq!(opened(&vault, tag, "form", &token, NOW), Some(value));
            let at = at.index(token.len());
            if token[at..=at] != letter {
                token.replace_range(at..=at, &letter);
                prop_assert_eq!(opened(&vault, tag, "form", &token, NOW), None);
            }
        }

        #[test]
        fn arbitrary_text_never_opens_and_never_panics(text in "\\PC*|[A-Za-z0-9_-]{0,200}") {
            let vault = vault();
            prop_assert_eq!(opened(&vault, vault.user_tag(UserId::HUB), "form", &text, NOW), None);
        }
    }
}
