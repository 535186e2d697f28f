//! Resolution of a schema: follows `$ref`, and joins what it brings, the parts of `allOf`, and the keywords beside them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::join::{CONDITIONS, join};

/// Maximum number of references in one place; more count as recursive.
const MAX_REFERENCES: usize = 16;

/// Resolves a schema whose references are JSON Pointers. Returns `None` for circular and broken references, and for parts
/// that no form can show together.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<Cow<'a, Map<String, Value>>> {
    let object = schema.as_object()?;
    if !object.contains_key("$ref") && !object.contains_key("allOf") {
        return Some(Cow::Borrowed(object));
    }
    let mut references_left = MAX_REFERENCES;
    flatten(root, object, &mut references_left).map(Cow::Owned)
}

fn flatten(root: &Value, object: &Map<String, Value>, references_left: &mut usize) -> Option<Map<String, Value>> {
    let mut own = object.clone();
    let (reference, parts) = (own.shift_remove("$ref"), own.shift_remove("allOf"));
    let target = match &reference {
        Some(reference) => {
            *references_left = references_left.checked_sub(1)?;
            Some(root.pointer(local(reference.as_str()?)?)?)
        }
        None => None,
    };
    let parts = match &parts {
        Some(parts) => parts.as_array()?.as_slice(),
        None => &[],
    };
    for part in target.into_iter().chain(parts) {
        if *part != Value::Bool(true) {
            let mut part = flatten(root, part.as_object()?, references_left)?;
            move_condition(&mut part);
            own = join(own, &part)?;
        }
    }
    Some(own)
}

/// Moves the condition of a part of `allOf` into the list of conditions: several parts have one.
fn move_condition(part: &mut Map<String, Value>) {
    let words = ["if", "then", "else"];
    let moved: Map<_, _> = words.iter().filter_map(|word| part.shift_remove_entry(*word)).collect();
    if moved.contains_key("if") {
        let list = part.entry(CONDITIONS).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(Value::Object(moved));
        }
    }
}

/// Returns the JSON Pointer of a local reference such as `#/$defs/x`, or `None` for other references.
fn local(reference: &str) -> Option<&str> {
    reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

/// Collects all schemas that describe one value: what `$ref` leads to, and every part and branch. Joins nothing.
pub(super) fn collect_parts<'a>(root: &'a Value, schema: &'a Value, parts: &mut Vec<&'a Map<String, Value>>) {
    const MAX_PARTS: usize = 64;
    let Some(object) = schema.as_object() else { return };
    if parts.len() >= MAX_PARTS || parts.iter().any(|part| std::ptr::eq(*part, object)) {
        return;
    }
    parts.push(object);
    let reference = object.get("$ref").and_then(Value::as_str).and_then(local);
    let target = reference.and_then(|pointer| root.pointer(pointer));
    let lists = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| object.get(*keyword)?.as_array()).flatten();
    let conditional = ["if", "then", "else"].iter().filter_map(|keyword| object.get(*keyword));
    let dependent = ["dependentSchemas", "dependencies"].iter().filter_map(|keyword| object.get(*keyword)?.as_object());
    let dependent = dependent.flat_map(Map::values);
    for part in target.into_iter().chain(lists).chain(conditional).chain(dependent) {
        collect_parts(root, part, parts);
    }
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use serde_json::json;

    #[test]
    fn keywords_beside_a_reference_take_precedence() {
        let root = json!({ "$defs": { "n": { "type": "integer", "title": "There" } } });
        let schema = json!({ "$ref": "#/$defs/n", "title": "Here" });
        let found = resolve(&root, &schema).unwrap();
        assert_eq!((found["type"].as_str(), found["title"].as_str()), (Some("integer"), Some("Here")));
    }

    #[test]
    fn all_parts_and_the_keywords_beside_them_are_joined() {
        let root = json!({ "$defs": { "base": { "properties": { "b": {} }, "required": ["b"] } } });
        let schema = json!({
            "properties": { "a": {} }, "$ref": "#/$defs/base",
            "allOf": [true, { "properties": { "z": {} } }, { "allOf": [{ "required": ["z"] }] }] });
        let found = resolve(&root, &schema).unwrap();
        assert_eq!(found["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b", "z"]);
        assert_eq!(found["required"], json!(["b", "z"]));
        assert!(!found.contains_key("allOf") && !found.contains_key("$ref"));
    }

    #[test]
    fn circular_and_broken_references_are_none() {
        let root = json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" },
                                      "twice": { "allOf": [{ "$ref": "#/$defs/twice" }, { "$ref": "#/$defs/twice" }] } } });
        for broken in ["#/$defs/a", "#/$defs/twice", "#/$defs/nowhere", "#anchor"] {
            assert!(resolve(&root, &json!({ "$ref": broken })).is_none(), "{broken}");
        }
    }
}
