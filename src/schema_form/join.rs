//! Joining of two schemas that describe one value: the value has to satisfy both.

use serde_json::{Map, Value, json};

/// Keyword for the conditions (`if`, `then`, `else`) of all parts of a schema. No schema has it.
pub(super) const CONDITIONS: &str = "$conditions";

/// Joins `other` into `own`, whose words for people win. Returns `None` if no form can show both.
pub(super) fn join(mut own: Map<String, Value>, other: &Map<String, Value>) -> Option<Map<String, Value>> {
    for (keyword, theirs) in other {
        let Some(ours) = own.get(keyword) else {
            own.insert(keyword.clone(), theirs.clone());
            continue;
        };
        if ours != theirs {
            let joined = join_keyword(keyword, ours, theirs)?;
            own.insert(keyword.clone(), joined);
        }
    }
    Some(own)
}

/// Joins two different values of a keyword.
fn join_keyword(keyword: &str, ours: &Value, theirs: &Value) -> Option<Value> {
    match keyword {
        "properties" => Some(join_properties(ours, theirs)),
        "required" => Some(union(ours, theirs)),
        "type" => common_type(ours, theirs),
        "enum" => common(ours, theirs),
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" => Some(pick(ours, theirs, |a, b| a >= b)),
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" => Some(pick(ours, theirs, |a, b| a <= b)),
        "items" | "additionalProperties" => Some(both(ours, theirs)),
        "writeOnly" | "uniqueItems" => Some(Value::Bool(*ours == Value::Bool(true) || *theirs == Value::Bool(true))),
        CONDITIONS => Some(both_lists(ours, theirs)),
        "const" | "anyOf" | "oneOf" | "prefixItems" | "contains" => None,
        // words for people, and rules that only the validator applies
        _ => Some(ours.clone()),
    }
}

fn join_properties(ours: &Value, theirs: &Value) -> Value {
    let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else { return ours.clone() };
    let mut joined = ours.clone();
    for (name, schema) in theirs {
        let schema = joined.get(name).map_or_else(|| schema.clone(), |own| both(own, schema));
        joined.insert(name.clone(), schema);
    }
    Value::Object(joined)
}

/// Returns a schema of what satisfies both.
fn both(ours: &Value, theirs: &Value) -> Value {
    match (ours, theirs) {
        (same, other) if same == other => same.clone(),
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), other) | (other, Value::Bool(true)) => other.clone(),
        _ => json!({ "allOf": [ours, theirs] }),
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn both_lists(ours: &Value, theirs: &Value) -> Value {
    Value::Array([list(ours), list(theirs)].concat())
}

fn union(ours: &Value, theirs: &Value) -> Value {
    let mut all = list(ours);
    for value in list(theirs) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    Value::Array(all)
}

fn common(ours: &Value, theirs: &Value) -> Option<Value> {
    let theirs = list(theirs);
    let both: Vec<_> = list(ours).into_iter().filter(|value| theirs.contains(value)).collect();
    (!both.is_empty()).then_some(Value::Array(both))
}

/// Returns the types that both allow. Every integer is a number.
fn common_type(ours: &Value, theirs: &Value) -> Option<Value> {
    let (ours, theirs) = (list(ours), list(theirs));
    let allows = |kinds: &[Value], kind: &Value| {
        kinds.contains(kind) || (kind == "integer" && kinds.iter().any(|kind| kind == "number"))
    };
    let mut both: Vec<_> = ours.iter().filter(|kind| allows(&theirs, kind)).cloned().collect();
    both.extend(theirs.iter().filter(|kind| !ours.contains(kind) && allows(&ours, kind)).cloned());
    match both.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        _ => Some(Value::Array(both)),
    }
}

/// Returns the tighter of two limits.
fn pick(ours: &Value, theirs: &Value, is_tighter: impl Fn(f64, f64) -> bool) -> Value {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(a), Some(b)) if !is_tighter(a, b) => theirs.clone(),
        (None, Some(_)) => theirs.clone(),
        _ => ours.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::join;
    use serde_json::{Value, json};

    fn joined(own: &Value, other: &Value) -> Option<Value> {
        join(own.as_object().unwrap().clone(), other.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn properties_and_required_names_add_up() {
        let own = json!({ "properties": { "a": { "type": "string" } }, "required": ["a"] });
        let other = json!({ "properties": { "z": {}, "a": { "minLength": 1 } }, "required": ["z", "a"] });
        let both = joined(&own, &other).unwrap();
        assert_eq!(both["properties"]["a"], json!({ "allOf": [{ "type": "string" }, { "minLength": 1 }] }));
        assert_eq!((&both["properties"]["z"], &both["required"]), (&json!({}), &json!(["a", "z"])));
    }

    #[test]
    fn the_tighter_limit_and_the_nearer_words_win() {
        let own = json!({ "type": "number", "minimum": 1, "maximum": 9, "title": "Here" });
        let other = json!({ "type": ["integer", "null"], "minimum": 3, "maximum": 20, "title": "There" });
        assert_eq!(
            joined(&own, &other).unwrap(),
            json!({ "type": "integer", "minimum": 3, "maximum": 9, "title": "Here" })
        );
    }

    #[test]
    fn a_contradiction_is_none() {
        for (own, other) in [
            (json!({ "type": "string" }), json!({ "type": "integer" })),
            (json!({ "enum": [1] }), json!({ "enum": [2] })),
            (json!({ "const": 1 }), json!({ "const": 2 })),
            (json!({ "oneOf": [{}] }), json!({ "oneOf": [{}, {}] })),
        ] {
            assert_eq!(joined(&own, &other), None, "{own} {other}");
        }
    }
}
