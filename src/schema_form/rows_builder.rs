//! Building of lists whose items have their own controls.

use serde_json::Value;

use super::builder::Builder;
use super::describe::row_label;
use super::field::{Control, Field, Rows};
use super::field_place::{Place, Source};
use super::group_builder::{ANY, MAX_ROWS};
use super::keywords::Keywords;
use super::names::singular;

/// Most rows that a blank form has.
const MAX_BLANK_ROWS: usize = 20;

impl Builder<'_> {
    /// Builds the items of a list.
    pub(super) fn rows(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        let pointer = &place.pointer;
        let fixed = fixed_items(schema);
        let blank = match source {
            Source::Value(Value::Array(items)) => (fixed.len()..items.len()).collect(),
            Source::Blank { is_left_out: false } | Source::EnteredBefore if field.required && !field.nullable => {
                let least = schema.get("minItems").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
                let least = least.unwrap_or(1).clamp(1, MAX_BLANK_ROWS).max(fixed.len());
                (fixed.len()..least).collect()
            }
            Source::Carried if field.required && !self.entries.has_contents(pointer) => vec![fixed.len()],
            _ => Vec::new(),
        };
        for id in &blank {
            self.entries.push("r", pointer, id.to_string());
        }
        if let Source::Value(Value::Array(items)) = source
            && items.is_empty()
        {
            self.entries.push("on", pointer, "on");
        }
        let ids: Vec<usize> = (0..fixed.len()).chain(self.row_ids(pointer, fixed.len())).collect();
        let noun = item_noun(schema, place.name);
        let items = later_items(schema);
        let least = schema.get("minItems").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
        let mut rows = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let source = match source {
                Source::Value(value) => value.get(at).map_or(Source::Missing, Source::Value),
                other => other,
            };
            let is_required = at >= fixed.len() || least.is_some_and(|least| at < least);
            let child = place.child(format!("{pointer}/{id}"), &noun, is_required, field.is_secret);
            let row = if let Some(schema) = fixed.get(at) {
                self.field(&child, schema, source)
            } else {
                let label = Some(row_label(&noun, at, ids.len()));
                self.field(&Place { label, ..child }, items, source)
            };
            rows.push(row);
        }
        let max = max_items(schema);
        field.control = Control::Rows(Rows { rows, fixed: fixed.len(), noun, max });
    }

    /// Reports whether rows can show a list.
    pub(super) fn rows_hold(&self, schema: &Keywords<'_>, items: &[Value]) -> bool {
        items.len() <= max_items(schema) && items.len() <= self.fields_left
    }
}

/// Returns the number of items that a form can have.
fn max_items(schema: &Keywords<'_>) -> usize {
    if *later_items(schema) == Value::Bool(false) {
        return fixed_items(schema).len();
    }
    let most = schema.get("maxItems").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    most.unwrap_or(MAX_ROWS).min(MAX_ROWS)
}

/// Returns the schemas of the first items, if each has its own.
fn fixed_items<'s>(schema: &'s Keywords<'_>) -> &'s [Value] {
    let placed = schema.get("prefixItems").or_else(|| schema.get("items").filter(|items| items.is_array()));
    placed.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the schema of the items after the first ones.
fn later_items<'s>(schema: &'s Keywords<'_>) -> &'s Value {
    let rule = match schema.get("items") {
        Some(Value::Array(_)) => schema.get("additionalItems"),
        other => other,
    };
    rule.or_else(|| schema.get("contains")).unwrap_or(ANY)
}

/// Returns the noun of an item: its title, or the singular of the list.
fn item_noun(schema: &Keywords<'_>, name: &str) -> String {
    let title = later_items(schema).get("title").and_then(Value::as_str).map(super::names::plain);
    let own_title = || schema.get("title").and_then(Value::as_str).map(super::names::plain);
    match title.filter(|title| !title.is_empty() && title.len() <= 40) {
        Some(title) => super::names::in_sentence(&title),
        None => {
            own_title().map(|title| singular(&title)).filter(|noun| noun != "item").unwrap_or_else(|| singular(name))
        }
    }
}
