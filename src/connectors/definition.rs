//! The fingerprint of a tool's definition, and the effect that its server claims.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::upstream::ToolDefinition;

/// Returns the SHA-256 of everything that a caller relies on. Another fingerprint is another version.
pub(super) fn fingerprint(tool: &ToolDefinition) -> Vec<u8> {
    let parts = serde_json::json!([
        tool.name,
        tool.title,
        tool.description,
        tool.input_schema,
        tool.output_schema,
        tool.annotations,
    ]);
    Sha256::digest(parts.to_string()).to_vec()
}

/// The effect of running a tool, as its server claims. Annotations are hints from an untrusted server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// No changes.
    ReadOnly,
    /// Changes that are the same after a second run.
    Idempotent,
    /// Changes.
    Writes,
    /// Possible deletions or overwriting.
    Destructive,
    /// No claim.
    Unknown,
}

impl Effect {
    /// Reads the MCP annotations of a tool. The protocol's default for a server without annotations is "may destroy". The
    /// hub uses [`Effect::Unknown`] instead: most servers have none, and a warning on every tool would warn of nothing.
    #[must_use]
    pub fn from_annotations(annotations: Option<&Value>) -> Self {
        let hint = |name: &str| annotations.and_then(|hints| hints.get(name)).and_then(Value::as_bool);
        match (hint("readOnlyHint"), hint("destructiveHint"), hint("idempotentHint")) {
            (Some(true), _, _) => Self::ReadOnly,
            (_, Some(true), _) => Self::Destructive,
            (_, _, Some(true)) => Self::Idempotent,
            (Some(false), _, _) | (_, Some(false), _) => Self::Writes,
            _ => Self::Unknown,
        }
    }

    /// Reports whether an interrupted call may be repeated without approval.
    #[must_use]
    pub fn is_repeatable(annotations: Option<&Value>) -> bool {
        let hint = |name: &str| annotations.and_then(|hints| hints.get(name)).and_then(Value::as_bool) == Some(true);
        hint("readOnlyHint") || hint("idempotentHint")
    }
}

#[cfg(test)]
mod tests {
    use super::Effect;
    use serde_json::json;

    #[test]
    fn a_server_without_annotations_claims_no_effect() {
        assert_eq!(Effect::from_annotations(None), Effect::Unknown);
        assert!(!Effect::is_repeatable(None));
    }

    #[test]
    fn a_destructive_idempotent_tool_warns_and_may_be_repeated() {
        let hints = json!({ "destructiveHint": true, "idempotentHint": true });
        assert_eq!(Effect::from_annotations(Some(&hints)), Effect::Destructive);
        assert!(Effect::is_repeatable(Some(&hints)));
    }

    #[test]
    fn annotations_of_a_wrong_type_are_ignored() {
        assert_eq!(Effect::from_annotations(Some(&json!({ "readOnlyHint": "yes" }))), Effect::Unknown);
    }
}
