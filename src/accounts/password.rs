//! The rules for new passwords: long enough, and not among the most common ones. There are no composition rules, because
//! they make passwords alike.

use std::ops::RangeInclusive;

use super::Email;
use crate::secret::Secret;

/// Allowed length in characters. The maximum bounds the work of a hash; the form's hint states the minimum.
const LENGTH: RangeInclusive<usize> = 10..=200;

/// The most common passwords of at least the minimum length, in lower case, one per line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that an account may have.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Validates a new password for the account with this address; `None` if the address is not valid yet.
    ///
    /// # Errors
    /// Returns a sentence for the form's field.
    pub fn choose(text: &Secret, email: Option<&Email>) -> Result<Self, &'static str> {
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
            Ok(Self(text.clone()))
        }
    }

    /// Reports whether the text is longer than any password, so that it need not be hashed.
    pub(super) fn is_overlong(text: &Secret) -> bool {
        text.expose().chars().count() > *LENGTH.end()
    }

    /// Returns the text to hash.
    pub(super) const fn secret(&self) -> &Secret {
        &self.0
    }
}

fn is_guessed_first(typed: &str) -> bool {
    let mut chars = typed.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first) || COMMON.lines().any(|common| is_same(typed, common))
}

fn is_same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}
