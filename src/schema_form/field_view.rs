//! The view of one field.

use askama::Template;
use askama::filters::HtmlSafe;

use super::entries::{ENTERED_BEFORE, Entries};
use super::field::{Choice, Control, EmptyValue, Field, Line};
use super::hints::{example_lines, hints, instruction};
use super::json_parts::JsonMember;
use super::names::{id, label};
use super::offer::Offer;
use crate::error::{FieldFault, FieldFaults};

/// Maximum number of values that are shown as radio buttons; more are a select.
const MAX_RADIOS: usize = 7;

/// The view of one field.
#[derive(Template)]
#[template(path = "schema_form/field.html")]
pub(super) struct FieldView {
    id: String,
    pointer: String,
    label: String,
    /// The name at the server, if the label does not tell it.
    name: Option<String>,
    hint: String,
    more: Option<String>,
    optional: bool,
    /// The faults of the value, and of what is inside of its JSON.
    errors: Vec<ErrorView>,
    described: String,
    /// The value is null if it is left out; `None` if that cannot be chosen.
    null: Option<bool>,
    on: Option<On>,
    /// The value is the default, and nobody changed it.
    is_untouched: bool,
    /// The sealed text of a secret.
    sealed: Option<String>,
    /// Names and texts of the sealed secrets that are masked in the field's JSON.
    sealed_parts: Vec<(String, String)>,
    widget: Widget,
    /// Example of a list, one item a line.
    example_lines: Vec<String>,
    /// The members of a value that is written as JSON, and whether it is a list of such objects.
    members: Vec<JsonMember>,
    is_list: bool,
    /// Text of a select's empty option.
    empty_choice: &'static str,
    /// Choices beside the control.
    offer: Option<Offer>,
}

impl HtmlSafe for FieldView {}

/// A fault as the form shows it.
pub(super) struct ErrorView {
    pub(super) message: String,
    pub(super) detail: Option<Box<str>>,
}

impl ErrorView {
    pub(super) fn new(fault: &FieldFault) -> Self {
        Self { message: fault.message.clone(), detail: fault.detail.clone() }
    }
}

/// A check box that sends an empty value.
struct On {
    label: &'static str,
    checked: bool,
    /// The box is rarely needed, so that it is behind a heading.
    is_folded: bool,
}

enum Widget {
    Input { kind: &'static str, value: String, code: bool },
    Area { value: String, code: bool, is_list: bool },
    Radios(Vec<OptionView>),
    Boxes(Vec<OptionView>),
    Select(Vec<OptionView>),
    Group(Vec<FieldView>),
    Fixed(String),
    Json { value: String, why: &'static str },
}

struct OptionView {
    value: String,
    label: String,
    hint: String,
    chosen: bool,
}

impl FieldView {
    pub(super) fn new(field: &Field, entries: &Entries, faults: &FieldFaults) -> Self {
        let pointer = field.pointer.as_str();
        let id = id(pointer);
        let errors = errors(field, faults);
        let hint = hint(field, entries);
        let name = (field.label != label(&field.name)).then(|| field.name.clone());
        let widget = widget(field, entries, faults);
        let parts = [
            ("h", !hint.is_empty() || name.is_some()),
            ("l", matches!(widget, Widget::Area { is_list: true, .. })),
            ("e", !errors.is_empty()),
        ];
        let described = parts.into_iter().filter(|(_, is_shown)| *is_shown).map(|(part, _)| format!("{id}-{part}"));
        let described = described.collect::<Vec<_>>().join(" ");
        Self {
            label: field.label.clone(),
            name,
            hint,
            example_lines: example_lines(field),
            more: field.more.clone(),
            optional: !field.required,
            described,
            errors,
            null: (field.nullable && !field.required).then(|| entries.text_at("n", pointer).is_some()),
            on: on(field, entries),
            is_untouched: is_untouched(field, entries),
            sealed: entries.text_at("s", pointer).filter(|text| !text.is_empty()).map(ToOwned::to_owned),
            sealed_parts: sealed_parts(pointer, entries),
            widget,
            members: field.json_parts.members.clone(),
            is_list: field.json_parts.is_list,
            empty_choice: empty_choice(field).unwrap_or("Choose…"),
            offer: None,
            pointer: pointer.to_owned(),
            id,
        }
    }
}

impl FieldView {
    pub(super) fn is_at(&self, pointer: &str) -> bool {
        self.pointer == pointer
    }

    pub(super) fn set_offer(&mut self, offer: Offer) {
        self.offer = Some(offer);
    }
}

/// Returns the hint of a field, as one line.
fn hint(field: &Field, entries: &Entries) -> String {
    let again = must_enter_again(field, entries).then(|| format!("{} it again", field.verb()));
    let null = is_null_if_empty(field).then(|| "Left empty, it is sent as null".to_owned());
    let parts = again.into_iter().chain([field.hint.clone()]).chain(hints(field)).chain(null);
    parts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Reports whether somebody has entered this secret before, and the page does not carry it.
fn must_enter_again(field: &Field, entries: &Entries) -> bool {
    let has = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    field.is_secret && !has("s") && (has("v") || has("j") || has(ENTERED_BEFORE))
}

/// Reports whether a field has its default. That of a sealed secret is compared when the secret is opened.
fn is_untouched(field: &Field, entries: &Entries) -> bool {
    let is_sealed = entries.text_at("s", &field.pointer).is_some();
    entries.is_untouched(field) || is_sealed && entries.text_at("d", &field.pointer).is_some()
}

fn sealed_parts(pointer: &str, entries: &Entries) -> Vec<(String, String)> {
    let is_part = |name: &str| {
        name.strip_prefix('s').and_then(|place| place.strip_prefix(pointer)).is_some_and(|rest| rest.starts_with('/'))
    };
    let has_json = entries.text_at("j", pointer).is_some();
    entries.pairs().iter().filter(|(name, _)| has_json && is_part(name)).cloned().collect()
}

/// Returns the faults of a field. Those inside of a list or of JSON are shown at that control.
fn errors(field: &Field, faults: &FieldFaults) -> Vec<ErrorView> {
    let below = format!("{}/", field.pointer);
    let is_group = matches!(field.control, Control::Group(_));
    let is_here = |at: &str| at == field.pointer || (!is_group && at.starts_with(&below));
    faults.faults().iter().filter(|fault| is_here(&fault.field)).map(ErrorView::new).collect()
}

fn on(field: &Field, entries: &Entries) -> Option<On> {
    let checked = entries.text_at("on", &field.pointer).is_some();
    let is_offered = field.required && field.empty_value == EmptyValue::Accepted;
    let is_left_out_if_empty = !field.required || field.nullable;
    let label = match &field.control {
        Control::Text(_) if is_offered || checked => "Send an empty text (\"\")",
        Control::Lines(_) | Control::Checks(_) if is_offered || checked => "Send an empty list ([])",
        Control::Group(_) if is_left_out_if_empty => "Include it, even if nothing in it is changed",
        Control::Fixed(_) if is_left_out_if_empty => "Send it",
        _ => return None,
    };
    let is_folded = matches!(field.control, Control::Text(_) | Control::Lines(_) | Control::Checks(_));
    Some(On { label, checked, is_folded })
}

/// Reports whether an empty control means null, because the value cannot be left out.
fn is_null_if_empty(field: &Field) -> bool {
    field.required && field.nullable
}

fn widget(field: &Field, entries: &Entries, faults: &FieldFaults) -> Widget {
    let pointer = field.pointer.as_str();
    // no page shows a secret, sealed or not
    let shown = |prefix| entries.text_at(prefix, pointer).filter(|_| !field.is_secret);
    let typed = || shown("v").unwrap_or_default().to_owned();
    if let Some(text) = shown("j") {
        let why = match field.control {
            Control::Json(why) => instruction(field, why),
            _ => "Write this as JSON",
        };
        return Widget::Json { value: text.to_owned(), why };
    }
    match &field.control {
        Control::Text(Line::Secret) => Widget::Input { kind: "password", value: String::new(), code: false },
        Control::Text(Line::SecretArea) => Widget::Area { value: String::new(), code: true, is_list: false },
        Control::Text(Line::Area) => Widget::Area { value: typed(), code: false, is_list: false },
        Control::Text(line) => Widget::Input {
            kind: match line {
                Line::Email => "email",
                Line::Url => "url",
                Line::Date => "date",
                _ => "text",
            },
            value: typed(),
            code: *line == Line::Code,
        },
        Control::Number(_) if field.is_secret => Widget::Input { kind: "password", value: String::new(), code: false },
        Control::Number(_) => Widget::Input { kind: "text", value: typed(), code: true },
        Control::YesNo => Widget::Radios(yes_no(field, shown("v"), entries)),
        Control::Choice(choices) if choices.len() <= MAX_RADIOS => {
            let options = options(choices, |index| shown("v") == Some(index));
            Widget::Radios(options.into_iter().chain(empty_option(field, shown("v"), entries)).collect())
        }
        Control::Choice(choices) => Widget::Select(options(choices, |index| shown("v") == Some(index))),
        Control::Checks(choices) => {
            Widget::Boxes(options(choices, |index| !field.is_secret && entries.all(pointer).any(|it| it == index)))
        }
        Control::Lines(_) => Widget::Area { value: typed(), code: true, is_list: true },
        Control::Group(inner) => {
            Widget::Group(inner.iter().map(|field| FieldView::new(field, entries, faults)).collect())
        }
        Control::Fixed(value) => Widget::Fixed(value.to_string()),
        Control::Json(why) => Widget::Json { value: String::new(), why: instruction(field, why) },
    }
}

fn options(choices: &[Choice], is_chosen: impl Fn(&str) -> bool) -> Vec<OptionView> {
    let option = |(index, choice): (usize, &Choice)| {
        let value = index.to_string();
        OptionView { chosen: is_chosen(&value), label: choice.label.clone(), hint: choice.hint.clone(), value }
    };
    choices.iter().enumerate().map(option).collect()
}

fn yes_no(field: &Field, typed: Option<&str>, entries: &Entries) -> Vec<OptionView> {
    let option = |value: &str, label: &str| OptionView {
        chosen: typed == Some(value),
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
    };
    let options = [option("true", "Yes"), option("false", "No")];
    options.into_iter().chain(empty_option(field, typed, entries)).collect()
}

fn empty_option(field: &Field, typed: Option<&str>, entries: &Entries) -> Option<OptionView> {
    let label = empty_choice(field)?.to_owned();
    // one of the others is chosen from the start, and means the same as nothing
    if field.default.is_some() && !field.required {
        return None;
    }
    // a secret was chosen, and is not shown
    let was_chosen = ["s", ENTERED_BEFORE].iter().any(|prefix| entries.text_at(prefix, &field.pointer).is_some());
    let chosen = typed.is_none_or(str::is_empty) && !was_chosen;
    Some(OptionView { value: String::new(), label, hint: String::new(), chosen })
}

/// Returns the text of the option that chooses no value. A required value has no such option.
fn empty_choice(field: &Field) -> Option<&'static str> {
    match (field.required, field.nullable) {
        (false, _) => Some("Leave out"),
        (true, true) => Some("Null"),
        (true, false) => None,
    }
}
