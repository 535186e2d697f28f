//! The key in Vault: the mount of its Transit engine, and its name.

use std::str::FromStr;

/// A mount and a name, such as `transit/tool-connect-craft`: the text before the last slash is the mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitKey {
    /// Mount of the engine, without slashes around it.
    pub mount: String,
    /// Name of the key.
    pub name: String,
}

impl std::fmt::Display for TransitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.mount, self.name)
    }
}

impl FromStr for TransitKey {
    type Err = String;

    /// Accepts only text that needs no escaping in a URL and cannot lead to another path.
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
    fn text_that_could_lead_to_another_path_is_refused() {
        for text in ["", "craft", "/craft", "transit/", "transit//craft", "transit/../craft", "transit/a?b", "a b/c"] {
            let fault = text.parse::<TransitKey>().unwrap_err();
            assert!(fault.contains("transit/tool-connect-craft"), "{fault}");
        }
    }
}
