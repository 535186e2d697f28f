//! The description of a field: label, hints, limits, default, and whether it is secret.

use serde_json::Value;

use super::branches::rule_of_names;
use super::choose::{Chosen, has_secret_name};
use super::field::{Control, Field};
use super::field_place::Place;
use super::hints::limits;
use super::keywords::{Keywords, Lookup};
use super::names::{label, plain, sentences};
use super::scalar::{EmptyValue, Lifecycle};
use super::secrecy::{has_marked_items, is_marked_anywhere};

/// Describes a field, without the fields inside of it.
pub(super) fn describe(chosen: &Chosen<'_>, control: Control, place: &Place<'_>) -> Field {
    let (schema, mut control) = (&chosen.schema, control);
    let (hint, more) = sentences(schema.text("description"));
    let title = plain(schema.text("title"));
    let title = if title.trim().is_empty() { label(place.name) } else { title };
    if let Control::Group(group) = &mut control {
        group.rules.extend(rule_of_names(schema));
    }
    let is_fixed = matches!(control, Control::Fixed(_));
    Field {
        pointer: place.pointer.clone(),
        label: place.label.clone().unwrap_or(title),
        name: if place.label.is_some() { String::new() } else { plain(place.name) },
        hint,
        more,
        limits: limits(schema, &control),
        format: schema.get("format").and_then(Value::as_str).map(ToOwned::to_owned),
        required: place.required,
        nullable: chosen.nullable,
        default: schema.get("default").filter(|_| !is_fixed).cloned(),
        is_secret: false,
        example: first_example(schema).cloned(),
        empty_value: empty_value(schema),
        lifecycle: if schema.get("deprecated") == Some(&Value::Bool(true)) {
            Lifecycle::Deprecated
        } else {
            Lifecycle::Current
        },
        control,
    }
}

/// Reports whether no page shows what a field holds. A list of secrets is one; JSON has its secrets masked one by one.
pub(super) fn is_secret_field(root: &Value, chosen: &Chosen<'_>, name: &str) -> bool {
    is_marked_anywhere(root, &chosen.schema)
        || match &chosen.control {
            Control::Text(_) | Control::Bytes(_) | Control::Choice(_) | Control::Json(_) | Control::Any(_) => {
                has_secret_name(name)
            }
            Control::Lines(_) | Control::Checks(_) => has_marked_items(root, &chosen.schema),
            _ => false,
        }
}

fn empty_value(schema: &Keywords<'_>) -> EmptyValue {
    let is_zero = |key: &str| schema.get(key).is_none_or(|least| least.as_u64() == Some(0));
    let has_rule = ["format", "pattern", "contains"].iter().any(|key| schema.contains_key(key));
    if is_zero("minLength") && is_zero("minItems") && !has_rule { EmptyValue::Accepted } else { EmptyValue::Refused }
}

/// Returns the first example of a schema. Older API descriptions have one `example`.
pub(super) fn first_example(schema: &impl Lookup) -> Option<&Value> {
    let examples = schema.get("examples").and_then(Value::as_array);
    examples.and_then(|examples| examples.first()).or_else(|| schema.get("example"))
}

/// Returns the label of a row, such as "Line item 2 of 3".
pub(super) fn row_label(noun: &str, at: usize, total: usize) -> String {
    let mut letters = noun.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{} {} of {total}", letters.as_str(), at + 1)
}
