//! What may be chosen as a password: long enough and not among the most used. No rules of composition, which only make
//! passwords alike.

use std::ops::RangeInclusive;

use super::Email;
use crate::secret::Secret;

/// In characters. The upper bound keeps the work of a hash bounded; the lower one is told in the form's hint.
const LENGTH: RangeInclusive<usize> = 10..=200;

/// The most used passwords of at least the shortest length, in lower case, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that somebody may have.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Takes a new password for the account with this address (none if it cannot be read yet).
    ///
    /// # Errors
    /// A sentence for the form's field.
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

    /// True if no account can have this password, so that its hash need not be made.
    pub(super) fn is_overlong(text: &Secret) -> bool {
        text.expose().chars().count() > *LENGTH.end()
    }

    /// For the hash.
    pub(super) const fn secret(&self) -> &Secret {
        &self.0
    }
}

fn is_guessed_first(typed: &str) -> bool {
    let mut chars = typed.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first) || COMMON.lines().any(|common| is_same(typed, common))
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
