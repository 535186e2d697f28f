//! The rules for new passwords: long enough, and not among the most common ones. There are no composition rules, because
//! they make passwords alike.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization as _;

use super::Email;
use crate::secret::Secret;

/// Allowed length in characters. The maximum bounds the work of a hash; the form's hint states the minimum.
const LENGTH: RangeInclusive<usize> = 10..=200;

/// The most common passwords of at least the minimum length, in lower case, one per line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that an account may have, in NFKC.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Validates a new password for the account with this address; `None` if the address is not valid yet.
    ///
    /// # Errors
    /// Returns a sentence for the form's field.
    pub fn choose(text: &Secret, email: Option<&Email>) -> Result<Self, &'static str> {
        let text = normalized(text);
        let typed = text.expose();
        let length = typed.chars().count();
        if length == 0 {
            Err("Enter a password")
        } else if length < *LENGTH.start() {
            Err("Enter a password of 10 characters or more")
        } else if length > *LENGTH.end() {
            Err("Enter a password of 200 characters or fewer")
        } else if is_guessed_first(typed) || email.is_some_and(|email| is_same(typed, email.as_str())) {
            Err("Choose a password that is harder to guess. This one is among the first that attackers try")
        } else {
            Ok(Self(text))
        }
    }

    /// Reports whether the text is longer than any password, so that it need not be hashed.
    pub(super) fn is_overlong(text: &Secret) -> bool {
        Self::spellings(text).iter().all(|spelling| spelling.expose().chars().count() > *LENGTH.end())
    }

    /// Returns the spellings under which a typed password may have been hashed: normalised, or as it was typed by an older
    /// version.
    pub(super) fn spellings(typed: &Secret) -> Vec<Secret> {
        let normalized = normalized(typed);
        if normalized.expose() == typed.expose() { vec![normalized] } else { vec![normalized, typed.clone()] }
    }

    /// Returns the text to hash.
    pub(super) const fn secret(&self) -> &Secret {
        &self.0
    }
}

/// Returns the text in NFKC: keyboards and systems write the same letters by different characters.
fn normalized(text: &Secret) -> Secret {
    Secret::new(text.expose().nfkc().collect::<String>())
}

fn is_guessed_first(typed: &str) -> bool {
    let mut chars = typed.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first) || COMMON.lines().any(|common| is_same(typed, common))
}

fn is_same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}
