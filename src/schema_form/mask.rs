//! Masking of values that their schema calls secret: for pages, previews and the audit log.

use serde_json::{Map, Value};

use super::choose::is_secret;
use super::references::with_local_references;
use super::resolve::collect_parts;

/// The text in place of a secret.
pub const MASK: &str = "••••";

/// Returns `value` with the secrets of `schema` masked: `writeOnly`, `format: password`, names such as `api_key`. A secret
/// in any branch of a union counts.
#[must_use]
pub fn mask(schema: &Value, value: &Value) -> Value {
    let root = with_local_references(schema);
    masked(&root, &[&root], value)
}

/// Masks a value that all these schemas describe. Without a schema, names decide.
fn masked(root: &Value, schemas: &[&Value], value: &Value) -> Value {
    let mut parts = Vec::new();
    for schema in schemas {
        collect_parts(root, schema, &mut parts);
    }
    match value {
        Value::Object(object) => {
            let inner = |(name, value): (&String, &Value)| {
                let schemas: Vec<_> = parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect();
                let is_masked =
                    value.as_str().is_some_and(|text| !text.is_empty()) && is_secret_property(root, &schemas, name);
                let value = if is_masked { MASK.into() } else { masked(root, &schemas, value) };
                (name.clone(), value)
            };
            Value::Object(object.iter().map(inner).collect())
        }
        Value::Array(items) => {
            let schemas: Vec<_> = parts.iter().filter_map(|part| part.get("items")).collect();
            Value::Array(items.iter().map(|item| masked(root, &schemas, item)).collect())
        }
        other => other.clone(),
    }
}

fn is_secret_property(root: &Value, schemas: &[&Value], name: &str) -> bool {
    let mut parts = Vec::new();
    for schema in schemas {
        collect_parts(root, schema, &mut parts);
    }
    is_secret(&Map::new(), name) || parts.iter().any(|part| is_secret(part, name))
}

#[cfg(test)]
mod tests {
    use super::mask;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_by_schema_and_by_name_at_every_level() {
        let schema = json!({ "properties": {
            "pin": { "type": "string", "writeOnly": true },
            "login": { "type": "object", "properties": { "pw": { "type": "string", "format": "password" } } },
            "api_key": { "type": "string" },
            "max_tokens": { "type": "integer" },
        } });
        let value =
            json!({ "pin": "1", "login": { "pw": "2", "user": "u" }, "api_key": "3", "max_tokens": 4, "n": 1.10 });
        let shown = mask(&schema, &value);
        assert_eq!(
            shown,
            json!({ "pin": "••••", "login": { "pw": "••••", "user": "u" }, "api_key": "••••", "max_tokens": 4, "n": 1.10 })
        );
    }

    #[test]
    fn a_secret_of_any_branch_or_behind_any_reference_is_masked() {
        let secret = json!({ "type": "string", "format": "password" });
        let schema = json!({ "$defs": { "pin": { "$id": "pin", "writeOnly": true } }, "properties": {
            "optional": { "anyOf": [secret, { "type": "null" }] },
            "joined": { "allOf": [{ "type": "string" }, { "maxLength": 9 }, secret] },
            "named": { "$ref": "pin" },
            "login": { "oneOf": [{ "properties": { "pass": secret } }, { "type": "string" }] } } });
        let value = json!({ "optional": "1", "joined": "2", "named": "3", "login": { "pass": "4", "user": "u" } });
        let shown =
            json!({ "optional": "••••", "joined": "••••", "named": "••••", "login": { "pass": "••••", "user": "u" } });
        assert_eq!(mask(&schema, &value), shown);
    }

    #[test]
    fn names_are_enough_without_a_schema() {
        let value = json!({ "login": [{ "password": "1" }], "a": { "b": { "api_key": "2", "c": "d" } } });
        let shown = json!({ "login": [{ "password": "••••" }], "a": { "b": { "api_key": "••••", "c": "d" } } });
        let circular = json!({ "$defs": { "a": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" });
        for schema in [json!(null), json!({}), json!({ "allOf": [{}, {}] }), circular] {
            assert_eq!(mask(&schema, &value), shown, "{schema}");
        }
    }
}
