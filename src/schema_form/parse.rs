//! Parsing of a form's contents into a JSON value, by walking the plan.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::entries::{Entries, WHOLE_INPUT};
use super::field::{Choice, Control, Field, Line, Scalar};
use super::mask::MASK;
use super::names::plain;
use super::number;
use super::plan::{Plan, Root};
use crate::error::{Error, FieldFaults, Result};

/// The operation that a form's button requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Run the tool.
    Run,
    /// Show the input that would be sent.
    Preview,
    /// Continue as JSON.
    Json,
    /// Continue as fields.
    Form,
}

impl Op {
    /// Returns the operation of the pressed button. Enter in a field presses the first button, which runs the tool.
    #[must_use]
    pub fn from_entries(entries: &Entries) -> Self {
        match entries.get("op") {
            Some("preview") => Self::Preview,
            Some("json") => Self::Json,
            Some("form") => Self::Form,
            _ => Self::Run,
        }
    }
}

/// Parses the value of the form.
///
/// # Errors
/// Returns [`Error::Invalid`] with a JSON Pointer as the field of each fault; the empty pointer is the whole input.
pub fn parse(plan: &Plan, entries: &Entries) -> Result<Value> {
    let fields = match &plan.root {
        Root::Fields(fields) if !entries.is_json() => fields,
        _ => return whole(entries.get(WHOLE_INPUT).unwrap_or_default()),
    };
    let mut faults = FieldFaults::default();
    refuse_unknown(plan, entries, &mut faults);
    let object = object(fields, entries, &mut faults);
    faults.into_result(Value::Object(object))
}

fn whole(text: &str) -> Result<Value> {
    let value = json(text).map_err(|message| Error::field("", message))?;
    if contains_mask(&value) {
        return Err(Error::field("", format!("“{MASK}” stands for a secret that is not shown: type it again")));
    }
    Ok(value)
}

/// Reports whether the value contains a masked secret of an earlier run, which would be sent as it is.
fn contains_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Array(items) => items.iter().any(contains_mask),
        Value::Object(object) => object.values().any(contains_mask),
        _ => false,
    }
}

fn json(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("Enter the input as JSON, at least {}".to_owned());
    }
    serde_json::from_str(text).map_err(|error| {
        let cause = error.to_string();
        let cause = cause.split(" at line ").next().unwrap_or_default();
        format!("Line {}, column {}: this is not JSON ({cause})", error.line(), error.column())
    })
}

fn refuse_unknown(plan: &Plan, entries: &Entries, faults: &mut FieldFaults) {
    let known: HashSet<String> = plan
        .fields()
        .flat_map(|field| ["v", "on", "n", "j"].map(|prefix| format!("{prefix}{}", field.pointer)))
        .chain(["op", "idem"].map(str::to_owned))
        .collect();
    for (name, _) in entries.pairs() {
        if !known.contains(name) {
            let name: String = plain(name).chars().take(80).collect();
            faults.add("", format!("The form has a field “{name}” that this tool does not have: reload the page"));
        }
    }
}

fn object(fields: &[Field], entries: &Entries, faults: &mut FieldFaults) -> Map<String, Value> {
    let mut object = Map::new();
    for field in fields {
        match value(field, entries, faults) {
            Ok(Some(value)) => {
                object.insert(key(field), value);
            }
            Ok(None) if field.required && field.nullable => {
                object.insert(key(field), Value::Null);
            }
            Ok(None) if field.required => faults.add(&field.pointer, missing(field)),
            Ok(None) => {}
            Err(message) => faults.add(&field.pointer, message),
        }
    }
    object
}

/// Returns the property's name from its pointer; the shown name lacks characters that would reorder text.
fn key(field: &Field) -> String {
    field.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

fn missing(field: &Field) -> String {
    let verb = match field.control {
        Control::Choice(_) | Control::YesNo | Control::Checks(_) => "Choose",
        _ => "Enter",
    };
    format!("{verb} {}", in_sentence(&field.label))
}

/// Returns a label for the middle of a sentence: "Title" is "title", "URL" stays.
fn in_sentence(label: &str) -> String {
    let mut rest = label.chars();
    match (rest.next(), rest.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(rest).collect(),
        _ => label.to_owned(),
    }
}

/// Parses the value of a field. Returns `None` if it is left out.
fn value(field: &Field, entries: &Entries, faults: &mut FieldFaults) -> Result<Option<Value>, String> {
    let pointer = field.pointer.as_str();
    if let Some(text) = entries.text_at("j", pointer) {
        return if text.trim().is_empty() { Ok(None) } else { json(text).map(Some) };
    }
    if field.nullable && entries.text_at("n", pointer).is_some() {
        return Ok(Some(Value::Null));
    }
    let is_on = entries.text_at("on", pointer).is_some();
    let typed = entries.text_at("v", pointer).unwrap_or_default();
    match &field.control {
        Control::Text(line) => Ok(text(*line, typed, is_on)),
        Control::Number if typed.trim().is_empty() => Ok(None),
        Control::Number => number::read(typed, &field.label).map(|number| Some(Value::Number(number))),
        Control::YesNo => match typed {
            "" => Ok(None),
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            _ => Err(format!("Choose yes or no for {}", in_sentence(&field.label))),
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
        Control::Group(inner) => Ok(group(field, inner, entries, is_on, faults)),
        Control::Fixed(value) => Ok((field.required || is_on).then(|| value.clone())),
        Control::Json(_) => Ok(None),
    }
}

fn text(line: Line, typed: &str, is_on: bool) -> Option<Value> {
    let text = typed.replace("\r\n", "\n");
    let text = if line.is_trimmed() { text.trim().to_owned() } else { text };
    (is_on || !text.is_empty()).then_some(Value::String(text))
}

fn chosen(choices: &[Choice], index: &str) -> Result<Value, String> {
    let choice = index.parse::<usize>().ok().and_then(|index| choices.get(index));
    choice.map(|choice| choice.value.clone()).ok_or_else(|| "Choose one of the values that are offered".to_owned())
}

fn lines(scalar: Scalar, typed: &str) -> Result<Vec<Value>, String> {
    let read = |(at, line): (usize, &str)| match scalar {
        Scalar::Text => Ok(Value::String(line.to_owned())),
        Scalar::Number => {
            number::read(line, "It").map(Value::Number).map_err(|fault| format!("Line {}: {fault}", at + 1))
        }
    };
    typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
}

/// Parses an optional object. It is sent if its box is ticked or a field in it is filled in; only then its required fields
/// are required.
fn group(field: &Field, inner: &[Field], entries: &Entries, is_on: bool, faults: &mut FieldFaults) -> Option<Value> {
    let mut inner_faults = FieldFaults::default();
    let object = object(inner, entries, &mut inner_faults);
    // values that the server fills in do not show what the person wants
    let is_filled = inner.iter().any(|field| {
        let value = object.get(&key(field));
        let is_default = matches!(field.control, Control::Fixed(_))
            || field.nullable && value == Some(&Value::Null) && entries.text_at("n", &field.pointer).is_none();
        let is_typed = entries.text_at("v", &field.pointer).is_some_and(|it| !it.trim().is_empty());
        !is_default && (value.is_some() || is_typed)
    });
    if !(field.required || is_on || is_filled) {
        return None;
    }
    for fault in inner_faults.faults() {
        faults.add(&fault.field, &fault.message);
    }
    Some(Value::Object(object))
}
