//! Values that a browser carries, sealed, where the hub is not to store them.
//!
//! Each is sealed for one user and one purpose, under a key made from the master key (or from the hub's own data key,
//! where the master key stays in Vault), and says when that was: so it
//! opens in every process of the hub, for that user alone, and only for as long as its reader allows.

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

/// Stands for a user outside of the hub: the same each time, it leads back to nobody and signs nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserTag([u8; 32]);

impl std::fmt::Display for UserTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Any 32 bytes will do: what is sealed for a mark that somebody made up opens for nobody.
impl FromStr for UserTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(Error::NotFound("mark"))
    }
}

impl Vault {
    /// The mark of a user.
    #[must_use]
    pub fn mark(&self, user: UserId) -> UserTag {
        UserTag(self.root().derive(&format!("mark of user {user}")))
    }

    /// Seals a value for the owner of a mark, as text that fits into a page or an address. `purpose` says what it is.
    pub fn seal_for_client(&self, owner: UserTag, purpose: &str, value: &Secret, now: Timestamp) -> Result<String> {
        let moment = now.unix_timestamp().to_be_bytes();
        let dated = Zeroizing::new([&moment[..], value.expose().as_bytes()].concat());
        let sealed =
            self.carrying_key().seal(&dated, &place(owner, purpose)).context("a carried value could not be sealed")?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal_for_client`] made for the same owner and purpose less than `life` ago; of anything else
    /// there is nothing to say, since anybody can send it.
    #[must_use]
    pub fn open_from_client(
        &self,
        owner: UserTag,
        purpose: &str,
        carried: &str,
        now: Timestamp,
        life: Duration,
    ) -> Option<Secret> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(carried).ok()?;
        let dated = self.carrying_key().open(&sealed, &place(owner, purpose)).ok()?;
        let (moment, value) = dated.split_first_chunk()?;
        let moment = Timestamp::from_unix_timestamp(i64::from_be_bytes(*moment)).ok()?;
        let value = std::str::from_utf8(value).ok()?;
        (now - moment < life).then(|| Secret::new(value))
    }

    fn carrying_key(&self) -> SealingKey {
        SealingKey::new(self.root().derive("key of carried values"))
    }
}

fn place(owner: UserTag, purpose: &str) -> String {
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

    fn opened(vault: &Vault, owner: UserTag, purpose: &str, carried: &str, now: Timestamp) -> Option<String> {
        vault.open_from_client(owner, purpose, carried, now, HOUR).map(|value| value.expose().to_owned())
    }

    #[test]
    fn it_opens_for_its_owner_and_purpose_alone_and_for_as_long_as_it_is_good() {
        let vault = vault();
        let (alice, bob) = (vault.mark(UserId::new(NOW)), vault.mark(UserId::new(NOW)));
        let carried = vault.seal_for_client(alice, "form", &Secret::new("typed"), NOW).unwrap();
        let last = NOW + HOUR - Duration::SECOND;
        assert_eq!(opened(&vault, alice, "form", &carried, last).as_deref(), Some("typed"));
        assert_eq!(opened(&vault, bob, "form", &carried, NOW), None);
        assert_eq!(opened(&vault, alice, "other", &carried, NOW), None);
        assert_eq!(opened(&vault, alice, "form", &carried, NOW + HOUR), None);
        assert_eq!(opened(&Vault::from(SealingKey::random()), alice, "form", &carried, NOW), None);
    }

    #[test]
    fn a_mark_is_the_same_each_time_and_is_read_back() {
        let user = UserId::new(NOW);
        let mark = vault().mark(user);
        assert_eq!(mark, vault().mark(user));
        assert_eq!(mark.to_string().parse::<UserTag>().unwrap(), mark);
        assert_ne!(mark, Vault::from(SealingKey::random()).mark(user), "it can be made without the master key");
        assert!("".parse::<UserTag>().is_err() && "short".parse::<UserTag>().is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_opens_and_one_changed_letter_shuts_it(value: String, at: prop::sample::Index, letter in "[A-Za-z0-9_-]") {
            let vault = vault();
            let mark = vault.mark(UserId::HUB);
            let mut carried = vault.seal_for_client(mark, "form", &Secret::new(value.as_str()), NOW).unwrap();
            prop_assert_eq!(opened(&vault, mark, "form", &carried, NOW), Some(value));
            let at = at.index(carried.len());
            if carried[at..=at] != letter {
                carried.replace_range(at..=at, &letter);
                prop_assert_eq!(opened(&vault, mark, "form", &carried, NOW), None);
            }
        }

        #[test]
        fn what_strangers_send_never_opens_and_never_panics(text in "\\PC*|[A-Za-z0-9_-]{0,200}") {
            let vault = vault();
            prop_assert_eq!(opened(&vault, vault.mark(UserId::HUB), "form", &text, NOW), None);
        }
    }
}
