//! Secrecy: which values a schema calls secret, and which schemas describe a value inside of another.

use serde_json::{Map, Value};

use super::choose::has_secret_name;
use super::keywords::{Keywords, Lookup};
use super::pattern::matches;
use super::resolve::{collect_other_parts, collect_parts};

/// All schemas that describe one value, without their references.
pub(super) type SchemaParts<'a> = Vec<&'a Map<String, Value>>;

/// Collects the parts of schemas that describe one value.
pub(super) fn parts_of<'a>(root: &'a Value, schemas: impl IntoIterator<Item = &'a Value>) -> SchemaParts<'a> {
    let mut parts = Vec::new();
    for schema in schemas {
        collect_parts(root, schema, &mut parts);
    }
    parts
}

/// Reports whether a schema calls its value secret, whatever the value's type: `writeOnly` or `format: password`.
pub(super) fn is_marked(parts: &[&Map<String, Value>]) -> bool {
    parts.iter().any(|part| says_secret(*part))
}

/// Reports whether a schema calls its value secret, in whichever of its parts.
pub(super) fn is_marked_anywhere(root: &Value, schema: &Keywords<'_>) -> bool {
    let mut parts = Vec::new();
    collect_other_parts(root, schema, &mut parts);
    says_secret(schema) || is_marked(&parts)
}

/// Reports whether a schema calls the items of a list secret.
pub(super) fn has_marked_items(root: &Value, schema: &Keywords<'_>) -> bool {
    let mut parts = Vec::new();
    collect_other_parts(root, schema, &mut parts);
    let items = items_of(schema, 0).chain(parts.into_iter().flat_map(|part| items_of(part, 0)));
    is_marked(&parts_of(root, items))
}

fn says_secret(schema: &impl Lookup) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true)) || schema.get("format").is_some_and(|it| it == "password")
}

/// Reports whether a value is secret. A name that ends like a secret counts for text only: `max_secret: 4` is a number.
/// Null and empty text hide nothing.
pub(super) fn is_secret_value(parts: &[&Map<String, Value>], name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty() && (is_marked(parts) || has_secret_name(name)),
        _ => is_marked(parts),
    }
}

/// Returns the schemas of a member of an object.
pub(super) fn member_schemas<'a>(parts: &[&'a Map<String, Value>], name: &str) -> Vec<&'a Value> {
    let of_part = |part: &&'a Map<String, Value>| {
        let part: &'a Map<String, Value> = part;
        let named = part.get("properties").and_then(|properties| properties.get(name));
        let patterns = part.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
        let by_pattern = patterns.filter(|(pattern, _)| matches(pattern, name)).map(|(_, schema)| schema);
        let mut schemas: Vec<_> = named.into_iter().chain(by_pattern).collect();
        if schemas.is_empty() {
            schemas.extend(["additionalProperties", "unevaluatedProperties"].iter().filter_map(|rule| part.get(*rule)));
        }
        schemas
    };
    parts.iter().flat_map(of_part).collect()
}

/// Returns the schemas of an item of a list, in all drafts.
pub(super) fn item_schemas<'a>(parts: &[&'a Map<String, Value>], at: usize) -> Vec<&'a Value> {
    parts.iter().flat_map(|part| items_of(*part, at)).collect()
}

fn items_of(part: &impl Lookup, at: usize) -> impl Iterator<Item = &Value> {
    let placed = ["prefixItems", "items"].into_iter().filter_map(move |rule| part.get(rule)?.get(at));
    let each = ["items", "additionalItems", "unevaluatedItems", "contains"].into_iter();
    placed.chain(each.filter_map(|rule| part.get(rule)))
}
