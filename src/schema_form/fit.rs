//! Validation of a value against a part of a schema: of defaults and examples, of the branches of a union, of conditions.

use std::cell::{Cell, OnceCell};

use serde_json::{Map, Value};

use super::validator::build_validator;

/// Name of the definition that holds the whole schema, in the schema of a part.
const WHOLE: &str = "whole";

/// Most parts with references that one form judges.
const MAX_PARTS: usize = 60;

/// Validates values against parts of one schema.
pub(super) struct Fit<'a> {
    root: &'a Value,
    /// The whole schema, with references as parts of it see them.
    whole: OnceCell<Value>,
    /// The number of parts with references that may still be judged: each takes the whole schema.
    parts_left: Cell<usize>,
}

impl<'a> Fit<'a> {
    pub(super) const fn new(root: &'a Value) -> Self {
        Self { root, whole: OnceCell::new(), parts_left: Cell::new(MAX_PARTS) }
    }

    /// Reports whether a part accepts a value. A part that the hub cannot use accepts nothing.
    pub(super) fn accepts(&self, part: &Map<String, Value>, value: &Value) -> bool {
        let part = Value::Object(part.clone());
        let part = if has_references(&part) {
            let Some(left) = self.parts_left.get().checked_sub(1) else { return false };
            self.parts_left.set(left);
            self.with_whole(&part)
        } else {
            part
        };
        build_validator(&part, self.root).is_ok_and(|validator| validator.is_valid(value))
    }

    fn with_whole(&self, part: &Value) -> Value {
        let whole = self.whole.get_or_init(|| moved(self.root));
        serde_json::json!({ "allOf": [moved(part)], "$defs": { WHOLE: whole } })
    }
}

fn has_references(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(has_references),
        Value::Array(items) => items.iter().any(has_references),
        _ => false,
    }
}

/// Returns a schema whose references lead into the definition of the whole.
fn moved(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = match (name.as_str(), value) {
                    ("$ref", Value::String(target)) => match target.strip_prefix('#') {
                        Some(pointer) => format!("#/$defs/{WHOLE}{pointer}").into(),
                        None => value.clone(),
                    },
                    ("enum" | "const" | "default" | "examples" | "example", _) => value.clone(),
                    _ => moved(value),
                };
                (name.clone(), value)
            };
            let is_kept =
                |(name, value): &(&String, &Value)| !(["$id", "$schema"].contains(&name.as_str()) && value.is_string());
            members.iter().filter(is_kept).map(member).collect()
        }
        Value::Array(items) => items.iter().map(moved).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::Fit;
    use serde_json::json;

    #[test]
    fn a_part_is_judged_with_the_references_of_the_whole() {
        let root = json!({ "$id": "https://x.test/a", "$defs": { "n": { "type": "integer" } }, "properties": {
            "a": { "items": { "$ref": "#/$defs/n" } } } });
        let fit = Fit::new(&root);
        let part = root["properties"]["a"].as_object().unwrap();
        assert!(fit.accepts(part, &json!([1, 2])));
        assert!(!fit.accepts(part, &json!([1, "two"])));
        assert!(!fit.accepts(json!({ "type": 7 }).as_object().unwrap(), &json!(1)), "a broken part accepts nothing");
    }
}
