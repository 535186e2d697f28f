//! Masking of values that their schema calls secret: for pages, previews and the audit log.

use std::borrow::Cow;

use serde_json::Value;

use super::choose::is_secret;
use super::resolve::resolve;

/// The text in place of a secret.
pub const MASK: &str = "••••";

/// Below this depth, values are masked by their names only.
const MAX_SCHEMA_DEPTH: usize = 8;

/// Returns `value` with the secrets of `schema` masked: `writeOnly`, `format: password`, names such as `api_key`.
#[must_use]
pub fn mask(schema: &Value, value: &Value) -> Value {
    masked(schema, schema, value, 0)
}

fn masked(root: &Value, schema: &Value, value: &Value, depth: usize) -> Value {
    // values without a usable schema are masked by their names
    let schema = resolve(root, schema).filter(|_| depth < MAX_SCHEMA_DEPTH).unwrap_or_default();
    match value {
        Value::Object(object) => {
            let inner = |name: &String, value: &Value| {
                let inner = schema.get("properties").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
                let rules = resolve(root, inner).map(Cow::into_owned).unwrap_or_default();
                if value.is_string() && is_secret(&rules, name) {
                    return Value::String(MASK.to_owned());
                }
                masked(root, inner, value, depth + 1)
            };
            Value::Object(object.iter().map(|(name, value)| (name.clone(), inner(name, value))).collect())
        }
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            Value::Array(items.iter().map(|item| masked(root, inner, item, depth + 1)).collect())
        }
        other => other.clone(),
    }
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
    fn names_are_enough_without_a_schema() {
        let value = json!({ "login": [{ "password": "1" }], "a": { "b": { "api_key": "2", "c": "d" } } });
        let shown = json!({ "login": [{ "password": "••••" }], "a": { "b": { "api_key": "••••", "c": "d" } } });
        let circular = json!({ "$defs": { "a": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" });
        for schema in [json!(null), json!({}), json!({ "allOf": [{}, {}] }), circular] {
            assert_eq!(mask(&schema, &value), shown, "{schema}");
        }
    }
}
