//! The branches of a union: their schemas, and the words by which people tell them apart.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::field::Branch;
use super::join::join;
use super::names::{label, plain, sentences};
use super::nullable::is_null;
use super::resolve::resolve;

/// Keywords beside a union that describe the value as a whole, and no branch of it.
const WORDS: [&str; 7] = ["title", "description", "default", "examples", "example", "$defs", "definitions"];

/// Returns the keyword of a union, and its branches with what the keywords beside it say.
pub(super) fn branches(root: &Value, schema: &Map<String, Value>) -> Option<(&'static str, Vec<(Branch, Value)>)> {
    if let Some(Value::Array(kinds)) = schema.get("type") {
        return Some((
            "type",
            kinds.iter().enumerate().filter_map(|(at, kind)| branch_of_type(schema, at, kind)).collect(),
        ));
    }
    let keyword = ["oneOf", "anyOf"].into_iter().find(|keyword| schema.contains_key(*keyword))?;
    let parts = schema.get(keyword)?.as_array()?;
    let mut base = schema.clone();
    base.retain(|name, _| name != keyword && !WORDS.contains(&name.as_str()));
    let branch = |(place, part): (usize, &Value)| {
        let resolved = resolve(root, part).map(std::borrow::Cow::into_owned);
        let label = branch_label(part, resolved.as_ref(), place);
        let description = resolved.as_ref().and_then(|it| it.get("description")).and_then(Value::as_str);
        let hint = description.map(|text| sentences(text).0).unwrap_or_default();
        let whole = match resolved.map(|own| join(own, &base)) {
            Some(Some(joined)) => Value::Object(joined),
            _ if base.is_empty() => part.clone(),
            _ => serde_json::json!({ "allOf": [base, part] }),
        };
        (Branch { label, hint, place }, whole)
    };
    let is_value = |(_, part): &(usize, &Value)| !is_null(part);
    Some((keyword, tell_apart(parts.iter().enumerate().filter(is_value).map(branch).collect())))
}

/// Adds the place to labels that several branches share.
fn tell_apart(mut branches: Vec<(Branch, Value)>) -> Vec<(Branch, Value)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (branch, _) in &branches {
        *counts.entry(branch.label.clone()).or_default() += 1;
    }
    for (at, (branch, _)) in branches.iter_mut().enumerate() {
        if counts.get(&branch.label).is_some_and(|count| *count > 1) {
            branch.label = format!("{} ({})", branch.label, at + 1);
        }
    }
    branches
}

fn branch_of_type(schema: &Map<String, Value>, place: usize, kind: &Value) -> Option<(Branch, Value)> {
    let mut own = schema.clone();
    own.insert("type".to_owned(), kind.clone());
    own.retain(|name, _| !WORDS.contains(&name.as_str()));
    let label = kind_label(kind.as_str()?)?.to_owned();
    Some((Branch { label, hint: String::new(), place }, Value::Object(own)))
}

/// Returns the name of a type for people.
pub(super) fn kind_label(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "string" => "Text",
        "number" => "Number",
        "integer" => "Whole number",
        "boolean" => "Yes or no",
        "array" => "List",
        "object" => "Object",
        "null" => "Null",
        _ => return None,
    })
}

/// Returns the label of a branch: its title, the constant that tells it apart, the name of its definition, its type, or its
/// place with a name that it requires.
fn branch_label(part: &Value, resolved: Option<&Map<String, Value>>, place: usize) -> String {
    let title = part.get("title").or_else(|| resolved?.get("title")).and_then(Value::as_str).map(plain);
    let title = title.filter(|title| !title.trim().is_empty());
    let by_constant =
        || resolved.and_then(discriminator).map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), label));
    let by_reference = || {
        let reference = part.get("$ref")?.as_str()?;
        Some(label(reference.rsplit(['/', '#']).next()?)).filter(|words| words != "Unnamed")
    };
    let by_type = || {
        let schema = resolved?;
        let has_choice = schema.contains_key("enum").then_some("One of several values");
        let format = schema.get("format").and_then(Value::as_str).map(label);
        let kind = schema.get("type").and_then(Value::as_str)?;
        if kind == "object" && schema.contains_key("properties") {
            return None;
        }
        let items = || Some(kind_label(schema.get("items")?.get("type")?.as_str()?)?.to_lowercase());
        match (kind, items()) {
            ("array", Some(items)) => Some(format!("List ({items})")),
            _ => has_choice.map(ToOwned::to_owned).or(format).or_else(|| kind_label(kind).map(ToOwned::to_owned)),
        }
    };
    let by_place = || {
        let needs = resolved.and_then(|it| it.get("required")?.as_array()?.first()?.as_str().map(plain));
        needs.map_or_else(|| format!("Option {}", place + 1), |name| format!("Option {} (needs {name})", place + 1))
    };
    title.or_else(by_constant).or_else(by_reference).or_else(by_type).unwrap_or_else(by_place)
}

/// Returns the first property of an object that has only one value.
fn discriminator(schema: &Map<String, Value>) -> Option<(&str, &Value)> {
    let properties = schema.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| {
        let only = property.get("enum").and_then(Value::as_array).filter(|values| values.len() == 1);
        let value = property.get("const").or_else(|| only?.first())?;
        Some((name.as_str(), value))
    })
}

/// Reports whether a value has the constant that tells a branch apart.
pub(super) fn discriminator_fits(root: &Value, branch: &Value, value: &Value) -> bool {
    let Some(branch) = resolve(root, branch) else { return false };
    discriminator(&branch).is_some_and(|(name, constant)| value.get(name) == Some(constant))
}

/// Returns the rules of a union whose branches only require names: it has no fields of its own. `None` for other unions.
pub(super) fn rule_of_names(schema: &Map<String, Value>) -> Option<String> {
    let keyword = ["anyOf", "oneOf"].into_iter().find(|keyword| schema.contains_key(*keyword))?;
    let names = |branch: &Value| -> Option<String> {
        let branch = branch.as_object()?;
        let is_words = |name: &String| ["required", "title", "description", "not"].contains(&name.as_str());
        if !branch.keys().all(is_words) {
            return None;
        }
        let names: Vec<_> = branch.get("required")?.as_array()?.iter().filter_map(Value::as_str).map(label).collect();
        Some(names.join(" and "))
    };
    let all: Vec<_> = schema.get(keyword)?.as_array()?.iter().map(names).collect::<Option<_>>()?;
    let number = if keyword == "anyOf" { "at least one" } else { "exactly one" };
    Some(format!("Fill in {number} of: {}", all.join(", ")))
}
