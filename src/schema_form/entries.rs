//! The contents of a form: pairs of name and text, which a browser sent, or which show a value or the defaults.

use serde_json::Value;

use super::field::{Control, Field};
use super::mask::{contains_mask, mask};
use super::plan::{Plan, Root};

/// Name of the text area that contains the whole input as JSON.
pub(super) const WHOLE_INPUT: &str = "j";

/// Prefix of the pair that marks a secret which an earlier run had. No form sends it.
pub(super) const ENTERED_BEFORE: &str = "before";

/// The pairs of a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<(String, String)>);

impl Entries {
    /// Wraps the pairs that a browser sent. A choice from an offered list takes the place of what is typed in its field.
    #[must_use]
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let is_choice = |(name, _): &(String, String)| name.starts_with("c/");
        let (choices, mut typed): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_choice);
        for (name, value) in choices.into_iter().filter(|(_, value)| !value.is_empty()) {
            let field = format!("v{}", &name[1..]);
            typed.retain(|(name, _)| *name != field);
            typed.push((field, value));
        }
        Self(typed)
    }

    /// Returns the pointer of the field whose choices the pressed button asks for.
    #[must_use]
    pub fn field_to_choose(&self) -> Option<&str> {
        self.get("op")?.strip_prefix("choices").filter(|pointer| pointer.starts_with('/'))
    }

    /// Creates an empty form with the defaults filled in.
    #[must_use]
    pub fn blank(plan: &Plan) -> Self {
        let mut entries = Self::default();
        match &plan.root {
            Root::Json(_) => entries.push(WHOLE_INPUT, "", "{}"),
            Root::Fields(fields) => entries.fill_defaults(fields),
        }
        entries
    }

    /// Creates the form that shows `value`. If the fields cannot show it, the form is one text area with JSON.
    #[must_use]
    pub fn from_value(plan: &Plan, value: &Value) -> Self {
        let mut entries = Self::default();
        match &plan.root {
            Root::Fields(fields) if entries.fill(fields, value) => entries,
            _ => Self::as_json(plan, value),
        }
    }

    /// Creates the form that shows the whole input as one text area with JSON. Secrets are masked there, and their texts are
    /// beside it.
    #[must_use]
    pub fn as_json(plan: &Plan, value: &Value) -> Self {
        let masked = mask(&plan.schema, value);
        let mut entries = Self(vec![(WHOLE_INPUT.to_owned(), pretty(&masked))]);
        entries.push_masked(value, &masked, "");
        entries
    }

    /// Reports whether the whole input is one text area with JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.has(WHOLE_INPUT)
    }

    /// Returns all pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Returns the first text with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// Returns the first text whose name is the prefix and the pointer.
    pub(super) fn text_at(&self, prefix: &str, pointer: &str) -> Option<&str> {
        let found = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest == pointer);
        self.0.iter().find(|(key, _)| found(key)).map(|(_, text)| text.as_str())
    }

    /// Returns all texts whose name is `v` and the pointer.
    pub(super) fn all<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.strip_prefix('v') == Some(pointer)).map(|(_, text)| text.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn push(&mut self, prefix: &str, pointer: &str, text: impl Into<String>) {
        self.0.push((format!("{prefix}{pointer}"), text.into()));
    }

    /// Removes the pairs that do not satisfy a condition.
    pub(super) fn retain(&mut self, is_kept: impl FnMut(&(String, String)) -> bool) {
        self.0.retain(is_kept);
    }

    fn fill_defaults(&mut self, fields: &[Field]) {
        for field in fields {
            self.fill_default(field);
        }
    }

    fn fill_default(&mut self, field: &Field) {
        match (&field.default, &field.control) {
            (Some(value), _) => self.fill_one(field, value),
            (None, Control::Group(inner)) if field.required && !field.nullable => self.fill_defaults(inner),
            (None, Control::Group(inner)) => self.fill_untouched(inner),
            (None, _) => self.fill_skeleton(field),
        }
    }

    /// Fills in what a value written as JSON begins with, and marks it: untouched, it is not sent.
    fn fill_skeleton(&mut self, field: &Field) {
        if let Some(skeleton) = field.json_parts.skeleton.as_ref().filter(|_| !field.is_secret) {
            self.push("j", &field.pointer, pretty(skeleton));
            self.push("d", &field.pointer, "on");
        }
    }

    /// Reports whether a field has the skeleton that the form filled in, and nobody changed it.
    pub(super) fn has_untouched_skeleton(&self, field: &Field) -> bool {
        let Some(skeleton) = field.json_parts.skeleton.as_ref().filter(|_| field.default.is_none()) else {
            return false;
        };
        let typed = || self.text_at("j", &field.pointer).and_then(|text| serde_json::from_str::<Value>(text).ok());
        self.text_at("d", &field.pointer).is_some() && typed().as_ref() == Some(skeleton)
    }

    /// Fills in the defaults of an object that is left out, and marks them: they alone do not create the object.
    fn fill_untouched(&mut self, fields: &[Field]) {
        for field in fields {
            let before = self.0.len();
            self.fill_default(field);
            if self.0.len() > before && field.default.is_some() {
                self.push("d", &field.pointer, "on");
            }
        }
    }

    /// Reports whether a field has the default that the form filled in, and nobody changed it.
    pub(super) fn is_untouched(&self, field: &Field) -> bool {
        let Some(default) = &field.default else { return self.has_untouched_skeleton(field) };
        let mut filled = Self::default();
        filled.fill_one(field, default);
        self.text_at("d", &field.pointer).is_some() && self.contents(field) == filled.contents(field)
    }

    /// Returns what the controls of a field hold, in the order of their names.
    pub(super) fn contents(&self, field: &Field) -> Vec<(&str, String)> {
        let held = |(name, text): &'_ (String, String)| -> Option<(&'static str, String)> {
            let prefix = ["j", "n", "on", "v"].into_iter().find(|it| name.strip_prefix(it) == Some(&field.pointer))?;
            (!text.is_empty()).then(|| (prefix, text.replace("\r\n", "\n")))
        };
        let mut contents: Vec<_> = self.0.iter().filter_map(held).collect();
        contents.sort();
        contents
    }

    /// Fills the fields from `value`. Returns `false` if `value` has properties without a field.
    fn fill(&mut self, fields: &[Field], value: &Value) -> bool {
        let Some(object) = value.as_object() else { return false };
        let mut held = 0;
        for field in fields {
            match (object.get(&field.key()), &field.control) {
                (Some(value), _) => {
                    self.fill_one(field, value);
                    held += 1;
                }
                (None, Control::Group(inner)) => self.fill_untouched(inner),
                (None, _) => {}
            }
        }
        held == object.len()
    }

    pub(super) fn fill_one(&mut self, field: &Field, value: &Value) {
        let before = self.0.len();
        if !self.fits(field, value) {
            self.0.truncate(before);
            self.push("j", &field.pointer, pretty(value));
        }
    }

    /// Writes the pairs with which the field's control shows `value`. Returns `false` if the control cannot show it.
    fn fits(&mut self, field: &Field, value: &Value) -> bool {
        let pointer = field.pointer.as_str();
        // a masked secret must be entered again
        if field.is_secret && contains_mask(value) {
            self.push_entered_before(field);
            return true;
        }
        if value.is_null() && field.nullable {
            self.push("n", pointer, "on");
            if let Control::Group(inner) = &field.control {
                self.fill_untouched(inner);
            }
            return true;
        }
        match (&field.control, value) {
            (Control::Text(line), Value::String(text)) => {
                self.push("v", pointer, text.as_str());
                if text.is_empty() {
                    self.push("on", pointer, "on");
                }
                line.keeps(text)
            }
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

    fn push_entered_before(&mut self, field: &Field) {
        self.push(ENTERED_BEFORE, &field.pointer, "on");
        if let Control::Group(inner) = &field.control {
            for field in inner {
                self.push_entered_before(field);
            }
        }
    }

    fn mark_empty(&mut self, pointer: &str, items: &[Value]) -> bool {
        if items.is_empty() {
            self.push("on", pointer, "on");
        }
        true
    }
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
