//! Parsing of a form's contents into a JSON value, by walking its fields.

use serde_json::{Map, Value};

use super::controls::control_value;
use super::entries::{ENTERED_BEFORE, Entries, HAD_BEFORE, WHOLE_INPUT};
use super::field::{Control, Field, Group, Union};
use super::json_text;
use super::mask::{MASK, contains_mask};
use super::names::{in_sentence, plain, step, unescaped};
use super::plan::Plan;
use super::stale::stale_names;
use super::unreadable::UnreadableText;
use crate::error::{Error, FieldFaults, Result};

/// Parses the value of the form.
///
/// # Errors
/// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault; the empty pointer is the whole input.
pub fn parse(plan: &Plan, entries: &Entries) -> Result<Value> {
    if is_one_text(plan, entries) {
        let value = whole(entries)?;
        return if contains_mask(&value) { Err(Error::field("", mask_message())) } else { Ok(value) };
    }
    let root = plan.root(entries);
    let mut parser = Parser::new(entries);
    for name in stale_names(&root, entries) {
        let name: String = plain(name).chars().take(80).collect();
        parser.faults.add("", format!("This tool does not have the field “{name}”, which the form had: remove it"));
    }
    let value = parser.whole(&root);
    parser.faults.into_result(value)
}

/// Returns the value that the form shows, for another view of it. Judges nothing: what is missing is left out, and text that
/// is no value of its field becomes a JSON string.
///
/// # Errors
/// Returns [`Error::Invalid`] only if the whole input is one text, and that text is not JSON.
pub fn parse_as_shown(plan: &Plan, entries: &Entries) -> Result<Value> {
    if is_one_text(plan, entries) {
        return whole(entries);
    }
    let root = plan.root(entries);
    let mut value = Parser::new(entries).whole(&root);
    for name in stale_names(&root, entries) {
        let text = entries.get(name).filter(|text| !text.is_empty());
        let key = name.split_once('/').map(|(_, key)| unescaped(key));
        if let (Some(text), Some(key), Some(object)) = (text, key, value.as_object_mut()) {
            object.entry(key).or_insert_with(|| text.into());
        }
    }
    Ok(value)
}

/// Reports whether the form has fields that the tool does not have, such as those of an earlier version.
#[must_use]
pub fn has_stale_fields(plan: &Plan, entries: &Entries) -> bool {
    !is_one_text(plan, entries) && stale_names(&plan.root(entries), entries).next().is_some()
}

/// Reports whether the whole input is one text.
fn is_one_text(plan: &Plan, entries: &Entries) -> bool {
    plan.why_json.is_some() || entries.is_json()
}

fn whole(entries: &Entries) -> Result<Value> {
    let text = entries.get(WHOLE_INPUT).unwrap_or_default();
    let mut value = json_text::read(text).map_err(|message| Error::field("", message))?;
    entries.unmask(&mut value, "");
    Ok(value)
}

fn mask_message() -> String {
    format!("“{MASK}” stands for a secret that is not shown: type it again")
}

/// Parses the contents of a form.
pub(super) struct Parser<'a> {
    entries: &'a Entries,
    pub(super) faults: FieldFaults,
    /// The fields in the order of the page, each with the JSON Pointer of its value.
    pub(super) places: Vec<(String, &'a Field)>,
    /// The objects with conditions as the form shows them, whether they are sent or not.
    pub(super) conditional: Vec<(&'a Group, Value)>,
    /// The number of values that somebody filled in.
    filled: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(entries: &'a Entries) -> Self {
        Self { entries, faults: FieldFaults::default(), places: Vec::new(), conditional: Vec::new(), filled: 0 }
    }

    /// Parses the whole input.
    pub(super) fn whole(&mut self, root: &'a Field) -> Value {
        self.item(root, "").unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// Parses a field. Text that is no value of its field is a fault, and stays in the value as a string.
    fn item(&mut self, field: &'a Field, at: &str) -> Option<Value> {
        self.places.push((at.to_owned(), field));
        let before = self.filled;
        let found = self.value(field, at).unwrap_or_else(|unreadable| {
            self.faults.add(&field.pointer, unreadable.message);
            self.filled += 1;
            Some(unreadable.typed)
        });
        if is_untouched(field, self.entries, found.as_ref()) {
            self.filled = before;
        }
        if found.is_none() && field.required {
            if field.nullable {
                return Some(Value::Null);
            }
            self.faults.add(&field.pointer, field.missing_message());
        }
        found
    }

    /// Parses the value of a field. Returns `None` if it is left out. Null is sent instead of leaving out, never instead of a
    /// value.
    fn value(&mut self, field: &'a Field, at: &str) -> Result<Option<Value>, UnreadableText> {
        let pointer = field.pointer.as_str();
        let found = match self.entries.text_at("j", pointer) {
            Some(text) if text.trim().is_empty() => None,
            Some(text) => {
                let mut value = json_text::read(text).map_err(|message| UnreadableText::new(message, text))?;
                self.entries.unmask(&mut value, pointer);
                self.filled += 1;
                Some(value)
            }
            None if field.is_row() && field.control.has_inner() && self.has_left_text(field) => {
                let text = self.entries.text_at("v", pointer).unwrap_or_default();
                let called = in_sentence(&field.label);
                let message =
                    format!("With this name, {called} takes another kind of value, which is shown now: check it");
                return Err(UnreadableText::new(message, text));
            }
            None => match &field.control {
                Control::Group(group) => self.group(field, group, at),
                Control::Rows(rows) => {
                    let is_on = self.entries.has_at("on", pointer);
                    self.filled += usize::from(is_on || rows.rows.len() > rows.fixed);
                    let outside = std::mem::take(&mut self.faults);
                    let items = self.rows(&rows.rows, at);
                    let is_sent = !items.is_empty() || is_on || field.required && !field.nullable;
                    let inside = std::mem::replace(&mut self.faults, outside);
                    if is_sent {
                        self.faults.append(inside);
                    }
                    is_sent.then_some(Value::Array(items))
                }
                Control::Union(union) => self.union(union, at)?,
                _ => {
                    let found =
                        control_value(field, self.entries).map_err(|unreadable| unreadable.without_quote(field))?;
                    let is_fixed = matches!(field.control, Control::Fixed(_)) && !self.entries.has_at("on", pointer);
                    self.filled += usize::from(found.is_some() && !is_fixed);
                    found
                }
            },
        };
        let has_none = found.is_none() || matches!(field.control, Control::Group(_));
        if has_none && field.is_secret && self.entries.has_at("s", pointer) {
            let (verb, label) = (field.verb(), in_sentence(&field.label));
            let message = format!("{verb} {label} again: it is not shown, and was kept for an hour");
            return Err(UnreadableText::new(message, ""));
        }
        let is_whole = !field.control.has_inner() || self.entries.has_at("j", pointer);
        if let Some(masked) = found.as_ref().filter(|value| is_whole && contains_mask(value)) {
            return Err(UnreadableText::new(mask_message(), masked.clone()));
        }
        if found.is_none() && !field.required && !field.control.has_inner() && self.lacks_former_secret(field) {
            let (verb, label) = (field.verb(), in_sentence(&field.label));
            let message = format!("{verb} {label} again, or untick “{HAD_BEFORE}”");
            return Err(UnreadableText::new(message, ""));
        }
        if found.is_none() && field.nullable && self.entries.has_at("n", pointer) {
            self.filled += 1;
            return Ok(Some(Value::Null));
        }
        Ok(found)
    }

    /// Reports whether a text was typed into a row whose name now takes nested values.
    fn has_left_text(&self, field: &Field) -> bool {
        let is_union = matches!(field.control, Control::Union(_));
        !is_union && self.entries.text_at("v", &field.pointer).is_some_and(|text| !text.is_empty())
    }

    /// Reports whether an earlier run had a secret that the form lacks, and nobody has said that it is to be left out.
    fn lacks_former_secret(&self, field: &Field) -> bool {
        field.is_secret && self.entries.has_at(ENTERED_BEFORE, &field.pointer)
    }

    /// Parses an object. An optional one is sent if its box is ticked or somebody filled in one of its fields; only then its
    /// required fields are required.
    fn group(&mut self, field: &'a Field, group: &'a Group, at: &str) -> Option<Value> {
        let outside = std::mem::take(&mut self.faults);
        let before = self.filled;
        let is_on = self.entries.has_at("on", &field.pointer);
        let mut object = Map::new();
        for field in &group.fields {
            let key = field.key();
            if let Some(value) = self.item(field, &format!("{at}/{}", step(&key))) {
                object.insert(key, value);
            }
        }
        if let Some(map) = &group.map {
            self.filled += map.rows.len();
            self.map(&map.rows, at, &mut object);
        }
        self.filled += usize::from(is_on);
        if !group.conditions.is_empty() {
            self.conditional.push((group, Value::Object(object.clone())));
        }
        let inside = std::mem::replace(&mut self.faults, outside);
        // required and nullable: left empty, it is null
        if !(field.required && !field.nullable || self.filled > before) {
            return None;
        }
        self.faults.append(inside);
        Some(Value::Object(object))
    }

    /// Parses the rows for names of one's choice. A row without a name, or with one that is taken, is a fault.
    fn map(&mut self, rows: &'a [Field], at: &str, object: &mut Map<String, Value>) {
        for row in rows {
            let typed = self.entries.text_at("k", &row.pointer).unwrap_or_default();
            let found = self.item(row, &format!("{at}/{}", step(typed)));
            let place = format!("{}/~key", row.pointer);
            if typed.is_empty() {
                let called = in_sentence(&row.label);
                self.faults.add(place, format!("Enter a name for {called}, or remove it"));
            } else if object.contains_key(typed) {
                self.faults.add(place, format!("The name “{}” is there twice: change one, or remove it", plain(typed)));
            } else if let Some(value) = found {
                object.insert(typed.to_owned(), value);
            }
        }
    }

    fn rows(&mut self, rows: &'a [Field], at: &str) -> Vec<Value> {
        let mut items = Vec::with_capacity(rows.len());
        let mut first_gap = None;
        for (index, row) in rows.iter().enumerate() {
            match self.item(row, &format!("{at}/{index}")) {
                Some(value) => {
                    if let Some(gap) = first_gap.take() {
                        let gap: &Field = gap;
                        let called = in_sentence(&gap.label);
                        self.faults.add(&gap.pointer, format!("{} {called}: a later item is filled in", gap.verb()));
                    }
                    items.push(value);
                }
                None if row.required => {}
                None => first_gap = first_gap.or(Some(row)),
            }
        }
        items
    }

    fn union(&mut self, union: &'a Union, at: &str) -> Result<Option<Value>, UnreadableText> {
        let Some(field) = &union.field else { return Ok(None) };
        self.filled += 1;
        let value = self.item(field, at);
        let label = union.picked.and_then(|picked| union.branches.get(picked)).map(|branch| branch.label.as_str());
        // nobody has seen the fields of this branch
        let had_other = self.entries.text_at("w", &union.state).is_some_and(|shown| !shown.is_empty());
        if union.is_changed(self.entries) && (had_other || field.control.has_inner()) {
            let label = label.unwrap_or_default();
            let message = format!("You chose “{label}”: check its fields, which are shown now");
            return Err(UnreadableText::new(message, value.unwrap_or_default()));
        }
        Ok(value)
    }
}

/// Reports whether a field has the default that the form filled in, and nobody changed it.
fn is_untouched(field: &Field, entries: &Entries, found: Option<&Value>) -> bool {
    entries.has_at("d", &field.pointer) && field.default.is_some() && field.default.as_ref() == found
}

/// Reports whether the form shows the default of a field, and has always shown it.
pub(super) fn shows_default(field: &Field, entries: &Entries) -> bool {
    entries.has_at("d", &field.pointer) && {
        let found = Parser::new(entries).value(field, "").ok().flatten();
        is_untouched(field, entries, found.as_ref())
    }
}
