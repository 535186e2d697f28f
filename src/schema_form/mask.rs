//! Masking of values that their schema calls secret: for pages, previews and the audit log.

use serde_json::Value;

use super::names::step;
use super::references::with_local_references;
use super::secrecy::{SchemaParts, is_marked, is_secret_value, item_schemas, member_schemas, parts_of};

/// The text in place of a secret.
pub const MASK: &str = "••••";

/// Returns `value` with the secrets of `schema` masked. A value is secret if its schema says `writeOnly` or
/// `format: password`, whatever the type of the value, or if it is text with a name such as `api_key`. A secret in any branch
/// of a union counts.
#[must_use]
pub fn mask(schema: &Value, value: &Value) -> Value {
    let root = with_local_references(schema);
    let parts = parts_of(&root, [&*root]);
    // a secret input as a whole keeps its names
    let is_all_secret = is_marked(&parts);
    masked_inside(&root, &parts, value, &|parts, name, value| {
        is_secret_value(parts, name, value) || is_all_secret && !value.is_null() && *value != ""
    })
}

/// Masks what is inside of a value that these parts describe. Without a schema, names decide.
fn masked_inside(
    root: &Value,
    parts: &SchemaParts<'_>,
    value: &Value,
    is_secret: &dyn Fn(&SchemaParts<'_>, &str, &Value) -> bool,
) -> Value {
    let masked = |schemas: Vec<&Value>, name: &str, value: &Value| {
        let parts = parts_of(root, schemas);
        let is_secret = is_secret(&parts, name, value);
        if is_secret { MASK.into() } else { masked_inside(root, &parts, value, &is_secret_value_of) }
    };
    match value {
        Value::Object(object) => {
            let members = object.iter();
            members.map(|(name, value)| (name.clone(), masked(member_schemas(parts, name), name, value))).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| masked(item_schemas(parts, at), "", item)).collect()
        }
        other => other.clone(),
    }
}

fn is_secret_value_of(parts: &SchemaParts<'_>, name: &str, value: &Value) -> bool {
    is_secret_value(parts, name, value)
}

/// Reports whether a mask stands anywhere in a value.
pub(super) fn contains_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Array(items) => items.iter().any(contains_mask),
        Value::Object(object) => object.values().any(contains_mask),
        _ => false,
    }
}

/// Calls `found` with the JSON Pointer, the value and the mask of each place where `masked` has a string instead.
pub(super) fn each_masked<'a>(value: &'a Value, masked: &Value, pointer: &str, found: &mut dyn FnMut(&str, &'a Value)) {
    match (value, masked) {
        (value, Value::String(mask)) if mask == MASK => found(pointer, value),
        (Value::Object(object), Value::Object(masked)) => {
            for ((name, value), masked) in object.iter().zip(masked.values()) {
                each_masked(value, masked, &format!("{pointer}/{}", step(name)), found);
            }
        }
        (Value::Array(items), Value::Array(masked)) => {
            for (at, (value, masked)) in items.iter().zip(masked).enumerate() {
                each_masked(value, masked, &format!("{pointer}/{at}"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{MASK, mask};
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
    fn a_marked_secret_is_masked_whatever_its_type_and_a_name_counts_for_text_only() {
        let secret = json!({ "writeOnly": true });
        let schema = json!({
            "properties": { "pin": secret, "login": secret, "list": { "items": secret }, "pair": { "prefixItems": [{}, secret] },
                "kind": { "dependentSchemas": { "a": { "properties": { "b": secret } } } }, "api_key": { "type": "integer" } },
            "patternProperties": { "^x-": { "format": "password" } },
            "additionalProperties": { "additionalProperties": secret } });
        for value in [json!(1.50), json!(true), json!({ "a": 1 }), json!([]), json!("text")] {
            let input = json!({ "pin": value, "login": value, "list": [value, value], "pair": [1, value],
                "kind": { "a": 1, "b": value }, "x-1": value, "other": { "free": value } });
            let shown = json!({ "pin": MASK, "login": MASK, "list": [MASK, MASK], "pair": [1, MASK],
                "kind": { "a": 1, "b": MASK }, "x-1": MASK, "other": { "free": MASK } });
            assert_eq!(mask(&schema, &input), shown);
        }
        let plain = json!({ "pin": null, "login": "", "list": [null, ""], "api_key": 4, "other": { "free": null } });
        assert_eq!(mask(&schema, &plain), plain);
        let all = mask(&json!({ "writeOnly": true }), &json!({ "a": 1, "b": null }));
        assert_eq!(all, json!({ "a": MASK, "b": null }), "the whole input is a secret");
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
