//! Email addresses that can receive mail.

use crate::mail;

/// Maximum length of an address in SMTP, in bytes.
const MAX_LENGTH: usize = 254;

/// An address as typed, without surrounding space. Accounts compare addresses without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// Returns a sentence for the form's field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            Err("Enter your email address")
        } else if text.len() > MAX_LENGTH {
            Err("Enter an email address of 254 characters or fewer")
        } else if !mail::is_address(text) {
            Err("Enter an email address in the format name@example.com")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
