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
    /// Returns the expiry date, or all faults of the fields `token` and `ends_on`.
    pub(super) fn validate(&self, now: Timestamp) -> Result<ExpiryDate> {
        let is_blank = self.token.expose().trim().is_empty();
        let token = if is_blank { Err(Error::field("token", "Enter the bearer token")) } else { Ok(()) };
        combine(token, self.expiry.parse(now)).map(|((), expiry)| expiry)
    }
}
