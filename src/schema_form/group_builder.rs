//! Building of objects: their properties, and rows for names of one's choice.

use serde_json::{Map, Value};

use super::builder::Builder;
use super::conditions::with_conditional_properties;
use super::field::{self, Control, Field, Group};
use super::field_place::{Place, Source};
use super::keywords::Keywords;
use super::names::{plain, singular, step};
use super::pattern::matches;
use super::scalar::Line;

/// An optional object inside of another that has more properties than this, or nested ones, is added by a button.
const MAX_OPEN_PROPERTIES: usize = 8;

/// The schema of a value about which nothing is said.
pub(super) const ANY: &Value = &Value::Bool(true);

/// Maximum number of rows for names of one's choice.
pub(super) const MAX_ROWS: usize = 200;

impl Builder<'_> {
    /// Builds the fields of an object.
    pub(super) fn group(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        let is_optional = !field.required || field.nullable;
        let is_removable = is_optional && place.depth > 1 && is_large(schema);
        let has_contents = match source {
            Source::Entries | Source::Carried => self.entries.has_at("on", &place.pointer),
            Source::Value(_) => true,
            Source::Blank { .. } | Source::Missing | Source::EnteredBefore => false,
        };
        if is_removable && !has_contents {
            field.control = Control::Closed;
            return;
        }
        if matches!(source, Source::Value(_)) && !place.pointer.is_empty() {
            self.entries.push("on", &place.pointer, "on");
        }
        let own_names: Vec<&str> = properties(schema).into_iter().map(|(name, ..)| name).collect();
        let (schema, conditions) = with_conditional_properties(self.root, schema);
        let inner = match source {
            Source::Missing => Source::Blank { is_left_out: true },
            Source::Blank { is_left_out } => Source::Blank { is_left_out: is_left_out || is_optional },
            other => other,
        };
        let mut fields = Vec::new();
        for (name, property, required) in properties(&schema) {
            let is_conditional = !own_names.contains(&name) && conditions.words.contains_key(name);
            let source = match inner {
                Source::Value(value) => value.get(name).map_or(Source::Missing, Source::Value),
                // a default that counts only in some combinations is not filled in
                Source::Blank { .. } if is_conditional => Source::Missing,
                other => other,
            };
            let pointer = format!("{}/{}", place.pointer, step(name));
            if !required && self.is_unused_answer(property, &pointer, source) {
                continue;
            }
            let child = place.child(pointer, name, required, field.is_secret);
            let mut built = self.field(&child, property, source);
            built.limits.extend(conditions.words.get(name).cloned());
            fields.push(built);
        }
        let map = takes_other_names(&schema).then(|| self.map(field, place, &schema, inner));
        let Control::Group(group) = &mut field.control else { return };
        let rules = std::mem::take(&mut group.rules);
        *group = Group { fields, map, is_removable, rules, conditions: conditions.all };
    }

    fn map(&mut self, field: &Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) -> field::Map {
        let noun = if place.pointer.is_empty() { "property".to_owned() } else { singular(place.name) };
        let pointer = &place.pointer;
        if let Source::Value(Value::Object(members)) = source {
            let known: Vec<&str> = properties(schema).into_iter().map(|(name, ..)| name).collect();
            let others = members.keys().filter(|name| !known.contains(&name.as_str()));
            for (id, name) in others.enumerate() {
                self.entries.push("r", pointer, id.to_string());
                self.entries.push("k", &format!("{pointer}/~k{id}"), name.as_str());
            }
        }
        let ids = match source {
            Source::Entries | Source::Carried | Source::Value(_) => self.row_ids(pointer, 0),
            _ => Vec::new(),
        };
        let mut rows = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let row = format!("{pointer}/~k{id}");
            let name = self.entries.text_at("k", &row).unwrap_or_default().to_owned();
            let source = match source {
                Source::Value(value) => value.get(&name).map_or(Source::Missing, Source::Value),
                other => other,
            };
            let label = Some(super::describe::row_label(&noun, at, ids.len()));
            let child = Place { label, ..place.child(row, &name, true, field.is_secret) };
            rows.push(self.field(&child, schema_of_name(schema, &name), source));
        }
        let max = schema.get("maxProperties").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        let max = max.unwrap_or(MAX_ROWS).min(MAX_ROWS);
        field::Map { rows, noun, name_hint: name_hint(schema), max }
    }

    /// Reports whether only the tool writes a property, and the form does not have it either.
    fn is_unused_answer(&self, property: &Value, pointer: &str, source: Source<'_>) -> bool {
        let is_there = match source {
            Source::Value(_) => true,
            Source::Entries | Source::Carried => self.entries.has_contents(pointer),
            Source::Blank { .. } | Source::Missing | Source::EnteredBefore => false,
        };
        property.get("readOnly") == Some(&Value::Bool(true)) && !is_there
    }

    /// Returns the ids of the rows of a list, each once, in their order.
    pub(super) fn row_ids(&self, pointer: &str, fixed: usize) -> Vec<usize> {
        let mut ids: Vec<usize> = Vec::new();
        for id in self.entries.all("r", pointer).filter_map(|text| text.parse().ok()) {
            if id >= fixed && !ids.contains(&id) && ids.len() < MAX_ROWS {
                ids.push(id);
            }
        }
        ids
    }

    /// Reports whether a group can show an object: each name has a field, or can be typed.
    pub(super) fn group_holds(&self, schema: &Keywords<'_>, members: &Map<String, Value>) -> bool {
        let (schema, _) = with_conditional_properties(self.root, schema);
        let known = schema.get("properties").and_then(Value::as_object);
        let has_field = |name: &str| {
            known.is_some_and(|known| known.contains_key(name))
                || properties(&schema).iter().any(|(known, _, _)| *known == name)
        };
        let mut others = members.keys().filter(|name| !has_field(name));
        let is_typable = |name: &String| !name.is_empty() && Line::Plain.keeps(name);
        if takes_other_names(&schema) {
            let others: Vec<_> = others.collect();
            others.len() <= MAX_ROWS.min(self.fields_left) && others.into_iter().all(is_typable)
        } else {
            others.next().is_none()
        }
    }
}

/// Returns the properties of an object, each with its schema, and whether it is required. A required name without a
/// description is one, too.
fn properties<'s>(schema: &'s Keywords<'_>) -> Vec<(&'s str, &'s Value, bool)> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let named = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties").unwrap_or(ANY);
    let is_named = |name: &str| named.is_some_and(|named| named.contains_key(name));
    let unnamed = required.iter().filter(|name| *others != Value::Bool(false) && !is_named(name));
    let unnamed: Vec<_> = unnamed.map(|name| (*name, others, true)).collect();
    let named = named.into_iter().flatten();
    named.map(|(name, schema)| (name.as_str(), schema, required.contains(&name.as_str()))).chain(unnamed).collect()
}

/// Reports whether an object takes names of one's choice. One that says nothing of its names takes any.
fn takes_other_names(schema: &Keywords<'_>) -> bool {
    let rule = schema.get("additionalProperties");
    let has_names = schema.get("properties").and_then(Value::as_object).is_some_and(|names| !names.is_empty());
    rule.is_some_and(|rule| *rule != Value::Bool(false))
        || schema.contains_key("patternProperties")
        || rule.is_none() && !has_names && !schema.contains_key("required")
}

/// Returns the schema of a property whose name somebody chose.
fn schema_of_name<'s>(schema: &'s Keywords<'_>, name: &str) -> &'s Value {
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    let matching = patterns.into_iter().flatten().find(|(pattern, _)| matches(pattern, name));
    let first = || patterns.and_then(|patterns| patterns.values().next());
    match schema.get("additionalProperties") {
        _ if matching.is_some() => matching.map_or(ANY, |(_, schema)| schema),
        Some(Value::Bool(false)) | None => first().unwrap_or(ANY),
        Some(others) => others,
    }
}

fn name_hint(schema: &Keywords<'_>) -> String {
    let names = schema.get("propertyNames").and_then(Value::as_object);
    let description = names.and_then(|names| names.get("description")).and_then(Value::as_str);
    let values = names.and_then(|names| names.get("enum")).and_then(Value::as_array);
    let patterns = schema.get("patternProperties").and_then(Value::as_object).filter(|it| !it.is_empty());
    let only = patterns.filter(|_| schema.get("additionalProperties") == Some(&Value::Bool(false)));
    let pattern = names.and_then(|names| names.get("pattern")).and_then(Value::as_str);
    match (description, values, pattern.or_else(|| only?.keys().next().map(String::as_str))) {
        (Some(words), ..) => plain(words),
        (None, Some(values), _) => {
            let values: Vec<_> = values.iter().filter_map(Value::as_str).take(8).map(plain).collect();
            format!("One of: {}", values.join(", "))
        }
        (None, None, Some(pattern)) => format!("Pattern: {}", plain(pattern)),
        _ => String::new(),
    }
}

/// Reports whether an object is too large to be shown before somebody adds it.
fn is_large(schema: &Keywords<'_>) -> bool {
    let Some(named) = schema.get("properties").and_then(Value::as_object) else { return false };
    let is_nested = |property: &Value| {
        ["$ref", "allOf", "anyOf", "oneOf", "properties", "items", "additionalProperties"]
            .iter()
            .any(|keyword| property.get(*keyword).is_some())
    };
    named.len() > MAX_OPEN_PROPERTIES || named.values().any(is_nested)
}
