//! Parsing of a form's contents into a JSON value, by walking the plan.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::entries::{Entries, WHOLE_INPUT};
use super::field::{Choice, Control, Field, Line, Scalar};
use super::json_text;
use super::mask::{MASK, contains_mask};
use super::names::{in_sentence, plain};
use super::number;
use super::plan::{Plan, Root};
use crate::error::{Error, FieldFaults, Result};

/// Parses the value of the form.
///
/// # Errors
/// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault; the empty pointer is the whole input.
pub fn parse(plan: &Plan, entries: &Entries) -> Result<Value> {
    let Some(fields) = fields_of(plan, entries) else {
        let value = whole(entries)?;
        return if contains_mask(&value) { Err(Error::field("", mask_message())) } else { Ok(value) };
    };
    let mut faults = FieldFaults::default();
    for name in stale_names(plan, entries) {
        let name: String = plain(name).chars().take(80).collect();
        faults.add("", format!("This tool does not have the field “{name}”, which the form had: remove it"));
    }
    let object = object(fields, entries, &mut faults).value;
    faults.into_result(Value::Object(object))
}

/// Returns the value that the form shows, for another view of it. Judges nothing: what is missing is left out, and text that
/// is no value of its field becomes a JSON string.
///
/// # Errors
/// Returns [`Error::Invalid`] only if the whole input is one text, and that text is not JSON.
pub fn parse_as_shown(plan: &Plan, entries: &Entries) -> Result<Value> {
    let Some(fields) = fields_of(plan, entries) else { return whole(entries) };
    let mut object = object(fields, entries, &mut FieldFaults::default()).value;
    for name in stale_names(plan, entries) {
        let text = entries.get(name).filter(|text| !text.is_empty());
        let key = name.split_once('/').map(|(_, key)| key.replace("~1", "/").replace("~0", "~"));
        if let (Some(text), Some(key)) = (text, key) {
            object.entry(key).or_insert_with(|| text.into());
        }
    }
    Ok(Value::Object(object))
}

/// Reports whether the form has fields that the tool does not have, such as those of an earlier version.
#[must_use]
pub fn has_stale_fields(plan: &Plan, entries: &Entries) -> bool {
    fields_of(plan, entries).is_some() && stale_names(plan, entries).next().is_some()
}

/// Returns the fields, or `None` if the whole input is one text.
fn fields_of<'a>(plan: &'a Plan, entries: &Entries) -> Option<&'a [Field]> {
    match &plan.root {
        Root::Fields(fields) if !entries.is_json() => Some(fields),
        _ => None,
    }
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

/// Returns the names in the form that the plan does not have.
fn stale_names<'a>(plan: &Plan, entries: &'a Entries) -> impl Iterator<Item = &'a str> {
    let known: HashSet<String> = plan
        .fields()
        .flat_map(|field| ["v", "on", "n", "j", "d", "s"].map(|prefix| format!("{prefix}{}", field.pointer)))
        .chain(["op", "idem", "seen"].map(str::to_owned))
        .collect();
    let names = entries.pairs().iter().map(|(name, _)| name.as_str());
    names.filter(move |name| !known.contains(*name) && !entries.is_beside_json(name))
}

/// The value of an object, and whether somebody filled in any of it.
struct ObjectValue {
    value: Map<String, Value>,
    is_filled: bool,
}

/// Parses an object. Text that is no value of its field is a fault, and stays in the object as a string.
fn object(fields: &[Field], entries: &Entries, faults: &mut FieldFaults) -> ObjectValue {
    let mut object = ObjectValue { value: Map::new(), is_filled: false };
    for field in fields {
        let mut found = field_value(field, entries, faults).unwrap_or_else(|unreadable| {
            faults.add(&field.pointer, unreadable.message);
            Some(unreadable.typed)
        });
        let is_fixed = matches!(field.control, Control::Fixed(_)) && entries.text_at("on", &field.pointer).is_none();
        object.is_filled |= found.is_some() && !is_fixed && !entries.is_untouched(field);
        if found.is_none() && field.required {
            if field.nullable {
                found = Some(Value::Null);
            } else {
                faults.add(&field.pointer, field.missing_message());
            }
        }
        if let Some(value) = found {
            object.value.insert(field.key(), value);
        }
    }
    object
}

/// Text that is no value of its field.
struct UnreadableText {
    message: String,
    /// The text as JSON, for a view that shows it as typed.
    typed: Value,
}

impl UnreadableText {
    fn new(message: impl Into<String>, typed: impl Into<Value>) -> Self {
        Self { message: message.into(), typed: typed.into() }
    }

    /// Returns the fault with a message that repeats nothing of a secret.
    fn without_quote(self, field: &Field) -> Self {
        let message = match field.control {
            Control::Number(kind) if field.is_secret => format!("{} must be {}", field.label, kind.noun_with_example()),
            Control::Lines(_) if field.is_secret => format!("{} must have one number a line", field.label),
            _ => return self,
        };
        Self { message, ..self }
    }
}

/// Parses the value of a field. Returns `None` if it is left out. Null is sent instead of leaving out, never instead of a value.
fn field_value(field: &Field, entries: &Entries, faults: &mut FieldFaults) -> Result<Option<Value>, UnreadableText> {
    let pointer = field.pointer.as_str();
    let found = match entries.text_at("j", pointer) {
        Some(text) if text.trim().is_empty() || entries.has_untouched_skeleton(field) => None,
        Some(text) => {
            let mut value = json_text::read(text).map_err(|message| UnreadableText::new(message, text))?;
            entries.unmask(&mut value, pointer);
            Some(value)
        }
        None => control_value(field, entries, faults).map_err(|unreadable| unreadable.without_quote(field))?,
    };
    let has_none = found.is_none() || matches!(field.control, Control::Group(_));
    if has_none && field.is_secret && entries.text_at("s", pointer).is_some() {
        let (verb, label) = (field.verb(), in_sentence(&field.label));
        let message = format!("{verb} {label} again: it is not shown, and was kept for an hour");
        return Err(UnreadableText::new(message, ""));
    }
    if let Some(masked) = found.as_ref().filter(|value| contains_mask(value)) {
        return Err(UnreadableText::new(mask_message(), masked.clone()));
    }
    Ok(found.or_else(|| (field.nullable && entries.text_at("n", pointer).is_some()).then_some(Value::Null)))
}

/// Parses what the control of a field holds. Returns `None` if it holds nothing.
fn control_value(field: &Field, entries: &Entries, faults: &mut FieldFaults) -> Result<Option<Value>, UnreadableText> {
    let pointer = field.pointer.as_str();
    let is_on = entries.text_at("on", pointer).is_some();
    let typed = entries.text_at("v", pointer).unwrap_or_default();
    let unreadable = |message: String| UnreadableText::new(message, typed);
    match &field.control {
        Control::Text(line) => Ok(text(*line, typed, is_on)),
        Control::Number(_) if typed.trim().is_empty() => Ok(None),
        Control::Number(kind) => match number::read(typed, &field.label, *kind) {
            Ok(number) => Ok(Some(Value::Number(number))),
            Err(message) => Err(unreadable(message)),
        },
        Control::YesNo => match typed {
            "" => Ok(None),
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            _ => Err(unreadable(format!("Choose yes or no for {}", in_sentence(&field.label)))),
        },
        Control::Choice(_) if typed.is_empty() => Ok(None),
        Control::Choice(choices) => chosen(choices, typed).map(Some),
        Control::Checks(choices) => {
            let picked: Vec<_> = entries.all(pointer).map(|index| chosen(choices, index)).collect::<Result<_, _>>()?;
            Ok((is_on || !picked.is_empty()).then_some(Value::Array(picked)))
        }
        Control::Lines(scalar) => {
            let items = lines(*scalar, typed)?;
            Ok((is_on || !items.is_empty()).then_some(Value::Array(items)))
        }
        Control::Group(inner) => Ok(group(field, inner, entries, faults)),
        Control::Fixed(value) => Ok((is_on || field.required && !field.nullable).then(|| value.clone())),
        Control::Json(_) => Ok(None),
    }
}

fn text(line: Line, typed: &str, is_on: bool) -> Option<Value> {
    let text = typed.replace("\r\n", "\n");
    let text = if line.is_trimmed() { text.trim().to_owned() } else { text };
    (is_on || !text.is_empty()).then_some(Value::String(text))
}

fn chosen(choices: &[Choice], index: &str) -> Result<Value, UnreadableText> {
    let choice = index.parse::<usize>().ok().and_then(|index| choices.get(index));
    let unknown = || UnreadableText::new("Choose one of the values that are offered", index);
    choice.map(|choice| choice.value.clone()).ok_or_else(unknown)
}

/// Parses a list, one item a line.
fn lines(scalar: Scalar, typed: &str) -> Result<Vec<Value>, UnreadableText> {
    let mut first_fault = None;
    let mut read = |(at, line): (usize, &str)| match scalar {
        Scalar::Text => Value::from(line),
        Scalar::Number(kind) => match number::read(line, "This", kind) {
            Ok(number) => Value::Number(number),
            Err(message) => {
                first_fault.get_or_insert_with(|| line_message(at + 1, line, &message));
                line.into()
            }
        },
    };
    let items: Vec<_> = typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(&mut read).collect();
    first_fault.map_or(Ok(items.clone()), |message| Err(UnreadableText::new(message, items)))
}

fn line_message(number: usize, line: &str, message: &str) -> String {
    if line.matches(',').count() > 1 {
        return format!("Line {number}: write one number a line, without commas");
    }
    format!("Line {number}: {message}")
}

/// Parses an object. An optional one is sent if its box is ticked or somebody filled in one of its fields; only then its
/// required fields are required.
fn group(field: &Field, inner: &[Field], entries: &Entries, faults: &mut FieldFaults) -> Option<Value> {
    let mut inner_faults = FieldFaults::default();
    let object = object(inner, entries, &mut inner_faults);
    let is_on = entries.text_at("on", &field.pointer).is_some();
    // required and nullable: left empty, it is null
    if !(field.required && !field.nullable || is_on || object.is_filled) {
        return None;
    }
    faults.append(inner_faults);
    Some(Value::Object(object.value))
}
