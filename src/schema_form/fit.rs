//! Validation of a value against a part of a schema: of defaults and examples, of the branches of a union, of conditions.

use std::cell::{Cell, OnceCell};

use jsonschema::{Draft, Registry};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::keywords::Keywords;
use super::references::MAPS;
use super::validator::{drafts, options};
use super::weight::reach;

/// The address of the whole schema, for the references of its parts. No document has it.
const WHOLE: &str = "json-schema:///whole";

/// The characters that stand for themselves in the reference to a part.
const IN_FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'$');

/// The maximum weight of what one form judges: each part is compiled, with what its references lead to.
const MAX_WEIGHT: usize = 60_000;

/// The whole schema in one draft, as references of its parts find it. `None` if it is not valid in the draft.
type Whole<'a> = OnceCell<Option<Registry<'a>>>;

/// Validates values against parts of one schema.
pub(super) struct Fit<'a> {
    root: &'a Value,
    /// The whole schema in each draft that it may be of.
    whole: [Whole<'a>; 2],
    /// The weight that may still be judged.
    weight_left: Cell<usize>,
}

impl<'a> Fit<'a> {
    pub(super) const fn new(root: &'a Value) -> Self {
        let whole = [OnceCell::new(), OnceCell::new()];
        Self { root, whole, weight_left: Cell::new(MAX_WEIGHT) }
    }

    /// Reports whether a part accepts a value. A part that the hub cannot use accepts nothing.
    pub(super) fn accepts(&self, part: &Keywords<'_>, value: &Value) -> bool {
        self.try_accepts(part, value).unwrap_or(false)
    }

    /// Pays for work that a schema causes. Returns `None` if no weight is left for it.
    pub(super) fn pay(&self, weight: usize) -> Option<()> {
        self.weight_left.set(self.weight_left.get().checked_sub(weight)?);
        Some(())
    }

    /// Reports whether a part accepts a value. `None` if the hub cannot use the part, or no weight is left for it.
    fn try_accepts(&self, part: &Keywords<'_>, value: &Value) -> Option<bool> {
        let has_references = part.contains_key("$ref") || part.values().any(has_references);
        let left = self.weight_left.get();
        let target = part.text("$ref").strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        self.pay(reach(self.root, part.values().chain(target), left + 1))?;
        let part = moved(&part.to_value());
        let mut drafts = drafts(self.root).iter().zip(&self.whole);
        drafts.find_map(|(draft, whole)| self.validate(&part, value, *draft, has_references.then_some(whole)))
    }

    /// Reports whether a value satisfies a condition. `None` if the hub cannot know.
    pub(super) fn satisfies(&self, condition: &Value, value: &Value) -> Option<bool> {
        match condition {
            Value::Bool(accepts) => Some(*accepts),
            Value::Object(part) => self.try_accepts(&Keywords::borrow(part), value),
            _ => None,
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
    let members = match schema {
        Value::Object(members) => members,
        Value::Array(items) => return items.iter().map(moved).collect(),
        other => return other.clone(),
    };
    let member = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value) {
            ("$ref", Value::String(target)) => match target.strip_prefix('#') {
                Some(pointer) => format!("{WHOLE}#{}", utf8_percent_encode(pointer, IN_FRAGMENT)).into(),
                None => value.clone(),
            },
            ("enum" | "const" | "default" | "examples" | "example", _) => value.clone(),
            // the members have names of their own, which may be those of keywords
            (keyword, Value::Object(named)) if MAPS.contains(&keyword) => {
                named.iter().map(|(name, schema)| (name.clone(), moved(schema))).collect()
            }
            _ => moved(value),
        };
        (name.clone(), value)
    };
    members.iter().filter(|(name, _)| *name != "$schema").map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::super::names::step;
    use super::super::references::with_local_references;
    use super::super::validator::in_known_dialect;
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

    #[test]
    fn a_definition_may_have_any_name() {
        for name in ["Page[Item]", "Größe", "Map«a»", "a b", "C#", "50%", "a/b~c", "$x"] {
            let pointer = step(name);
            let root = json!({ "$defs": { name: { "type": "integer" } } });
            let part = json!({ "items": { "$ref": format!("#/$defs/{pointer}") } });
            let fit = Fit::new(&root);
            let accepts = |value: Value| fit.accepts(&Keywords::borrow(part.as_object().unwrap()), &value);
            assert!(accepts(json!([1])) && !accepts(json!(["one"])), "{name}");
        }
    }

    #[test]
    fn a_part_with_an_address_or_in_a_dialect_of_its_own_is_judged() {
        let tree = json!({ "$id": "T0", "type": "object", "properties": { "nodes": { "type": "array", "items": { "$ref": "T0" } } } });
        let schema = json!({ "$schema": "my dialect", "properties": { "tree": tree, "$ref": { "type": "string" }, "default": { "$ref": "T0" } } });
        let root = in_known_dialect(with_local_references(&schema));
        let fit = Fit::new(&root);
        let part = |name: &str| Keywords::borrow(root["properties"][name].as_object().unwrap());
        assert!(fit.accepts(&part("tree"), &json!({ "nodes": [{ "nodes": [] }] })));
        assert!(!fit.accepts(&part("tree"), &json!({ "nodes": [1] })));
        let whole = Keywords::borrow(root.as_object().unwrap());
        assert!(fit.accepts(&whole, &json!({ "$ref": "a", "default": { "nodes": [] } })));
        assert!(!fit.accepts(&whole, &json!({ "default": { "nodes": [1] } })));
        assert!(!fit.accepts(&whole, &json!({ "$ref": 1 })));
    }
}
