//! What a tool's definition says: its fingerprint, and the effect its server claims for it.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::upstream::ToolDefinition;

/// SHA-256 over everything that a caller relies on: a difference in any of it is a new version.
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

/// What running a tool does, as its server says (annotations are hints from a stranger).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    ReadOnly,
    /// Changes things; running it twice is the same as once.
    Idempotent,
    /// Changes things.
    Writes,
    /// May delete or overwrite.
    Destructive,
    /// The server does not say.
    Unknown,
}

impl Effect {
    /// Reads the MCP annotations of a tool. The protocol's default for a silent server is "may destroy"; we say
    /// [`Effect::Unknown`] then, because most servers are silent and a warning on every tool warns of nothing.
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

    /// True if a call that was cut off may be made again without asking.
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
    fn a_silent_server_promises_nothing() {
        assert_eq!(Effect::from_annotations(None), Effect::Unknown);
        assert!(!Effect::is_repeatable(None));
    }

    #[test]
    fn a_destructive_but_idempotent_tool_warns_and_may_be_repeated() {
        let hints = json!({ "destructiveHint": true, "idempotentHint": true });
        assert_eq!(Effect::from_annotations(Some(&hints)), Effect::Destructive);
        assert!(Effect::is_repeatable(Some(&hints)));
    }

    #[test]
    fn hints_of_a_wrong_type_are_no_hints() {
        assert_eq!(Effect::from_annotations(Some(&json!({ "readOnlyHint": "yes" }))), Effect::Unknown);
    }
}
