//! Joining of two schemas that describe one value: the value has to satisfy both.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::keywords::Keywords;

/// Keyword for the conditions (`if`, `then`, `else`) of all parts of a schema. No schema has it.
pub(super) const CONDITIONS: &str = "$conditions";

/// Joins `other` into `own`, whose words for people win. Returns `None` if no form can show both.
pub(super) fn join<'s>(mut own: Keywords<'s>, other: Keywords<'s>) -> Option<Keywords<'s>> {
    for (keyword, theirs) in other.into_pairs() {
        let joined = match own.remove(keyword) {
            None => theirs,
            Some(ours) => join_keyword(keyword, ours, theirs)?,
        };
        own.insert(keyword, joined);
    }
    Some(own)
}

/// Joins two values of a keyword. A list or an object that is joined already grows, and is not copied again.
fn join_keyword<'s>(keyword: &str, ours: Cow<'s, Value>, theirs: Cow<'s, Value>) -> Option<Cow<'s, Value>> {
    if ours == theirs {
        return Some(ours);
    }
    let owned = match keyword {
        "properties" => join_properties(ours.into_owned(), &theirs),
        CONDITIONS => both_lists(ours.into_owned(), theirs.into_owned()),
        "required" => union(ours.into_owned(), &theirs),
        "type" => common_type(&ours, &theirs)?,
        "enum" => common(&ours, &theirs)?,
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" => pick(&ours, &theirs, |a, b| a >= b),
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" => pick(&ours, &theirs, |a, b| a <= b),
        "items" | "additionalProperties" => both(ours.into_owned(), &theirs),
        "writeOnly" | "uniqueItems" => Value::Bool(*ours == Value::Bool(true) || *theirs == Value::Bool(true)),
        "const" | "anyOf" | "oneOf" | "prefixItems" | "contains" => return None,
        // words for people, and rules that only the validator applies
        _ => return Some(ours),
    };
    Some(Cow::Owned(owned))
}

fn join_properties(mut ours: Value, theirs: &Value) -> Value {
    let (Some(joined), Some(theirs)) = (ours.as_object_mut(), theirs.as_object()) else { return ours };
    for (name, schema) in theirs {
        match joined.get_mut(name) {
            Some(own) => *own = both(own.take(), schema),
            None => {
                joined.insert(name.clone(), schema.clone());
            }
        }
    }
    ours
}

/// Returns a schema of what satisfies both.
fn both(ours: Value, theirs: &Value) -> Value {
    match (ours, theirs) {
        (same, other) if same == *other => same,
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), other) => other.clone(),
        (other, Value::Bool(true)) => other,
        (Value::Object(mut ours), theirs) if is_joined(&ours) => {
            if let Some(Value::Array(parts)) = ours.get_mut("allOf") {
                parts.push(theirs.clone());
            }
            Value::Object(ours)
        }
        (ours, theirs) => json!({ "allOf": [ours, theirs] }),
    }
}

/// Reports whether a schema only says that several others count.
fn is_joined(schema: &Map<String, Value>) -> bool {
    schema.len() == 1 && schema.get("allOf").is_some_and(Value::is_array)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn into_list(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { vec![value] }
}

fn both_lists(ours: Value, theirs: Value) -> Value {
    let mut all = into_list(ours);
    all.extend(into_list(theirs));
    Value::Array(all)
}

fn union(ours: Value, theirs: &Value) -> Value {
    let mut all = into_list(ours);
    for value in list(theirs) {
        if !all.contains(value) {
            all.push(value.clone());
        }
    }
    Value::Array(all)
}

fn common(ours: &Value, theirs: &Value) -> Option<Value> {
    let theirs = list(theirs);
    let both: Vec<_> = list(ours).iter().filter(|value| theirs.contains(value)).cloned().collect();
    (!both.is_empty()).then_some(Value::Array(both))
}

/// Returns the types that both allow. Every integer is a number.
fn common_type(ours: &Value, theirs: &Value) -> Option<Value> {
    let (ours, theirs) = (list(ours), list(theirs));
    let allows = |kinds: &[Value], kind: &Value| {
        kinds.contains(kind) || (kind == "integer" && kinds.iter().any(|kind| kind == "number"))
    };
    let mut both: Vec<_> = ours.iter().filter(|kind| allows(theirs, kind)).cloned().collect();
    both.extend(theirs.iter().filter(|kind| !ours.contains(kind) && allows(ours, kind)).cloned());
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
    use super::{Keywords, join};
    use serde_json::{Value, json};

    fn joined(own: &Value, other: &Value) -> Option<Value> {
        let (own, other) = (own.as_object().unwrap(), other.as_object().unwrap());
        join(Keywords::borrow(own), Keywords::borrow(other)).map(|joined| joined.to_value())
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
