//! Properties that a schema takes, or requires, only in some combinations: `if`, `dependentSchemas`, `dependentRequired`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::join::CONDITIONS;
use super::keywords::{Keywords, Lookup};
use super::names::{in_sentence, label, plain};
use super::resolve::resolve;
use super::secrecy::is_marked;

/// Returns the schema of an object with the properties of all its conditions, and the words about each of them.
pub(super) fn with_conditional_properties<'s>(
    root: &Value,
    schema: &Keywords<'s>,
) -> (Keywords<'s>, HashMap<String, String>) {
    let (mut whole, mut words) = (schema.clone(), HashMap::new());
    let own = schema.contains_key("if").then_some(schema as &dyn Lookup);
    let others = schema.get(CONDITIONS).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    for condition in own.into_iter().chain(others.map(|other| other as &dyn Lookup)) {
        let test = condition.get("if").unwrap_or(&Value::Null);
        for (keyword, is_met) in [("then", true), ("else", false)] {
            if let Some(branch) = condition.get(keyword) {
                add(root, branch, &test_words(root, schema, test, is_met), &mut whole, &mut words);
            }
        }
    }
    for keyword in ["dependentSchemas", "dependencies"] {
        for (name, branch) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            if branch.is_object() {
                let told = format!("Only when {} is filled in", name_of(root, schema, name));
                add(root, branch, &told, &mut whole, &mut words);
            }
        }
    }
    for keyword in ["dependentRequired", "dependencies"] {
        for (name, needed) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            for needed in needed.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let told = format!("Needed if you fill in {}", name_of(root, schema, name));
                words.entry(needed.to_owned()).or_insert(told);
            }
        }
    }
    (whole, words)
}

/// Adds the properties of a branch. One that the object has anyway stays as it is; of one that two branches have, only what
/// both say.
fn add(root: &Value, branch: &Value, told: &str, whole: &mut Keywords<'_>, words: &mut HashMap<String, String>) {
    let Some(branch) = resolve(root, branch) else { return };
    let Some(properties) = branch.get("properties").and_then(Value::as_object) else { return };
    if !whole.contains_key("properties") {
        whole.insert("properties", Cow::Owned(Value::Object(Map::new())));
    }
    let Some(Value::Object(known)) = whole.get_mut("properties") else { return };
    for (name, schema) in properties {
        match (known.get_mut(name), words.contains_key(name)) {
            (None, _) if schema.is_object() => {
                known.insert(name.clone(), schema.clone());
                words.insert(name.clone(), told.to_owned());
            }
            (Some(Value::Object(first)), true) => {
                let is_secret = is_marked(&[&*first]) || schema.as_object().is_some_and(|schema| is_marked(&[schema]));
                first.retain(|keyword, value| schema.get(keyword) == Some(value));
                if is_secret {
                    first.insert("writeOnly".to_owned(), Value::Bool(true));
                }
                words.insert(name.clone(), "Only in some combinations".to_owned());
            }
            _ => {}
        }
    }
}

/// Says when a condition holds, or when it does not.
fn test_words(root: &Value, schema: &Keywords<'_>, test: &Value, is_met: bool) -> String {
    let properties = test.get("properties").and_then(Value::as_object).filter(|it| !it.is_empty());
    let mut parts = Vec::new();
    for (name, rule) in properties.into_iter().flatten() {
        let called = name_of(root, schema, name);
        let values = match (rule.get("const"), rule.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => vec![value_words(value)],
            (None, Some(values)) => values.iter().take(4).map(value_words).collect(),
            (None, None) => return "Only in some combinations".to_owned(),
        };
        let verb = if is_met { "is" } else { "is not" };
        parts.push(format!("{called} {verb} {}", values.join(" or ")));
    }
    if parts.is_empty() {
        let names = test.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let verb = if is_met { "is filled in" } else { "is left out" };
        parts.extend(names.map(|name| format!("{} {verb}", name_of(root, schema, name))));
    }
    if parts.is_empty() {
        return "Only in some combinations".to_owned();
    }
    format!("Only when {}", parts.join(if is_met { " and " } else { " or " }))
}

fn value_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), plain)
}

fn name_of(root: &Value, schema: &Keywords<'_>, name: &str) -> String {
    let property = schema.get("properties").and_then(|properties| properties.get(name));
    let title = property.and_then(|property| resolve(root, property)?.get("title")?.as_str().map(plain));
    in_sentence(&title.unwrap_or_else(|| label(name)))
}

#[cfg(test)]
mod tests {
    use super::with_conditional_properties;
    use serde_json::{Value, json};

    fn conditions_of(schema: &Value) -> Vec<(String, String)> {
        let resolved = super::resolve(schema, schema).unwrap();
        let (whole, words) = with_conditional_properties(schema, &resolved);
        assert!(words.keys().all(|name| whole.get("properties").unwrap().get(name).is_some()), "{whole:?}");
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort();
        words
    }

    fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect()
    }

    #[test]
    fn the_fields_of_all_conditions_are_there_and_say_when_they_count() {
        let kind = |kind: &str, field: &str| json!({ "if": { "properties": { "kind": { "const": kind } } }, "then": { "properties": { field: { "type": "string" } } } });
        let schema = json!({ "properties": { "kind": { "enum": ["email", "sms"] } },
            "allOf": [kind("email", "address"), kind("sms", "number")] });
        assert_eq!(
            conditions_of(&schema),
            expected(&[("address", "Only when kind is email"), ("number", "Only when kind is sms")])
        );
        let other = json!({ "properties": { "a": { "title": "First" } }, "if": { "required": ["a"] },
            "then": { "properties": { "b": {} } }, "else": { "properties": { "c": {} } } });
        assert_eq!(
            conditions_of(&other),
            expected(&[("b", "Only when first is filled in"), ("c", "Only when first is left out")])
        );
    }

    #[test]
    fn a_field_that_another_one_needs_says_so() {
        let schema = json!({ "properties": { "start": {}, "end": {}, "card": {} },
            "dependentRequired": { "start": ["end"] },
            "dependentSchemas": { "card": { "properties": { "owner": {} } } } });
        assert_eq!(
            conditions_of(&schema),
            expected(&[("end", "Needed if you fill in start"), ("owner", "Only when card is filled in")])
        );
    }
}
