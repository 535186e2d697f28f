//! Names of tools for assistants: the prefix of a connection, two underscores, and the tool's own name.
//!
//! APIs of language models accept 64 letters, digits, `_` and `-`. A prefix holds no `_`, so the first `__` ends it.

use std::fmt;

use sha2::{Digest, Sha256};

/// The end of a prefix.
const SEPARATOR: &str = "__";

/// Digits of the digest at the end of a changed name.
const DIGEST_LENGTH: usize = 8;

/// The name that assistants call a tool by. It is legal in each API of a language model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToolName(String);

impl ToolName {
    /// Most characters of a name.
    pub const MAX_LENGTH: usize = 64;

    /// Names a tool of the connection with this prefix. A name that has to be changed or cut ends with a digest of the tool's
    /// own name, so that two tools of a connection keep two names. So does a name that looks as if it did.
    #[must_use]
    pub fn new(prefix: &str, tool: &str) -> Self {
        let start = format!("{prefix}{SEPARATOR}");
        let legal: String = tool.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
        let room = Self::MAX_LENGTH.saturating_sub(start.len());
        if legal == tool && legal.len() <= room && !Self::is_changed(tool) {
            return Self(start + tool);
        }
        let mut digest = hex::encode(Sha256::digest(tool));
        digest.truncate(DIGEST_LENGTH);
        // each character is one byte by now
        let stem = &legal[..legal.len().min(room.saturating_sub(DIGEST_LENGTH + 1))];
        Self(format!("{start}{}-{digest}", stem.trim_end_matches(['-', '_'])))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Splits a name into the prefix of a connection and the rest; `None` if no tool can have this name.
    pub(super) fn split(name: &str) -> Option<(&str, &str)> {
        let is_possible = name.len() <= Self::MAX_LENGTH && name.chars().all(is_legal);
        name.split_once(SEPARATOR).filter(|_| is_possible)
    }

    /// Reports whether the rest of a name ends as that of a changed name does.
    pub(super) fn is_changed(rest: &str) -> bool {
        let digest = rest.rsplit_once('-').map(|(_, digest)| digest);
        digest.is_some_and(|it| it.len() == DIGEST_LENGTH && it.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::{ToolName, is_legal};
    use proptest::prelude::*;

    fn name(prefix: &str, tool: &str) -> String {
        ToolName::new(prefix, tool).to_string()
    }

    #[test]
    fn a_legal_name_stays() {
        assert_eq!(name("google-drive", "list_files"), "google-drive__list_files");
        assert_eq!(name("workbench", "a__b"), "workbench__a__b");
        let longest = "x".repeat(64 - "hub__".len());
        assert_eq!(name("hub", &longest), format!("hub__{longest}"));
    }

    #[test]
    fn a_changed_name_has_a_digest() {
        assert_eq!(name("hub", "files.list"), "hub__files_list-7e7aa135");
        assert_ne!(name("hub", "files.list"), name("hub", "files/list"));
        assert_ne!(name("hub", "files.list"), name("hub", "files_list-7e7aa135"), "a name that looks changed");
        let (long, longer) = ("x".repeat(60), "x".repeat(128));
        assert_eq!(name("hub", &long).len(), 64);
        assert!(
            name("hub", &format!("{}-----", "x".repeat(48))).contains("x-"),
            "a hyphen does not stand before the digest's"
        );
        assert_ne!(name("hub", &long), name("hub", &longer));
    }

    #[test]
    fn names_split_at_the_end_of_the_prefix() {
        assert_eq!(ToolName::split("hub__a__b"), Some(("hub", "a__b")));
        assert_eq!(ToolName::split("hub_a"), None);
        assert_eq!(ToolName::split("hub__a.b"), None);
        assert_eq!(ToolName::split("hub__\0"), None);
        assert_eq!(ToolName::split(&format!("hub__{}", "x".repeat(60))), None);
        assert!(ToolName::is_changed("files_list-7e7aa135"));
        assert!(!ToolName::is_changed("files-list") && !ToolName::is_changed("7e7aa135"));
    }

    proptest! {
        #[test]
        fn every_tool_has_a_legal_name_of_its_own(
            prefix in "[a-z0-9]{1,20}(-[a-z0-9]{1,19})?",
            tools in prop::collection::hash_set("[a-c./_ é-]{1,6}|[a-z_.]{20,128}|\\PC{1,128}", 2..40),
        ) {
            let mut names = std::collections::HashSet::new();
            for tool in &tools {
                let name = name(&prefix, tool);
                prop_assert!(name.len() <= ToolName::MAX_LENGTH, "{name}");
                prop_assert!(name.chars().all(is_legal), "{name}");
                prop_assert_eq!(ToolName::split(&name).unwrap().0, &prefix);
                prop_assert!(names.insert(name.clone()), "{name} twice, for {tool:?}");
            }
        }
    }
}
