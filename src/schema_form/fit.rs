//! Validation of a value against a part of a schema: of defaults and examples, of the branches of a union, of conditions.

use std::cell::{Cell, OnceCell};

use jsonschema::{Draft, Registry};
use serde_json::Value;

use super::keywords::Keywords;
use super::validator::{drafts, options};
use super::weight::size;

/// The address of the whole schema, for the references of its parts. No document has it.
const WHOLE: &str = "json-schema:///whole";

/// The maximum weight of what one form judges: each part is compiled, with what its references lead to.
const MAX_WEIGHT: usize = 300_000;

/// The whole schema in one draft, as references of its parts find it. `None` if it is not valid in the draft.
type Whole<'a> = OnceCell<Option<Registry<'a>>>;

/// Validates values against parts of one schema.
pub(super) struct Fit<'a> {
    root: &'a Value,
    /// The whole schema in each draft that it may be of.
    whole: [Whole<'a>; 2],
    /// The number of parts of the whole schema.
    whole_size: OnceCell<usize>,
    /// The weight that may still be judged.
    weight_left: Cell<usize>,
}

impl<'a> Fit<'a> {
    pub(super) const fn new(root: &'a Value) -> Self {
        let whole = [OnceCell::new(), OnceCell::new()];
        Self { root, whole, whole_size: OnceCell::new(), weight_left: Cell::new(MAX_WEIGHT) }
    }

    /// Reports whether a part accepts a value. A part that the hub cannot use accepts nothing.
    pub(super) fn accepts(&self, part: &Keywords<'_>, value: &Value) -> bool {
        let has_references = part.contains_key("$ref") || part.values().any(has_references);
        let left = self.weight_left.get();
        let own = part.values().fold(0, |weight, part| weight + size(part, left));
        let whole = if has_references { *self.whole_size.get_or_init(|| size(self.root, MAX_WEIGHT)) } else { 0 };
        let Some(left) = left.checked_sub(own + whole) else { return false };
        self.weight_left.set(left);
        let part = moved(&part.to_value());
        let mut drafts = drafts(self.root).iter().zip(&self.whole);
        drafts
            .find_map(|(draft, whole)| self.validate(&part, value, *draft, has_references.then_some(whole)))
            .unwrap_or(false)
    }

    /// Reports whether a part of any form accepts a value.
    pub(super) fn satisfies(&self, part: &Value, value: &Value) -> bool {
        match part {
            Value::Bool(accepts) => *accepts,
            Value::Object(part) => self.accepts(&Keywords::borrow(part), value),
            _ => false,
        }
    }

    /// Reports whether a part accepts a value in a draft. `None` if the part is not valid in that draft.
    fn validate(&self, part: &Value, value: &Value, draft: Draft, whole: Option<&Whole<'a>>) -> Option<bool> {
        let options = options(draft);
        let validator = match whole {
            Some(whole) => {
                let prepare = || Registry::new().draft(draft).add(WHOLE, self.root).ok()?.prepare().ok();
                options.with_registry(whole.get_or_init(prepare).as_ref()?).build(part)
            }
            None => options.build(part),
        };
        Some(validator.ok()?.is_valid(value))
    }
}

fn has_references(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(has_references),
        Value::Array(items) => items.iter().any(has_references),
        _ => false,
    }
}

/// Returns a schema whose references lead into the whole schema.
fn moved(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = match (name.as_str(), value) {
                    ("$ref", Value::String(target)) if target.starts_with('#') => format!("{WHOLE}{target}").into(),
                    ("enum" | "const" | "default" | "examples" | "example" | "$ref", _) => value.clone(),
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
    use super::{Fit, Keywords};
    use serde_json::{Value, json};

    #[test]
    fn a_part_is_judged_with_the_references_of_the_whole() {
        let root = json!({ "$id": "https://x.test/a", "$defs": { "n": { "type": "integer" } }, "properties": {
            "a": { "items": { "$ref": "#/$defs/n" } } } });
        let fit = Fit::new(&root);
        let accepts = |part: &Value, value: Value| fit.accepts(&Keywords::borrow(part.as_object().unwrap()), &value);
        let part = &root["properties"]["a"];
        assert!(accepts(part, json!([1, 2])) && !accepts(part, json!([1, "two"])));
        assert!(!accepts(&json!({ "type": 7 }), json!(1)), "a broken part accepts nothing");
    }
}
