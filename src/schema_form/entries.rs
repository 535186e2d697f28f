//! What stands in a form: pairs of name and text, whether they were typed, or made from a value or from defaults.

use serde_json::Value;

use super::plan::{Control, Field, Line, Plan, Root, Scalar};

/// Name of the box that holds the whole input as JSON.
pub(super) const WHOLE: &str = "j";

/// The pairs of a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<(String, String)>);

impl Entries {
    /// As a browser sent them.
    #[must_use]
    pub const fn typed(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// An empty form: defaults are filled in.
    #[must_use]
    pub fn blank(plan: &Plan) -> Self {
        let mut entries = Self::default();
        match &plan.root {
            Root::Json(_) => entries.push(WHOLE, "", "{}"),
            Root::Fields(fields) => entries.fill_defaults(fields),
        }
        entries
    }

    /// The form that shows `value`; one that the fields cannot hold is shown as JSON.
    #[must_use]
    pub fn of_value(plan: &Plan, value: &Value) -> Self {
        let mut entries = Self::default();
        match &plan.root {
            Root::Fields(fields) if entries.fill(fields, value) => entries,
            _ => Self::as_json(value),
        }
    }

    /// The whole input as one box of JSON.
    #[must_use]
    pub fn as_json(value: &Value) -> Self {
        Self(vec![(WHOLE.to_owned(), pretty(value))])
    }

    /// The whole input is one box of JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.has(WHOLE)
    }

    /// All pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first text under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// The first text under the name made of a prefix and a pointer.
    pub(super) fn at(&self, prefix: &str, pointer: &str) -> Option<&str> {
        let found = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest == pointer);
        self.0.iter().find(|(key, _)| found(key)).map(|(_, text)| text.as_str())
    }

    /// All texts under the name made of `v` and a pointer.
    pub(super) fn all<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.strip_prefix('v') == Some(pointer)).map(|(_, text)| text.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn push(&mut self, prefix: &str, pointer: &str, text: impl Into<String>) {
        self.0.push((format!("{prefix}{pointer}"), text.into()));
    }

    fn fill_defaults(&mut self, fields: &[Field]) {
        for field in fields {
            match (&field.default, &field.control) {
                (Some(value), _) => self.fill_one(field, value),
                (None, Control::Group(inner)) => self.fill_defaults(inner),
                (None, _) => {}
            }
        }
    }

    /// False if `object` has what no field holds.
    fn fill(&mut self, fields: &[Field], value: &Value) -> bool {
        let Some(object) = value.as_object() else { return false };
        let key =
            |field: &Field| field.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let mut held = 0;
        for field in fields {
            if let Some(value) = object.get(&key(field)) {
                self.fill_one(field, value);
                held += 1;
            }
        }
        held == object.len()
    }

    fn fill_one(&mut self, field: &Field, value: &Value) {
        let before = self.0.len();
        if !self.fits(field, value) {
            self.0.truncate(before);
            self.push("j", &field.pointer, pretty(value));
        }
    }

    /// Writes the pairs by which the field's control holds `value`; false if it cannot.
    fn fits(&mut self, field: &Field, value: &Value) -> bool {
        let pointer = field.pointer.as_str();
        if value.is_null() && field.nullable {
            self.push("n", pointer, "on");
            return true;
        }
        match (&field.control, value) {
            // a secret is typed again, never shown again
            (Control::Text(Line::Secret), Value::String(_)) => true,
            (Control::Text(line), Value::String(text)) => {
                let is_kept = !text.contains('\r') && line.keeps(text);
                self.push("v", pointer, text.as_str());
                if text.is_empty() {
                    self.push("on", pointer, "on");
                }
                is_kept
            }
            (Control::Number, Value::Number(number)) => {
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
                // boxes are read in the schema's order: another order would be lost
                let places: Option<Vec<_>> =
                    items.iter().map(|item| choices.iter().position(|choice| choice.value == *item)).collect();
                let Some(places) = places.filter(|places| places.is_sorted_by(|a, b| a < b)) else { return false };
                for place in places {
                    self.push("v", pointer, place.to_string());
                }
                self.note_empty(pointer, items)
            }
            (Control::Lines(scalar), Value::Array(items)) => {
                let lines: Option<Vec<_>> = items.iter().map(|item| as_line(*scalar, item)).collect();
                let Some(lines) = lines else { return false };
                self.push("v", pointer, lines.join("\n"));
                self.note_empty(pointer, items)
            }
            (Control::Group(inner), Value::Object(_)) => {
                self.push("on", pointer, "on");
                self.fill(inner, value)
            }
            (Control::Fixed(fixed), value) => {
                self.push("on", pointer, "on");
                fixed == value
            }
            _ => false,
        }
    }

    fn note_empty(&mut self, pointer: &str, items: &[Value]) -> bool {
        if items.is_empty() {
            self.push("on", pointer, "on");
        }
        true
    }
}

/// An item as a line of its own; none if a line cannot hold it.
fn as_line(scalar: Scalar, item: &Value) -> Option<String> {
    match (scalar, item) {
        (Scalar::Text, Value::String(text)) if !text.trim().is_empty() && !text.contains(['\n', '\r']) => {
            Some(text.clone())
        }
        (Scalar::Number, Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
