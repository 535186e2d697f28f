//! Comparison of two definitions of a tool, part by part.

use serde_json::{Map, Value};

use super::definition::{Effect, in_canonical_order};

/// Maximum number of changed arguments that are listed for one tool.
const MAX_PARTS: usize = 100;
/// Maximum number of changed rules that are listed for one argument.
const MAX_RULES: usize = 10;
/// Maximum length of a rule's name in characters.
const MAX_RULE_CHARS: usize = 40;

/// A version of a tool as its server describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDescription {
    /// Display name.
    pub title: Option<String>,
    /// Description from the upstream.
    pub description: String,
    /// JSON Schema of the arguments.
    pub schema: Value,
    /// JSON Schema of the structured result, if declared.
    pub output_schema: Option<Value>,
    /// MCP annotations.
    pub annotations: Option<Value>,
}

/// A part of a tool that changed.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangedPart {
    /// The display name.
    Title {
        /// Former value.
        before: Option<String>,
        /// New value.
        after: Option<String>,
    },
    /// The description.
    Description {
        /// Former value.
        before: String,
        /// New value.
        after: String,
    },
    /// The claimed effect.
    Effect {
        /// Former value.
        before: Effect,
        /// New value.
        after: Effect,
    },
    /// A new argument.
    ArgumentAdded {
        /// Name of the argument.
        name: String,
        /// Set if the argument is required.
        required: bool,
    },
    /// An argument that was removed.
    ArgumentRemoved {
        /// Name of the argument.
        name: String,
    },
    /// An argument with another schema.
    ArgumentChanged {
        /// Name of the argument.
        name: String,
        /// Keywords of the schema that differ; `required` is one of them.
        rules: Vec<String>,
    },
    /// Rules about several arguments.
    Arguments,
    /// The schema of the result.
    Output,
    /// Annotations that leave the claimed effect unchanged.
    Hints,
}

/// Returns the parts that differ; the list is empty exactly if the definitions are equal.
#[must_use]
pub fn compare(before: &ToolDescription, after: &ToolDescription) -> Vec<ChangedPart> {
    let mut parts = Vec::new();
    if before.title != after.title {
        parts.push(ChangedPart::Title { before: before.title.clone(), after: after.title.clone() });
    }
    if before.description != after.description {
        parts.push(ChangedPart::Description { before: before.description.clone(), after: after.description.clone() });
    }
    let effects = [before, after].map(|it| Effect::from_annotations(it.annotations.as_ref()));
    if effects[0] != effects[1] {
        parts.push(ChangedPart::Effect { before: effects[0], after: effects[1] });
    } else if to_text(before.annotations.as_ref()) != to_text(after.annotations.as_ref()) {
        parts.push(ChangedPart::Hints);
    }
    if to_text(Some(&before.schema)) != to_text(Some(&after.schema)) {
        compare_arguments(&before.schema, &after.schema, &mut parts);
    }
    if to_text(before.output_schema.as_ref()) != to_text(after.output_schema.as_ref()) {
        parts.push(ChangedPart::Output);
    }
    parts
}

/// Formats a value as text, without the order of the members of objects.
fn to_text(value: Option<&Value>) -> Option<String> {
    value.map(|value| in_canonical_order(value).to_string())
}

fn compare_arguments(before: &Value, after: &Value, parts: &mut Vec<ChangedPart>) {
    let start = parts.len();
    let none = Map::new();
    let [old, new] = [before, after].map(|it| it.get("properties").and_then(Value::as_object).unwrap_or(&none));
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        parts.push(ChangedPart::ArgumentAdded { name: name.clone(), required: is_required(after, name) });
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        parts.push(ChangedPart::ArgumentRemoved { name: name.clone() });
    }
    for (name, value) in new {
        let Some(former) = old.get(name) else { continue };
        let mut rules = changed_rules(former, value);
        if is_required(before, name) != is_required(after, name) {
            rules.push("required".to_owned());
        }
        if !rules.is_empty() {
            parts.push(ChangedPart::ArgumentChanged { name: name.clone(), rules });
        }
    }
    if parts.len() == start || parts.len() - start > MAX_PARTS {
        parts.truncate(start + MAX_PARTS);
        parts.push(ChangedPart::Arguments);
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|it| it == name))
}

/// Returns the keywords in which two schemas differ.
fn changed_rules(before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let changed = new.iter().filter(|(key, value)| to_text(old.get(*key)) != to_text(Some(value)));
            let removed = old.iter().filter(|(key, _)| !new.contains_key(*key));
            let keys = changed.chain(removed);
            keys.map(|(key, _)| key.chars().take(MAX_RULE_CHARS).collect()).take(MAX_RULES).collect()
        }
        _ if before == after => Vec::new(),
        _ => vec!["schema".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::{ChangedPart, ToolDescription, compare};
    use crate::connectors::Effect;
    use crate::connectors::definition::fingerprint;
    use crate::upstream::ToolDefinition;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn tool(schema: Value, annotations: Value) -> ToolDescription {
        let description = "Plants a tree".to_owned();
        ToolDescription { title: None, description, schema, output_schema: None, annotations: Some(annotations) }
    }

    #[test]
    fn each_changed_part_is_listed() {
        let before = json!({"properties": {"kind": {"type": "string"}, "old": {}, "depth": {"type": "number"}}, "required": ["kind"]});
        let after = json!({"properties": {"kind": {"type": "string"}, "depth": {"type": "integer", "minimum": 1}, "town": {}}, "required": ["town"]});
        let (before, mut after) =
            (tool(before, json!({"readOnlyHint": true})), tool(after, json!({"destructiveHint": true})));
        after.title = Some("Plant".into());
        let rules = |rules: &[&str]| rules.iter().map(ToString::to_string).collect();
        assert_eq!(
            compare(&before, &after),
            [
                ChangedPart::Title { before: None, after: Some("Plant".into()) },
                ChangedPart::Effect { before: Effect::ReadOnly, after: Effect::Destructive },
                ChangedPart::ArgumentAdded { name: "town".into(), required: true },
                ChangedPart::ArgumentRemoved { name: "old".into() },
                ChangedPart::ArgumentChanged { name: "kind".into(), rules: rules(&["required"]) },
                ChangedPart::ArgumentChanged { name: "depth".into(), rules: rules(&["type", "minimum"]) },
            ]
        );
    }

    #[test]
    fn thousands_of_changes_are_summarised() {
        let many: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("a{n}"), json!({}))).collect();
        let parts = compare(&tool(json!({}), json!({})), &tool(json!({ "properties": many }), json!({})));
        assert_eq!((parts.len(), parts.last()), (101, Some(&ChangedPart::Arguments)));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(json!(null)), any::<bool>().prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let key = prop_oneof![Just("properties".to_owned()), Just("required".to_owned()), "[a-c]"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..3).prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    prop_compose! {
        fn any_tool()(title in prop::option::of("[ab]"), description in "[ab]?", schema in any_json(),
                      output_schema in prop::option::of(any_json()), annotations in prop::option::of(any_json())) -> ToolDescription {
            ToolDescription { title, description, schema, output_schema, annotations }
        }
    }

    fn hash(of: &ToolDescription) -> Vec<u8> {
        fingerprint(
            &ToolDefinition {
                name: "same".into(),
                title: of.title.clone(),
                description: Some(of.description.clone()),
                input_schema: of.schema.clone(),
                output_schema: of.output_schema.clone(),
                annotations: of.annotations.clone(),
            },
            None,
        )
    }

    proptest! {
        #[test]
        fn definitions_differ_in_a_part_exactly_if_their_fingerprints_differ(before in any_tool(), after in any_tool()) {
            prop_assert_eq!(compare(&before, &after).is_empty(), hash(&before) == hash(&after));
            prop_assert!(compare(&before, &before).is_empty());
        }
    }
}
