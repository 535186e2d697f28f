//! Parsing of what one control holds.

use jiff::Timestamp;
use serde_json::Value;

use super::bytes_control::parse_bytes;
use super::date_time;
use super::duration;
use super::entries::Entries;
use super::field::{Control, Field};
use super::json_text;
use super::names::in_sentence;
use super::number;
use super::scalar::{Choice, Kind, Line, Scalar};
use super::time_of_day;
use super::unreadable::UnreadableText;

/// Parses what the control of a field holds. Returns `None` if it holds nothing.
pub(super) fn control_value(field: &Field, entries: &Entries) -> Result<Option<Value>, UnreadableText> {
    let pointer = field.pointer.as_str();
    let is_on = entries.text_at("on", pointer).is_some();
    let typed = entries.text_at("v", pointer).unwrap_or_default();
    let unreadable = |message: String| UnreadableText::new(message, typed);
    match &field.control {
        Control::Text(Line::DateTime) => date_time(field, typed, entries),
        Control::Text(Line::Time) => time_of_day(field, typed, entries),
        Control::Text(Line::Duration) if !typed.trim().is_empty() => {
            duration::read(typed.trim()).map(|text| Some(text.into())).map_err(unreadable)
        }
        Control::Bytes(bytes) => parse_bytes(field, bytes, entries),
        Control::Any(kinds) => any(kinds, field, typed, entries),
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
            let picked: Vec<_> =
                entries.all("v", pointer).map(|index| chosen(choices, index)).collect::<Result<_, _>>()?;
            Ok((is_on || !picked.is_empty()).then_some(Value::Array(picked)))
        }
        Control::Lines(scalar) => {
            let items = lines(*scalar, typed)?;
            Ok((is_on || !items.is_empty()).then_some(Value::Array(items)))
        }
        Control::Fixed(value) => Ok((is_on || field.required && !field.nullable).then(|| value.clone())),
        Control::Json(_) | Control::Closed | Control::Group(_) | Control::Rows(_) | Control::Union(_) => Ok(None),
    }
}

/// Parses a date with a time and a zone. A whole text of RFC 3339 is sent as it is.
fn date_time(field: &Field, typed: &str, entries: &Entries) -> Result<Option<Value>, UnreadableText> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    match entries.text_at("z", &field.pointer) {
        Some(zone) if typed.parse::<Timestamp>().is_err() => {
            let joined = date_time::join(typed, zone);
            joined.map(|text| Some(text.into())).map_err(|message| UnreadableText::new(message, typed))
        }
        _ => Ok(Some(typed.into())),
    }
}

/// Parses a time and its offset from UTC. A whole text of RFC 3339 is sent as it is.
fn time_of_day(field: &Field, typed: &str, entries: &Entries) -> Result<Option<Value>, UnreadableText> {
    let typed = typed.trim();
    match entries.text_at("z", &field.pointer) {
        _ if typed.is_empty() => Ok(None),
        Some(offset) if !time_of_day::is_whole(typed) => {
            let joined = time_of_day::join(typed, offset);
            joined.map(|text| Some(text.into())).map_err(|message| UnreadableText::new(message, typed))
        }
        _ => Ok(Some(typed.into())),
    }
}

/// Parses a text that means one of several kinds of value.
fn any(kinds: &[Kind], field: &Field, typed: &str, entries: &Entries) -> Result<Option<Value>, UnreadableText> {
    let chosen = entries.text_at("t", &field.pointer).and_then(|text| text.parse::<usize>().ok());
    let kind = kinds.get(chosen.unwrap_or(0)).copied().unwrap_or(Kind::Json);
    let unreadable = |message: String| UnreadableText::new(message, typed);
    let is_on = entries.has_at("on", &field.pointer);
    let called = in_sentence(&field.label);
    match kind {
        Kind::Text => Ok(text(Line::Area, typed, is_on)),
        Kind::Null if typed.trim().is_empty() => Ok(Some(Value::Null)),
        Kind::Null => Err(unreadable(format!("Remove the text of {called}, or choose another kind than null"))),
        _ if typed.trim().is_empty() => Ok(None),
        Kind::Number(kind) => {
            number::read(typed, &field.label, kind).map(|it| Some(Value::Number(it))).map_err(unreadable)
        }
        Kind::YesNo => match typed.trim().to_lowercase().as_str() {
            "true" | "yes" => Ok(Some(Value::Bool(true))),
            "false" | "no" => Ok(Some(Value::Bool(false))),
            _ => Err(unreadable(format!("Write yes or no for {called}"))),
        },
        Kind::Json => json_text::read(typed).map(Some).map_err(unreadable),
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
