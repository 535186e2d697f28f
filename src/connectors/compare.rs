//! What differs between two definitions of a tool, in parts that can be named.

use serde_json::{Map, Value};

use super::definition::Effect;

/// More parts of one tool are not told one by one.
const MOST_PARTS: usize = 100;

/// A tool as its server describes it, whichever version.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Display name, if any.
    pub title: Option<String>,
    /// The upstream's words.
    pub description: String,
    /// JSON Schema of the arguments.
    pub schema: Value,
    /// JSON Schema of the structured result, if declared.
    pub output_schema: Option<Value>,
    /// MCP hints.
    pub annotations: Option<Value>,
}

/// A part that differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// What it is called.
    Title {
        /// As it was.
        before: Option<String>,
        /// As it is.
        after: Option<String>,
    },
    /// The server's words about it.
    Description {
        /// As they were.
        before: String,
        /// As they are.
        after: String,
    },
    /// What it says of its effects.
    Effect {
        /// As it was.
        before: Effect,
        /// As it is.
        after: Effect,
    },
    /// It takes one more.
    ArgumentAdded {
        /// Its name.
        name: String,
        /// Whether it has to be given.
        required: bool,
    },
    /// It takes one less.
    ArgumentRemoved {
        /// Its name.
        name: String,
    },
    /// It takes another kind of value.
    ArgumentChanged {
        /// Its name.
        name: String,
        /// The rules that differ, as the schema names them; `required` is one.
        rules: Vec<String>,
    },
    /// Rules about its arguments together, or their order.
    Arguments,
    /// What it returns.
    Output,
    /// Hints that say the same about its effects.
    Hints,
}

/// The parts in which `after` differs from `before`: none exactly if they are the same.
#[must_use]
pub fn compare(before: &Described, after: &Described) -> Vec<Part> {
    let mut parts = Vec::new();
    if before.title != after.title {
        parts.push(Part::Title { before: before.title.clone(), after: after.title.clone() });
    }
    if before.description != after.description {
        parts.push(Part::Description { before: before.description.clone(), after: after.description.clone() });
    }
    let effects = [before, after].map(|it| Effect::from_annotations(it.annotations.as_ref()));
    if effects[0] != effects[1] {
        parts.push(Part::Effect { before: effects[0], after: effects[1] });
    } else if spelled(before.annotations.as_ref()) != spelled(after.annotations.as_ref()) {
        parts.push(Part::Hints);
    }
    if spelled(Some(&before.schema)) != spelled(Some(&after.schema)) {
        arguments(&before.schema, &after.schema, &mut parts);
    }
    if spelled(before.output_schema.as_ref()) != spelled(after.output_schema.as_ref()) {
        parts.push(Part::Output);
    }
    parts
}

/// As text, since the order of members counts: a form asks in that order.
fn spelled(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}

fn arguments(before: &Value, after: &Value, parts: &mut Vec<Part>) {
    let found = parts.len();
    let none = Map::new();
    let [old, new] = [before, after].map(|it| it.get("properties").and_then(Value::as_object).unwrap_or(&none));
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        parts.push(Part::ArgumentAdded { name: name.clone(), required: requires(after, name) });
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        parts.push(Part::ArgumentRemoved { name: name.clone() });
    }
    for (name, value) in new {
        let Some(former) = old.get(name) else { continue };
        let mut rules = rules(former, value);
        if requires(before, name) != requires(after, name) {
            rules.push("required".to_owned());
        }
        if !rules.is_empty() {
            parts.push(Part::ArgumentChanged { name: name.clone(), rules });
        }
    }
    if parts.len() == found || parts.len() - found > MOST_PARTS {
        parts.truncate(found + MOST_PARTS);
        parts.push(Part::Arguments);
    }
}

fn requires(schema: &Value, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|it| it == name))
}

/// The keywords in which two schemas differ.
fn rules(before: &Value, after: &Value) -> Vec<String> {
    const MOST: usize = 10;
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let changed =
                new.iter().filter(|(key, value)| old.get(*key).map(Value::to_string) != Some(value.to_string()));
            let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
            changed.chain(gone).map(|(key, _)| key.chars().take(40).collect()).take(MOST).collect()
        }
        _ if before == after => Vec::new(),
        _ => vec!["schema".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::{Described, Part, compare};
    use crate::connectors::Effect;
    use crate::connectors::definition::fingerprint;
    use crate::upstream::ToolDefinition;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn tool(schema: Value, annotations: Value) -> Described {
        let description = "Plants a tree".to_owned();
        Described { title: None, description, schema, output_schema: None, annotations: Some(annotations) }
    }

    #[test]
    fn every_part_that_differs_is_named() {
        let before = json!({"properties": {"kind": {"type": "string"}, "old": {}, "depth": {"type": "number"}}, "required": ["kind"]});
        let after = json!({"properties": {"kind": {"type": "string"}, "depth": {"type": "integer", "minimum": 1}, "town": {}}, "required": ["town"]});
        let (before, mut after) =
            (tool(before, json!({"readOnlyHint": true})), tool(after, json!({"destructiveHint": true})));
        after.title = Some("Plant".into());
        let rules = |rules: &[&str]| rules.iter().map(ToString::to_string).collect();
        assert_eq!(
            compare(&before, &after),
            [
                Part::Title { before: None, after: Some("Plant".into()) },
                Part::Effect { before: Effect::ReadOnly, after: Effect::Destructive },
                Part::ArgumentAdded { name: "town".into(), required: true },
                Part::ArgumentRemoved { name: "old".into() },
                Part::ArgumentChanged { name: "kind".into(), rules: rules(&["required"]) },
                Part::ArgumentChanged { name: "depth".into(), rules: rules(&["type", "minimum"]) },
            ]
        );
    }

    #[test]
    fn what_has_thousands_of_changes_is_told_in_short() {
        let many: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("a{n}"), json!({}))).collect();
        let parts = compare(&tool(json!({}), json!({})), &tool(json!({ "properties": many }), json!({})));
        assert_eq!((parts.len(), parts.last()), (101, Some(&Part::Arguments)));
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
                      output_schema in prop::option::of(any_json()), annotations in prop::option::of(any_json())) -> Described {
            Described { title, description, schema, output_schema, annotations }
        }
    }

    fn hash(of: &Described) -> Vec<u8> {
        fingerprint(&ToolDefinition {
            name: "same".into(),
            title: of.title.clone(),
            description: Some(of.description.clone()),
            input_schema: of.schema.clone(),
            output_schema: of.output_schema.clone(),
            annotations: of.annotations.clone(),
        })
    }

    proptest! {
        #[test]
        fn two_definitions_have_a_part_to_name_exactly_if_they_are_two_versions(before in any_tool(), after in any_tool()) {
            prop_assert_eq!(compare(&before, &after).is_empty(), hash(&before) == hash(&after));
            prop_assert!(compare(&before, &before).is_empty());
        }
    }
}
