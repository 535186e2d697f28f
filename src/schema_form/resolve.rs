//! References in a schema: follows `$ref`, and merges the keywords beside it.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Maximum number of references in a row; more count as recursive.
const MAX_REFERENCE_CHAIN: usize = 16;

/// Follows the references and single-element `allOf`s of a schema. Returns `None` for circular and broken references.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<Cow<'a, Map<String, Value>>> {
    let mut here = Cow::Borrowed(schema.as_object()?);
    for _ in 0..MAX_REFERENCE_CHAIN {
        let target = match (here.get("$ref"), here.get("allOf")) {
            (Some(reference), _) => Some(("$ref", root.pointer(local(reference.as_str()?)?)?.as_object()?)),
            (None, Some(Value::Array(parts))) => match parts.as_slice() {
                [Value::Object(only)] => Some(("allOf", only)),
                _ => return None,
            },
            _ => None,
        };
        let Some((keyword, target)) = target else { return Some(here) };
        // the keywords beside a reference take precedence
        let mut merged = target.clone();
        merged.extend(here.iter().filter(|(key, _)| *key != keyword).map(|(key, value)| (key.clone(), value.clone())));
        here = Cow::Owned(merged);
    }
    None
}

/// Returns the JSON Pointer of a local reference such as `#/$defs/x`, or `None` for other references.
fn local(reference: &str) -> Option<&str> {
    reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

/// Returns the first reference to another document. The hub cannot check such a schema without fetching untrusted URLs.
pub(super) fn remote(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(object) => {
            let own = object.get("$ref").or_else(|| object.get("$dynamicRef")).and_then(Value::as_str);
            let is_remote = |reference: &&str| !reference.starts_with('#') && reference.contains([':', '/', '.']);
            own.filter(is_remote).or_else(|| object.values().find_map(remote))
        }
        Value::Array(items) => items.iter().find_map(remote),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{remote, resolve};
    use serde_json::json;

    #[test]
    fn keywords_beside_a_reference_take_precedence() {
        let root = json!({ "$defs": { "n": { "type": "integer", "title": "There" } } });
        let schema = json!({ "$ref": "#/$defs/n", "title": "Here" });
        let found = resolve(&root, &schema).unwrap();
        assert_eq!((found["type"].as_str(), found["title"].as_str()), (Some("integer"), Some("Here")));
    }

    #[test]
    fn circular_and_broken_references_are_none() {
        let root = json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } });
        assert!(resolve(&root, &json!({ "$ref": "#/$defs/a" })).is_none());
        assert!(resolve(&root, &json!({ "$ref": "#/$defs/nowhere" })).is_none());
    }

    #[test]
    fn a_reference_to_another_document_is_found_at_any_depth() {
        let schema = json!({ "properties": { "x": { "anyOf": [{ "$ref": "https://example.com/s.json" }] } } });
        assert_eq!(remote(&schema), Some("https://example.com/s.json"));
        assert_eq!(remote(&json!({ "$ref": "#/$defs/a" })), None);
        assert_eq!(remote(&json!({ "$ref": "#anchor" })), None);
    }
}
