//! A bearer token as its owner enters it.

use super::expiry::{ExpiryDate, ExpiryInput};
use crate::clock::Timestamp;
use crate::error::{Error, Result, combine};
use crate::secret::Secret;

/// A bearer token that an owner has entered.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The credential that calls present.
    pub token: Secret,
    /// The token's expiry date, if its owner knows it.
    pub expiry: ExpiryInput,
}

impl NewToken {
    /// Creates a token from what its owner typed or pasted: the token alone, or with the scheme or the header before it.
    #[must_use]
    pub fn from_typed(text: &str, expiry: ExpiryInput) -> Self {
        Self { token: Secret::new(bare_token(text)), expiry }
    }

    /// Reports whether there is no token.
    pub(super) fn is_blank(&self) -> bool {
        self.token.expose().trim().is_empty()
    }

    /// Returns the expiry date, or all faults of the fields `token` and `ends_on`.
    pub(super) fn validate(&self, now: Timestamp) -> Result<ExpiryDate> {
        let token = if self.is_blank() { Err(Error::field("token", "Enter the token or key")) } else { Ok(()) };
        combine(token, self.expiry.parse(now)).map(|((), expiry)| expiry)
    }
}

/// Returns a pasted token without the header, scheme and quotes around it.
pub(super) fn bare_token(text: &str) -> &str {
    let mut token = text.trim().trim_matches(['"', '\'']);
    for (prefix, end) in [("authorization", ":"), ("bearer", " ")] {
        let Some((first, rest)) = token.split_once(|c: char| c == ':' || c.is_whitespace()) else { break };
        let has_end = token[first.len()..].starts_with(|c: char| end.contains(c) || (end == " " && c.is_whitespace()));
        if first.eq_ignore_ascii_case(prefix) && has_end {
            token = rest.trim_start();
        }
    }
    token.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::bare_token;

    #[test]
    fn a_token_is_found_in_what_people_copy() {
        for pasted in [
            "tok123",
            " tok123\n",
            "Bearer tok123",
            "bearer\ttok123 ",
            "Authorization: Bearer tok123",
            "authorization:BEARER  tok123",
            "\"Bearer tok123\"",
            "'tok123'",
        ] {
            assert_eq!(bare_token(pasted), "tok123", "{pasted}");
        }
        for other in ["bearer", "bearer-of-news", "Basic dXNlcg==", "a:b", "bearer:x"] {
            assert_eq!(bare_token(other), other);
        }
    }
}
