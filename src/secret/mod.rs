//! Secrets in memory: a string that cannot be printed by accident, and the redaction of text that may repeat it.

mod redactor;
mod spellings;

use secrecy::{ExposeSecret, SecretString};

pub use redactor::Redactor;

/// Credential text; wiped from memory when dropped, shown as `[secret]`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps `text`, which may be empty.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Returns the text. Call it only where the bytes leave for their purpose (a header, a cipher, a hash).
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
