//! Null as one of the values of a schema.

use std::borrow::Cow;

use serde_json::Value;

use super::join::join;
use super::keywords::Keywords;
use super::resolve::resolve;

/// Removes null from a schema: `type: [T, "null"]` and `anyOf: [T, null]` are a nullable T. A union of one is that one.
pub(super) fn without_null<'s>(root: &'s Value, mut schema: Keywords<'s>) -> (Keywords<'s>, bool) {
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let others: Vec<_> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        if others.is_empty() {
            schema.insert("type", Cow::Owned("null".into()));
            return (schema, false);
        }
        // the values of `enum` and `const` say themselves whether null is among them
        let nullable = others.len() < kinds.len() && !schema.contains_key("enum") && !schema.contains_key("const");
        let kind = if let [only] = others.as_slice() { only.clone() } else { Value::Array(others) };
        schema.insert("type", Cow::Owned(kind));
        return (schema, nullable);
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.borrowed(keyword) else { continue };
        // a list of constants says itself whether null is among them, and what it is called
        if branches.iter().all(|branch| branch.get("const").is_some()) {
            return (schema, false);
        }
        let others: Vec<_> = branches.iter().filter(|branch| !is_null(branch)).collect();
        let nullable = others.len() < branches.len();
        if let [only] = others.as_slice() {
            let Some(inner) = resolve(root, only) else { continue };
            let mut outer = schema.clone();
            outer.remove(keyword);
            if let Some(joined) = join(outer, inner) {
                let (joined, is_inner_nullable) = without_null(root, joined);
                return (joined, nullable || is_inner_nullable);
            }
        } else if nullable && !others.is_empty() {
            // the branches keep their places, by which a validator names them
            return (schema, true);
        }
    }
    (schema, false)
}

/// Reports whether a branch is null alone.
pub(super) fn is_null(branch: &Value) -> bool {
    let is = |keyword: &str, null: &Value| branch.get(keyword).is_some_and(|value| value == null);
    is("type", &Value::from("null")) || is("const", &Value::Null) || is("enum", &Value::Array(vec![Value::Null]))
}
