//! Filling of a control with a value.

use serde_json::Value;

use super::date_time;
use super::entries::{Entries, pretty};
use super::field::{Control, Field};
use super::scalar::{Kind, Line};
use super::time_of_day;

impl Entries {
    /// Writes the pairs with which the control of a field shows a value. Returns `false` if the control cannot show it.
    pub(super) fn fill_control(&mut self, field: &Field, value: &Value) -> bool {
        let pointer = field.pointer.as_str();
        match (&field.control, value) {
            (Control::Text(line @ (Line::Time | Line::DateTime)), Value::String(text)) => {
                let is_time = *line == Line::Time;
                match if is_time { time_of_day::split(text) } else { date_time::split(text) } {
                    Some((local, zone)) => {
                        self.push("v", pointer, local);
                        self.push("z", pointer, zone);
                    }
                    None => self.push("v", pointer, text.as_str()),
                }
                Line::Code.keeps(text) && !text.is_empty()
            }
            (Control::Text(line), Value::String(text)) => {
                self.push("v", pointer, text.as_str());
                if text.is_empty() {
                    self.push("on", pointer, "on");
                }
                line.keeps(text)
            }
            (Control::Bytes(bytes), Value::String(text)) => self.fill_bytes(pointer, bytes, text),
            (Control::Number(_), Value::Number(number)) => {
                self.push("v", pointer, number.to_string());
                true
            }
            (Control::YesNo, Value::Bool(yes)) => {
                self.push("v", pointer, yes.to_string());
                true
            }
            (Control::Choice(choices), value) => match choices.iter().position(|choice| choice.value == *value) {
                Some(index) => {
                    self.push("v", pointer, index.to_string());
                    true
                }
                None => false,
            },
            (Control::Checks(choices), Value::Array(items)) => {
                // check boxes are parsed in the schema's order: another order would be lost
                let places: Option<Vec<_>> =
                    items.iter().map(|item| choices.iter().position(|choice| choice.value == *item)).collect();
                let Some(places) = places.filter(|places| places.is_sorted_by(|a, b| a < b)) else { return false };
                for place in places {
                    self.push("v", pointer, place.to_string());
                }
                self.mark_empty(pointer, items)
            }
            (Control::Lines(scalar), Value::Array(items)) => {
                let lines: Option<Vec<_>> = items.iter().map(|item| scalar.as_line(item)).collect();
                let Some(lines) = lines else { return false };
                self.push("v", pointer, lines.join("\n"));
                self.mark_empty(pointer, items)
            }
            (Control::Any(kinds), value) => self.fill_any(pointer, kinds, value),
            (Control::Fixed(fixed), value) => {
                self.push("on", pointer, "on");
                fixed == value
            }
            _ => false,
        }
    }

    fn fill_any(&mut self, pointer: &str, kinds: &[Kind], value: &Value) -> bool {
        let Some(kind) = kinds.iter().position(|kind| kind.fits(value)) else { return false };
        self.push("t", pointer, kind.to_string());
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => pretty(other),
        };
        if value.as_str() == Some("") {
            self.push("on", pointer, "on");
        }
        let is_kept = !value.is_string() || Line::Area.keeps(&text);
        self.push("v", pointer, text);
        is_kept
    }

    fn mark_empty(&mut self, pointer: &str, items: &[Value]) -> bool {
        if items.is_empty() {
            self.push("on", pointer, "on");
        }
        true
    }

    /// Removes the pairs after the first ones.
    pub(super) fn truncate(&mut self, length: usize) {
        let mut at = 0;
        self.retain(|_| {
            at += 1;
            at <= length
        });
    }
}
