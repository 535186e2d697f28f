//! The branches of a union: their schemas, and the words by which people tell them apart.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::field::Branch;
use super::join::join;
use super::keywords::Keywords;
use super::names::{label, plain, sentences};
use super::nullable::is_null;
use super::resolve::resolve;
use super::weight::size;

/// Keywords beside a union that describe the value as a whole, and no branch of it.
const WORDS: [&str; 7] = ["title", "description", "default", "examples", "example", "$defs", "definitions"];

/// The branches of a union.
pub(super) struct Branches<'s> {
    /// The keyword of the union: `oneOf`, `anyOf` or `type`.
    pub(super) keyword: &'static str,
    /// The keywords beside the union, which the value of each branch has to satisfy, too.
    base: Keywords<'s>,
    /// The branches, each with its part of the keyword: a schema, or the name of a type.
    parts: Vec<(Branch, &'s Value)>,
}

impl<'s> Branches<'s> {
    /// Reads the branches of a union. Returns `None` for other schemas.
    pub(super) fn read(root: &'s Value, schema: &'s Keywords<'_>) -> Option<Self> {
        let mut base = schema.clone();
        base.retain(|name| !WORDS.contains(&name));
        if let Some(Value::Array(kinds)) = schema.get("type") {
            let kinds = kinds.iter().enumerate();
            return Some(Self { keyword: "type", base, parts: kinds.filter_map(branch_of_type).collect() });
        }
        let keyword = ["oneOf", "anyOf"].into_iter().find(|keyword| schema.contains_key(keyword))?;
        base.remove(keyword);
        let parts = schema.get(keyword)?.as_array()?.iter().enumerate().filter(|(_, part)| !is_null(part));
        let mut parts: Vec<_> = parts.map(|(place, part)| (branch(root, place, part), part)).collect();
        tell_apart(&mut parts);
        Some(Self { keyword, base, parts })
    }

    /// Returns the number of parts of the keywords beside the union, which the schema of a branch repeats.
    pub(super) fn base_size(&self, limit: usize) -> usize {
        self.base.values().fold(1, |all, value| all + size(value, limit))
    }

    pub(super) const fn len(&self) -> usize {
        self.parts.len()
    }

    /// Returns the schema of a branch, with what the keywords beside the union say.
    pub(super) fn schema(&self, root: &'s Value, at: usize) -> Option<Cow<'s, Value>> {
        let (_, part) = self.parts.get(at)?;
        if self.keyword == "type" {
            let mut own = self.base.clone();
            own.insert("type", Cow::Borrowed(part));
            return Some(Cow::Owned(own.to_value()));
        }
        let has_all = |own: &Keywords<'_>| self.base.keys().all(|keyword| own.get(keyword) == self.base.get(keyword));
        let joined = match resolve(root, part) {
            _ if self.base.is_empty() => return Some(Cow::Borrowed(part)),
            Some(own) if has_all(&own) => return Some(Cow::Borrowed(part)),
            resolved => resolved.and_then(|own| join(own, self.base.clone())),
        };
        let both = || serde_json::json!({ "allOf": [self.base.to_value(), part] });
        Some(Cow::Owned(joined.map_or_else(both, |joined| joined.to_value())))
    }

    /// Reports whether a value has the constant that tells a branch apart.
    pub(super) fn has_constant(&self, root: &Value, at: usize, value: &Value) -> bool {
        let branch = self.parts.get(at).and_then(|(_, part)| resolve(root, part));
        branch.as_ref().and_then(discriminator).is_some_and(|(name, constant)| value.get(name) == Some(constant))
    }

    /// Returns the label of a branch.
    pub(super) fn label(&self, at: usize) -> &str {
        self.parts.get(at).map(|(branch, _)| branch.label.as_str()).unwrap_or_default()
    }

    /// Takes the words for the branches.
    pub(super) fn into_words(self) -> Vec<Branch> {
        self.parts.into_iter().map(|(branch, _)| branch).collect()
    }
}

/// Describes a branch.
fn branch(root: &Value, place: usize, part: &Value) -> Branch {
    let resolved = resolve(root, part);
    let label = branch_label(part, resolved.as_ref(), place);
    let description = resolved.as_ref().map(|it| it.text("description"));
    let hint = description.map(|text| sentences(text).0).unwrap_or_default();
    Branch { label, hint, place }
}

/// Adds the place to labels that several branches share.
fn tell_apart(parts: &mut [(Branch, &Value)]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (branch, _) in &*parts {
        *counts.entry(branch.label.clone()).or_default() += 1;
    }
    for (at, (branch, _)) in parts.iter_mut().enumerate() {
        if counts.get(&branch.label).is_some_and(|count| *count > 1) {
            branch.label = format!("{} ({})", branch.label, at + 1);
        }
    }
}

fn branch_of_type((place, kind): (usize, &Value)) -> Option<(Branch, &Value)> {
    let label = kind_label(kind.as_str()?)?.to_owned();
    Some((Branch { label, hint: String::new(), place }, kind))
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
fn branch_label(part: &Value, resolved: Option<&Keywords<'_>>, place: usize) -> String {
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
fn discriminator<'s>(schema: &'s Keywords<'_>) -> Option<(&'s str, &'s Value)> {
    let properties = schema.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| {
        let only = property.get("enum").and_then(Value::as_array).filter(|values| values.len() == 1);
        let value = property.get("const").or_else(|| only?.first())?;
        Some((name.as_str(), value))
    })
}

/// Returns the rules of a union whose branches only require names: it has no fields of its own. `None` for other unions.
pub(super) fn rule_of_names(schema: &Keywords<'_>) -> Option<String> {
    let keyword = ["anyOf", "oneOf"].into_iter().find(|keyword| schema.contains_key(keyword))?;
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
