//! The fingerprint of a tool's definition, and the effect that its server claims.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::upstream::ToolDefinition;

/// Returns the SHA-256 of everything that a caller relies on. Another fingerprint is another version. The order of the members of
/// JSON objects does not count, and neither does a description that is absent instead of empty. `request` describes the request of
/// a tool of a REST service.
pub(super) fn fingerprint(tool: &ToolDefinition, request: Option<&Value>) -> Vec<u8> {
    let mut parts = vec![
        serde_json::json!(tool.name),
        serde_json::json!(tool.title),
        serde_json::json!(tool.description.as_deref().unwrap_or_default()),
        tool.input_schema.clone(),
        serde_json::json!(tool.output_schema),
        serde_json::json!(tool.annotations),
    ];
    parts.extend(request.cloned());
    Sha256::digest(in_canonical_order(&Value::Array(parts)).to_string()).to_vec()
}

/// Returns a copy in which the members of each object are in the order of their names. Schemas have bounded depth.
pub(super) fn in_canonical_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            sorted.into_iter().map(|(name, value)| (name.clone(), in_canonical_order(value))).collect()
        }
        Value::Array(items) => items.iter().map(in_canonical_order).collect(),
        other => other.clone(),
    }
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
    use super::{Effect, fingerprint};
    use crate::upstream::ToolDefinition;
    use serde_json::json;

    fn tool(description: Option<&str>, schema: serde_json::Value) -> ToolDefinition {
        let description = description.map(str::to_owned);
        let name = "plant".to_owned();
        ToolDefinition { name, title: None, description, input_schema: schema, output_schema: None, annotations: None }
    }

    #[test]
    fn the_order_of_members_is_no_change_and_that_of_items_is_one() {
        let of = |schema| fingerprint(&tool(Some("Plants."), schema), None);
        let schema = json!({"type": "object", "properties": {"a": {"enum": [1, 2]}, "b": {}}});
        assert_eq!(of(schema.clone()), of(json!({"properties": {"b": {}, "a": {"enum": [1, 2]}}, "type": "object"})));
        assert_ne!(of(schema), of(json!({"type": "object", "properties": {"a": {"enum": [2, 1]}, "b": {}}})));
    }

    #[test]
    fn one_letter_and_one_hidden_character_are_changes() {
        let of = |text| fingerprint(&tool(text, json!({"description": "Plants."})), None);
        assert_ne!(of(Some("Plants.")), of(Some("plants.")));
        assert_ne!(of(Some("Plants.")), of(Some("Plants\u{200b}.")));
        assert_eq!(of(None), of(Some("")), "both are shown as no description");
        let hidden = tool(Some("Plants."), json!({"description": "Plants\u{202e}."}));
        assert_ne!(of(Some("Plants.")), fingerprint(&hidden, None));
    }

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
