//! The values of a choice, and the words for them.

use std::collections::HashMap;

use serde_json::Value;

use super::keywords::Keywords;
use super::names::plain;
use super::resolve::resolve;
use super::scalar::Choice;

/// Returns the values of an `enum`. Some generators put their names and descriptions into lists beside it.
pub(super) fn choices(schema: &Keywords<'_>) -> Option<Vec<Choice>> {
    let values = schema.get("enum")?.as_array()?;
    let beside = |keywords: [&str; 2]| {
        let texts = keywords.iter().find_map(|keyword| schema.get(keyword)?.as_array());
        let texts = texts.filter(|texts| texts.len() == values.len());
        move |at: usize| texts.and_then(|texts| texts[at].as_str()).map(plain).filter(|text| !text.is_empty())
    };
    let (names, hints) =
        (beside(["x-enumNames", "x-enum-varnames"]), beside(["x-enumDescriptions", "x-enum-descriptions"]));
    let values = values.iter().enumerate();
    Some(tell_apart(values.map(|(at, value)| choice(value, names(at), hints(at))).collect()))
}

/// Returns the values of a union whose branches are all constants, with their titles.
pub(super) fn labelled_values(root: &Value, branches: &[&Value]) -> Option<Vec<Choice>> {
    let constant = |branch: &&Value| {
        let branch = resolve(root, branch)?;
        let text = |key: &str| branch.get(key).and_then(Value::as_str).map(plain);
        let only = || branch.get("enum")?.as_array().filter(|values| values.len() == 1)?.first();
        Some(choice(branch.get("const").or_else(only)?, text("title"), text("description")))
    };
    let choices: Vec<_> = branches.iter().map(constant).collect::<Option<_>>()?;
    (!choices.is_empty()).then(|| tell_apart(choices))
}

/// Adds the type to labels that are the same for different values, such as 1 and "1".
fn tell_apart(choices: Vec<Choice>) -> Vec<Choice> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for choice in &choices {
        *counts.entry(choice.label.clone()).or_default() += 1;
    }
    let is_taken = |label: &String| counts.get(label).is_some_and(|count| *count > 1);
    let named = |choice: Choice| {
        let label = format!("{} ({})", choice.label, kind_of(&choice.value));
        if is_taken(&choice.label) { Choice { label, ..choice } } else { choice }
    };
    choices.into_iter().map(named).collect()
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "yes or no",
        Value::Null => "null",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn choice(value: &Value, title: Option<String>, hint: Option<String>) -> Choice {
    let words = match value {
        Value::String(text) if text.is_empty() => "(empty text)".to_owned(),
        Value::String(text) => plain(text),
        other => other.to_string(),
    };
    Choice { label: title.unwrap_or(words), hint: hint.unwrap_or_default(), value: value.clone() }
}
