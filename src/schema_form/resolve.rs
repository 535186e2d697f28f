//! Following `$ref` inside a schema, and merging what stands beside it.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// References followed in a row before the schema counts as recursive.
const LONGEST_CHAIN: usize = 16;

/// What a schema says once its references and single-element `allOf`s are followed; `None` if they lead in circles or
/// nowhere.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<Cow<'a, Map<String, Value>>> {
    let mut here = Cow::Borrowed(schema.as_object()?);
    for _ in 0..LONGEST_CHAIN {
        let target = match (here.get("$ref"), here.get("allOf")) {
            (Some(reference), _) => Some(("$ref", root.pointer(local(reference.as_str()?)?)?.as_object()?)),
            (None, Some(Value::Array(parts))) => match parts.as_slice() {
                [Value::Object(only)] => Some(("allOf", only)),
                _ => return None,
            },
            _ => None,
        };
        let Some((keyword, target)) = target else { return Some(here) };
        // what stands beside the reference is nearer, so it wins
        let mut merged = target.clone();
        merged.extend(here.iter().filter(|(key, _)| *key != keyword).map(|(key, value)| (key.clone(), value.clone())));
        here = Cow::Owned(merged);
    }
    None
}

/// `#/$defs/x` as a JSON Pointer; a reference elsewhere is none.
fn local(reference: &str) -> Option<&str> {
    reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

/// The first reference that leads out of the schema, if there is one: such a schema cannot be checked without asking
/// strangers.
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
    fn what_stands_beside_a_reference_wins() {
        let root = json!({ "$defs": { "n": { "type": "integer", "title": "There" } } });
        let schema = json!({ "$ref": "#/$defs/n", "title": "Here" });
        let found = resolve(&root, &schema).unwrap();
        assert_eq!((found["type"].as_str(), found["title"].as_str()), (Some("integer"), Some("Here")));
    }

    #[test]
    fn circles_and_dead_ends_are_none() {
        let root = json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } });
        assert!(resolve(&root, &json!({ "$ref": "#/$defs/a" })).is_none());
        assert!(resolve(&root, &json!({ "$ref": "#/$defs/nowhere" })).is_none());
    }

    #[test]
    fn a_reference_out_of_the_schema_is_found_wherever_it_is() {
        let schema = json!({ "properties": { "x": { "anyOf": [{ "$ref": "https://example.com/s.json" }] } } });
        assert_eq!(remote(&schema), Some("https://example.com/s.json"));
        assert_eq!(remote(&json!({ "$ref": "#/$defs/a" })), None);
        assert_eq!(remote(&json!({ "$ref": "#anchor" })), None);
    }
}
