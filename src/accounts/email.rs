//! An e-mail address that mail can be sent to.

use crate::mail;

/// Longer ones cannot be used in SMTP.
const LONGEST: usize = 254;

/// An address as it was typed, without surrounding space; accounts compare it without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// A sentence for the form's field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            Err("Enter your email address")
        } else if text.len() > LONGEST {
            Err("Enter an email address of 254 characters or fewer")
        } else if !mail::is_address(text) {
            Err("Enter an email address in the format name@example.com")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The address.
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
