//! The weight of a schema: the number of its parts. Whoever sends a schema chooses how much work its form is, up to a limit.

use std::collections::HashSet;

use serde_json::Value;

/// Returns the number of parts of a schema and of what its references at the top bring, at most `limit`.
pub(super) fn weigh(root: &Value, schema: &Value, limit: usize) -> usize {
    let mut weight = 0;
    count(schema, limit, &mut weight);
    let mut references_left = 16;
    follow(root, schema, limit, &mut references_left, &mut weight);
    weight.min(limit)
}

/// Returns the number of parts of a value, at most `limit`.
pub(super) fn size(value: &Value, limit: usize) -> usize {
    let mut weight = 0;
    count(value, limit, &mut weight);
    weight
}

/// Returns the number of parts of schemas and of all that their references lead to, each once and at most `limit`. That is what a
/// validator compiles.
pub(super) fn reach<'a>(root: &'a Value, schemas: impl IntoIterator<Item = &'a Value>, limit: usize) -> usize {
    let mut known = HashSet::new();
    let mut weight = 0;
    let mut left: Vec<&Value> = schemas.into_iter().collect();
    while let Some(value) = left.pop().filter(|_| weight < limit) {
        weight += 1;
        match value {
            Value::Object(members) => {
                let pointer = members.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
                left.extend(pointer.filter(|pointer| known.insert(*pointer)).and_then(|pointer| root.pointer(pointer)));
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    weight
}

fn follow(root: &Value, schema: &Value, limit: usize, references_left: &mut usize, weight: &mut usize) {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    if let Some(target) = reference.and_then(|pointer| root.pointer(pointer))
        && *references_left > 0
        && *weight < limit
    {
        *references_left -= 1;
        count(target, limit, weight);
        follow(root, target, limit, references_left, weight);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            follow(root, part, limit, references_left, weight);
        }
    }
}

fn count(value: &Value, limit: usize, weight: &mut usize) {
    *weight += 1;
    if *weight >= limit {
        return;
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| count(member, limit, weight)),
        Value::Array(items) => items.iter().for_each(|item| count(item, limit, weight)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{reach, weigh};
    use serde_json::{Value, json};

    #[test]
    fn a_reference_weighs_what_it_brings_and_a_circle_ends() {
        let root = json!({ "$defs": { "big": { "enum": [1, 2, 3, 4] }, "a": { "$ref": "#/$defs/a" } } });
        assert_eq!(weigh(&root, &json!({ "type": "string" }), 100), 2);
        assert_eq!(weigh(&root, &json!({ "$ref": "#/$defs/big" }), 100), 8);
        assert_eq!(weigh(&root, &json!({ "$ref": "#/$defs/big" }), 5), 5);
        assert!(weigh(&root, &json!({ "$ref": "#/$defs/a" }), 100) < 50);
    }

    #[test]
    fn a_validator_compiles_what_is_reached_once() {
        let big = json!({ "enum": [1, 2, 3, 4] });
        let root = json!({ "$defs": { "big": big, "a": { "items": { "$ref": "#/$defs/a" } } } });
        let reached = |schema: Value, limit: usize| reach(&root, [&schema], limit);
        let reference = json!({ "$ref": "#/$defs/big" });
        assert_eq!(reached(reference.clone(), 100), 8);
        assert_eq!(reached(json!([reference, reference]), 100), 11, "the second time only the reference");
        assert_eq!(reached(json!({ "$ref": "#/$defs/a" }), 100), 5, "a circle ends");
        assert_eq!(reached(reference, 5), 5);
    }
}
