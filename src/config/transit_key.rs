//! Which key of Vault's: where its Transit engine is mounted, and the key's name there.

use std::str::FromStr;

/// `transit/tool-connect-craft`: all before the last slash is the mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitKey {
    /// Where the engine is mounted, without slashes around it.
    pub mount: String,
    /// The key's name.
    pub name: String,
}

impl std::fmt::Display for TransitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.mount, self.name)
    }
}

impl FromStr for TransitKey {
    type Err = String;

    /// Only what needs no escaping in an address, and leads to no other place there.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |part: &str| {
            part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
                && part.chars().any(|letter| letter != '.')
        };
        let parts = text.trim().rsplit_once('/');
        parts
            .filter(|(mount, name)| mount.split('/').all(is_plain) && is_plain(name))
            .map(|(mount, name)| Self { mount: mount.to_owned(), name: name.to_owned() })
            .ok_or_else(|| format!("`{text}` is not a mount and a key such as transit/tool-connect-craft"))
    }
}

#[cfg(test)]
mod tests {
    use super::TransitKey;

    #[test]
    fn the_last_part_is_the_key_and_the_rest_its_mount() {
        let key: TransitKey = "teams/hub/transit/craft.2".parse().unwrap();
        assert_eq!((key.mount.as_str(), key.name.as_str()), ("teams/hub/transit", "craft.2"));
        assert_eq!(key.to_string(), "teams/hub/transit/craft.2");
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_key() {
        for text in ["", "craft", "/craft", "transit/", "transit//craft", "transit/../craft", "transit/a?b", "a b/c"] {
            let fault = text.parse::<TransitKey>().unwrap_err();
            assert!(fault.contains("transit/tool-connect-craft"), "{fault}");
        }
    }
}
