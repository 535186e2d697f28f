//! Building of the fields of a form from the schema and the contents of the form.
//!
//! The same walk builds all forms. It reads rows and picked branches from the contents, or writes the contents that show a value
//! or the defaults.

use std::collections::HashMap;

use serde_json::Value;

use super::choose::{Chosen, choose_control};
use super::describe::{describe, is_secret_field};
use super::entries::{ENTERED_BEFORE, Entries, pretty};
use super::field::{Control, Field};
use super::field_place::{Place, Source};
use super::fit::Fit;
use super::keywords::Keywords;
use super::mask::contains_mask;
use super::weight::weigh;

/// Maximum number of fields. What does not fit is a text area with JSON.
pub(super) const MAX_FIELDS: usize = 1000;

/// The maximum weight of all schemas that become fields.
const MAX_WEIGHT: usize = 300_000;

/// Maximum depth of fields in fields.
const MAX_DEPTH: usize = 8;

const TOO_LARGE: &str = "The form cannot show all of this as fields. Write this part as JSON";

/// Builds fields until their number exceeds the maximum.
pub(super) struct Builder<'a> {
    pub(super) root: &'a Value,
    pub(super) fit: Fit<'a>,
    pub(super) entries: &'a mut Entries,
    pub(super) fields_left: usize,
    weight_left: usize,
    /// Fields of branches that the form showed before others were picked.
    pub(super) left: HashMap<String, Field>,
    /// A field whose contents come from elsewhere than those of the others.
    replaced: Option<(&'a str, Source<'a>)>,
}

impl<'a> Builder<'a> {
    /// Begins to build the fields of a schema whose references are local.
    pub(super) fn new(schema: &'a Value, entries: &'a mut Entries) -> Self {
        let fit = Fit::new(schema);
        Self {
            root: schema,
            fit,
            entries,
            fields_left: MAX_FIELDS,
            weight_left: MAX_WEIGHT,
            left: HashMap::new(),
            replaced: None,
        }
    }

    /// Takes the contents of one field from a source.
    pub(super) fn replacing(mut self, pointer: &'a str, source: Source<'a>) -> Self {
        self.replaced = Some((pointer, source));
        self
    }

    /// Builds the field of the whole input.
    pub(super) fn root(mut self, source: Source<'_>) -> Field {
        let root = self.root;
        self.field(&Place::root(), root, source)
    }

    /// Chooses the control of the whole input, without the fields inside of it.
    pub(super) fn root_control(mut self) -> Control {
        let root = self.root;
        self.field_alone(&Place::root(), root).0.control
    }

    /// Builds a field, and fills it unless its contents are those of the form.
    pub(super) fn field(&mut self, place: &Place<'_>, schema: &Value, source: Source<'_>) -> Field {
        let replacement = self.replaced.take_if(|(pointer, _)| *pointer == place.pointer);
        let source = replacement.map_or(source, |(_, source)| source);
        let (mut field, schema) = self.field_alone(place, schema);
        self.fill(&mut field, place, &schema, source);
        field
    }

    /// Builds a field without its contents, and returns it with its resolved schema.
    fn field_alone<'s>(&mut self, place: &Place<'_>, schema: &'s Value) -> (Field, Keywords<'s>)
    where
        'a: 's,
    {
        let weight = weigh(self.root, schema, self.weight_left.max(1));
        let has_room = self.fields_left > 0 && place.depth <= MAX_DEPTH;
        let is_too_heavy = weight >= self.weight_left;
        self.fields_left = self.fields_left.saturating_sub(1);
        self.weight_left -= weight.min(self.weight_left);
        let chosen = if is_too_heavy { Chosen::json(TOO_LARGE) } else { choose_control(self.root, schema, place.name) };
        let properties = chosen.schema.get("properties").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        let has_room = has_room && properties <= self.fields_left && !has_odd_names(&chosen.schema);
        let chosen = if has_room || !chosen.control.has_inner() {
            chosen
        } else {
            Chosen { control: Control::Json(TOO_LARGE), ..chosen }
        };
        let is_secret = place.is_secret || is_secret_field(self.root, &chosen, place.name);
        let mut field = Field { is_secret, ..describe(&chosen, chosen.control.clone(), place) };
        let schema = chosen.schema;
        match &mut field.control {
            Control::Text(line) if is_secret => *line = line.as_secret(),
            Control::Union(union) => place.union_state().clone_into(&mut union.state),
            _ => {}
        }
        let is_null = |value: &Value| field.nullable && value.is_null();
        field.default = field.default.take().filter(|value| is_null(value) || self.fit.accepts(&schema, value));
        field.example = field.example.take().filter(|value| self.fit.accepts(&schema, value));
        (field, schema)
    }

    fn fill(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        let pointer = field.pointer.clone();
        let default = field.default.clone();
        let source = match source {
            Source::Carried if !field.control.has_inner() && !self.is_carried(field) => {
                self.entries.remove_below(&pointer);
                Source::Blank { is_left_out: false }
            }
            other => other,
        };
        let (source, is_untouched) = match (source, &default) {
            (Source::Blank { is_left_out }, Some(default)) => (Source::Value(default), is_left_out),
            (other, _) => (other, false),
        };
        let before = self.entries.pairs().len();
        self.fill_from(field, place, schema, source);
        if is_untouched && self.entries.pairs().len() > before {
            self.entries.push("d", &pointer, "on");
        }
    }

    /// Reports whether a field of another branch had the same control, and somebody filled it in.
    fn is_carried(&self, field: &Field) -> bool {
        let had_same = |left: &Field| {
            let is_same = left.control == field.control && left.is_secret == field.is_secret;
            is_same && !shows_default_text(left, self.entries)
        };
        self.entries.has_contents(&field.pointer) && self.left.get(&field.pointer).is_none_or(had_same)
    }

    fn fill_from(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        let pointer = field.pointer.clone();
        match source {
            Source::Entries | Source::Carried => {
                if field.is_row() && matches!(field.control, Control::Group(_) | Control::Rows(_)) {
                    self.keep_text_as_json(&pointer);
                }
                let is_raw = self.entries.has_at("j", &pointer) && !matches!(field.control, Control::Json(_));
                if !is_raw {
                    self.nested(field, place, schema, source);
                }
            }
            Source::Value(value) if field.is_secret && contains_mask(value) => {
                self.fill_from(field, place, schema, Source::EnteredBefore);
            }
            Source::Value(Value::Null) if field.nullable => {
                self.entries.push("n", &pointer, "on");
                self.nested(field, place, schema, Source::Missing);
            }
            Source::Value(value) => {
                let before = self.entries.pairs().len();
                let is_shown = if field.control.has_inner() {
                    self.holds(&mut field.control, schema, value) && {
                        self.nested(field, place, schema, source);
                        true
                    }
                } else {
                    self.entries.fill_control(field, value)
                };
                if !is_shown {
                    self.entries.truncate(before);
                    self.entries.push("j", &pointer, pretty(value));
                }
            }
            Source::EnteredBefore => {
                self.entries.push(ENTERED_BEFORE, &pointer, "on");
                self.nested(field, place, schema, source);
            }
            Source::Blank { .. } | Source::Missing => self.nested(field, place, schema, source),
        }
    }

    /// Keeps what was typed into a row before its name changed its kind.
    fn keep_text_as_json(&mut self, pointer: &str) {
        let typed = self.entries.text_at("v", pointer).filter(|text| !text.is_empty());
        if let Some(typed) = typed.map(Value::from) {
            self.entries.set("j", pointer, typed.to_string());
            self.entries.retain(|(name, _)| name.strip_prefix('v') != Some(pointer));
        }
    }

    /// Builds the fields inside of a field.
    fn nested(&mut self, field: &mut Field, place: &Place<'_>, schema: &Keywords<'_>, source: Source<'_>) {
        match &field.control {
            Control::Group(_) => self.group(field, place, schema, source),
            Control::Rows(_) => self.rows(field, place, schema, source),
            Control::Union(_) => self.union(field, place, schema, source),
            _ => {}
        }
    }

    /// Reports whether nested controls can show a value. Those of a union are then those of the branch that takes it.
    fn holds(&mut self, control: &mut Control, schema: &Keywords<'_>, value: &Value) -> bool {
        match (control, value) {
            (Control::Group(_), Value::Object(members)) => self.group_holds(schema, members),
            (Control::Rows(_), Value::Array(items)) => self.rows_hold(schema, items),
            (Control::Union(union), value) => {
                union.picked = self.branch_of(schema, value);
                union.picked.is_some()
            }
            _ => false,
        }
    }
}

/// Reports whether a name of a property has what a browser rewrites in the name of a field. In a form with files, it writes a
/// quotation mark as `%22`.
fn has_odd_names(schema: &Keywords<'_>) -> bool {
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys);
    names.into_iter().any(|name| name.contains(['\n', '\r', '\0']) || name.contains("%22"))
}

/// Reports whether a field shows its default, so that nobody chose it.
fn shows_default_text(field: &Field, entries: &Entries) -> bool {
    let Some(default) = &field.default else { return false };
    let mut filled = Entries::default();
    filled.fill_control(field, default);
    filled.text_at("v", &field.pointer).is_some_and(|text| entries.text_at("v", &field.pointer) == Some(text))
}
