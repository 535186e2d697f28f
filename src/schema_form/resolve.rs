//! Resolution of a schema: follows `$ref`, and joins what it brings, the parts of `allOf`, and the keywords beside them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::join::{CONDITIONS, join};
use super::keywords::{Keywords, Lookup};

/// Maximum number of references in one place; more count as recursive.
const MAX_REFERENCES: usize = 16;

/// Resolves a schema whose references are JSON Pointers. Returns `None` for circular and broken references, and for parts
/// that no form can show together.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<Keywords<'a>> {
    let mut references_left = MAX_REFERENCES;
    flatten(root, schema.as_object()?, &mut references_left)
}

fn flatten<'a>(root: &'a Value, object: &'a Map<String, Value>, references_left: &mut usize) -> Option<Keywords<'a>> {
    let mut own = Keywords::borrow(object);
    own.remove("$ref");
    own.remove("allOf");
    let target = match object.get("$ref") {
        Some(reference) => {
            *references_left = references_left.checked_sub(1)?;
            Some(root.pointer(local(reference.as_str()?)?)?)
        }
        None => None,
    };
    let parts = match object.get("allOf") {
        Some(parts) => parts.as_array()?.as_slice(),
        None => &[],
    };
    for part in target.into_iter().chain(parts) {
        if *part != Value::Bool(true) {
            let mut part = flatten(root, part.as_object()?, references_left)?;
            move_condition(&mut part);
            own = join(own, part)?;
        }
    }
    Some(own)
}

/// Moves the condition of a part of `allOf` into the list of conditions: several parts have one.
fn move_condition(part: &mut Keywords<'_>) {
    let words = ["if", "then", "else"];
    let take = |word: &str| Some((word.to_owned(), part.remove(word)?.into_owned()));
    let moved: Map<_, _> = words.into_iter().filter_map(take).collect();
    if moved.contains_key("if") {
        let mut list = match part.remove(CONDITIONS).map(Cow::into_owned) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        list.push(Value::Object(moved));
        part.insert(CONDITIONS, Cow::Owned(Value::Array(list)));
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
    collect_other_parts(root, object, parts);
}

/// Collects the schemas that describe one value beside the keywords of its schema itself.
pub(super) fn collect_other_parts<'a>(
    root: &'a Value,
    object: &'a impl Lookup,
    parts: &mut Vec<&'a Map<String, Value>>,
) {
    let lists = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| object.get(keyword)?.as_array()).flatten();
    let conditional = ["if", "then", "else"].iter().filter_map(|keyword| object.get(keyword));
    let dependent = ["dependentSchemas", "dependencies"].iter().filter_map(|keyword| object.get(keyword)?.as_object());
    let reference = object.get("$ref").and_then(Value::as_str).and_then(local);
    let target = reference.and_then(|pointer| root.pointer(pointer));
    for part in target.into_iter().chain(lists).chain(conditional).chain(dependent.flat_map(Map::values)) {
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
        assert_eq!((found.text("type"), found.text("title")), ("integer", "Here"));
    }

    #[test]
    fn all_parts_and_the_keywords_beside_them_are_joined() {
        let root = json!({ "$defs": { "base": { "properties": { "b": {} }, "required": ["b"] } } });
        let schema = json!({
            "properties": { "a": {} }, "$ref": "#/$defs/base",
            "allOf": [true, { "properties": { "z": {} } }, { "allOf": [{ "required": ["z"] }] }] });
        let found = resolve(&root, &schema).unwrap();
        assert_eq!(found.get("properties").unwrap().as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b", "z"]);
        assert_eq!(found.get("required"), Some(&json!(["b", "z"])));
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
