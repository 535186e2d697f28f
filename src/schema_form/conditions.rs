//! Properties that a schema takes, or requires, only in some combinations: `if`, `dependentSchemas`, `dependentRequired`.
//! `applicable` finds those that count now.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::field::Condition;
use super::join::CONDITIONS;
use super::keywords::{Keywords, Lookup};
use super::names::{in_sentence, label, plain};
use super::resolve::resolve;
use super::secrecy::is_marked;

/// Longest words about the combinations in which a field counts, in characters.
const MAX_WORDS: usize = 160;

/// The words about fields whose combinations nobody could read.
const SOME_COMBINATIONS: &str = "Only in some combinations";

/// The properties of an object that count only in some combinations.
#[derive(Default)]
pub(super) struct Conditions {
    /// Words about each property.
    pub(super) words: HashMap<String, String>,
    /// The conditions, each with the properties that the object has only because of it.
    pub(super) all: Vec<Condition>,
}

/// Returns the schema of an object with the properties of all its conditions, and the conditions.
pub(super) fn with_conditional_properties<'s>(root: &Value, schema: &Keywords<'s>) -> (Keywords<'s>, Conditions) {
    let (mut whole, mut conditions) = (schema.clone(), Conditions::default());
    let own = schema.contains_key("if").then_some(schema as &dyn Lookup);
    let others = schema.get(CONDITIONS).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    for condition in own.into_iter().chain(others.map(|other| other as &dyn Lookup)) {
        let test = condition.get("if").unwrap_or(&Value::Null);
        for (keyword, is_met) in [("then", true), ("else", false)] {
            if let Some(branch) = condition.get(keyword) {
                let names =
                    add(root, branch, &test_words(root, schema, test, is_met), &mut whole, &mut conditions.words);
                conditions.all.push(Condition { names, test: test.clone(), is_met });
            }
        }
    }
    for keyword in ["dependentSchemas", "dependencies"] {
        for (name, branch) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            if branch.is_object() {
                let told = format!("Only when {} is filled in", name_of(root, schema, name));
                let names = add(root, branch, &told, &mut whole, &mut conditions.words);
                conditions.all.push(Condition { names, test: json!({ "required": [name] }), is_met: true });
            }
        }
    }
    for keyword in ["dependentRequired", "dependencies"] {
        for (name, needed) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            for needed in needed.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let told = format!("Needed if you fill in {}", name_of(root, schema, name));
                conditions.words.entry(needed.to_owned()).or_insert(told);
            }
        }
    }
    conditions.all.retain(|condition| !condition.names.is_empty());
    (whole, conditions)
}

/// Adds the properties of a branch, and returns their names. One that the object has anyway stays as it is, and is not among
/// them; of one that two branches have, only what both say.
fn add(
    root: &Value,
    branch: &Value,
    told: &str,
    whole: &mut Keywords<'_>,
    words: &mut HashMap<String, String>,
) -> Vec<String> {
    let mut added = Vec::new();
    let Some(branch) = resolve(root, branch) else { return added };
    let Some(properties) = branch.get("properties").and_then(Value::as_object) else { return added };
    if !whole.contains_key("properties") {
        whole.insert("properties", Cow::Owned(Value::Object(Map::new())));
    }
    let Some(Value::Object(known)) = whole.get_mut("properties") else { return added };
    for (name, schema) in properties {
        match (known.get_mut(name), words.contains_key(name)) {
            (None, _) if schema.is_object() => {
                known.insert(name.clone(), schema.clone());
                words.insert(name.clone(), told.to_owned());
                added.push(name.clone());
            }
            (Some(Value::Object(first)), true) => {
                let is_secret = is_marked(&[&*first]) || schema.as_object().is_some_and(|schema| is_marked(&[schema]));
                first.retain(|keyword, value| schema.get(keyword) == Some(value));
                if is_secret {
                    first.insert("writeOnly".to_owned(), Value::Bool(true));
                }
                if let Some(words) = words.get_mut(name) {
                    *words = either(words, told);
                }
                added.push(name.clone());
            }
            _ => {}
        }
    }
    added
}

/// Joins the words about two combinations, one of which is enough.
fn either(first: &str, second: &str) -> String {
    match second.strip_prefix("Only when ") {
        Some(rest) if first.ends_with(rest) => first.to_owned(),
        Some(rest) if first.starts_with("Only when ") && first.len() + rest.len() < MAX_WORDS => {
            format!("{first}, or when {rest}")
        }
        _ => SOME_COMBINATIONS.to_owned(),
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
            (None, None) => return SOME_COMBINATIONS.to_owned(),
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
        return SOME_COMBINATIONS.to_owned();
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
    use super::{Conditions, with_conditional_properties};
    use serde_json::{Value, json};

    fn conditions_of(schema: &Value) -> Vec<(String, String)> {
        let resolved = super::resolve(schema, schema).unwrap();
        let (whole, Conditions { words, .. }) = with_conditional_properties(schema, &resolved);
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
    fn a_field_of_two_conditions_names_both() {
        let kind = |kind: &str| json!({ "if": { "properties": { "kind": { "const": kind } } }, "then": { "properties": { "to": {} } } });
        let schema = json!({ "properties": { "kind": {} }, "allOf": [kind("email"), kind("sms"), kind("sms")] });
        assert_eq!(conditions_of(&schema), expected(&[("to", "Only when kind is email, or when kind is sms")]));
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
