//! The parts of the view of a field that need no further fields: hints, faults, options.

use super::applicable::ConditionalFields;
use super::description::is_markdown;
use super::entries::{ENTERED_BEFORE, Entries};
use super::field::{Control, Field};
use super::hints::hints;
use super::parse::shows_default;
use super::scalar::{Choice, EmptyValue};
use crate::error::{FieldFault, FieldFaults};

/// The contents that a form shows, and how.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) entries: &'a Entries,
    pub(super) faults: &'a FieldFaults,
    /// The id of the element that gets the focus.
    pub(super) focus: &'a str,
    /// The zone in which a person enters times.
    pub(super) zone: &'a str,
    /// The fields with conditions, if the form has any.
    pub(super) conditional: Option<&'a ConditionalFields>,
}

impl Shown<'_> {
    /// Reports whether the form hides a field.
    pub(super) fn hides(&self, field: &Field) -> bool {
        self.conditional.is_some_and(|conditional| conditional.hidden.contains(&field.pointer))
    }
}

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
pub(super) struct On {
    pub(super) label: &'static str,
    pub(super) checked: bool,
    /// The box is rarely needed, so that it is behind a heading.
    pub(super) is_folded: bool,
}

pub(super) struct OptionView {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) chosen: bool,
}

/// Returns the hint of a field as one line, without a description that is Markdown.
pub(super) fn hint(field: &Field, entries: &Entries) -> String {
    let again = must_enter_again(field, entries).then(|| format!("{} it again", field.verb()));
    let null = is_null_if_empty(field).then(|| "Left empty, it is sent as null".to_owned());
    let description = (!is_markdown(&field.hint)).then(|| field.hint.clone());
    let parts = again.into_iter().chain(description).chain(hints(field)).chain(null);
    parts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Reports whether somebody has entered this secret before, and the page does not carry it.
pub(super) fn must_enter_again(field: &Field, entries: &Entries) -> bool {
    let has = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    field.is_secret && !has("s") && (["v", "j", "u", ENTERED_BEFORE].into_iter().any(has))
}

/// Reports whether a field has its default. That of a sealed secret is compared when the secret is opened.
pub(super) fn is_untouched(field: &Field, entries: &Entries) -> bool {
    let is_sealed = entries.text_at("s", &field.pointer).is_some();
    shows_default(field, entries) || is_sealed && entries.has_at("d", &field.pointer)
}

pub(super) fn sealed_parts(pointer: &str, entries: &Entries) -> Vec<(String, String)> {
    let is_part = |name: &str| {
        name.strip_prefix('s').and_then(|place| place.strip_prefix(pointer)).is_some_and(|rest| rest.starts_with('/'))
    };
    let has_json = entries.text_at("j", pointer).is_some();
    entries.pairs().iter().filter(|(name, _)| has_json && is_part(name)).cloned().collect()
}

/// Returns the faults of a field. Those inside of JSON or of a list of lines are shown at that control.
pub(super) fn errors(field: &Field, shown: Shown<'_>) -> Vec<ErrorView> {
    let below = format!("{}/", field.pointer);
    let is_nested = field.control.has_inner() && !shown.entries.has_at("j", &field.pointer);
    // the field of the branch shows them
    let has_branch = is_nested && matches!(&field.control, Control::Union(union) if union.field.is_some());
    let is_name = |at: &str| at.strip_prefix(&below) == Some("~key");
    let is_here =
        |at: &str| (at == field.pointer && !has_branch) || (!is_nested && at.starts_with(&below) && !is_name(at));
    shown.faults.faults().iter().filter(|fault| is_here(&fault.field)).map(ErrorView::new).collect()
}

pub(super) fn on(field: &Field, entries: &Entries) -> Option<On> {
    let checked = entries.text_at("on", &field.pointer).is_some();
    // in a row, JSON says it
    let is_top = field.pointer.matches('/').count() == 1;
    let is_offered = field.required && field.empty_value == EmptyValue::Accepted && is_top;
    let is_left_out_if_empty = !field.required || field.nullable;
    let label = match &field.control {
        Control::Bytes(_) if !checked => return None,
        Control::Text(_) | Control::Bytes(_) | Control::Any(_) if is_offered || checked => "Send an empty text (\"\")",
        Control::Lines(_) | Control::Checks(_) if is_offered || checked => "Send an empty list ([])",
        Control::Rows(rows) if checked || rows.rows.is_empty() && is_left_out_if_empty && is_top => {
            "Send an empty list ([])"
        }
        Control::Group(group) if is_left_out_if_empty && !group.is_removable => {
            "Include it, even if nothing in it is changed"
        }
        Control::Fixed(_) if is_left_out_if_empty => "Send it",
        _ => return None,
    };
    let is_folded = !matches!(field.control, Control::Group(_) | Control::Fixed(_));
    Some(On { label, checked, is_folded })
}

/// Reports whether an empty control means null, because the value cannot be left out.
pub(super) fn is_null_if_empty(field: &Field) -> bool {
    field.required && field.nullable
}

pub(super) fn options(choices: &[Choice], is_chosen: impl Fn(&str) -> bool) -> Vec<OptionView> {
    let option = |(index, choice): (usize, &Choice)| {
        let value = index.to_string();
        OptionView { chosen: is_chosen(&value), label: choice.label.clone(), hint: choice.hint.clone(), value }
    };
    choices.iter().enumerate().map(option).collect()
}

/// Returns the options that contain all words, and the one that is chosen.
pub(super) fn filtered(options: Vec<OptionView>, words: &str) -> Vec<OptionView> {
    const MAX_SHOWN: usize = 100;
    let words: Vec<_> = words.to_lowercase().split_whitespace().map(ToOwned::to_owned).collect();
    let is_found = |option: &OptionView| words.iter().all(|word| option.label.to_lowercase().contains(word));
    let mut shown = 0;
    let mut is_kept = |option: &OptionView| {
        let is_shown = is_found(option) && shown < MAX_SHOWN;
        shown += usize::from(is_shown);
        is_shown || option.chosen
    };
    options.into_iter().filter(|option| is_kept(option)).collect()
}

pub(super) fn yes_no(field: &Field, typed: Option<&str>, entries: &Entries) -> Vec<OptionView> {
    let option = |value: &str, label: &str| OptionView {
        chosen: typed == Some(value),
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
    };
    let options = [option("true", "Yes"), option("false", "No")];
    options.into_iter().chain(empty_option(field, typed, entries)).collect()
}

pub(super) fn empty_option(field: &Field, typed: Option<&str>, entries: &Entries) -> Option<OptionView> {
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
pub(super) fn empty_choice(field: &Field) -> Option<&'static str> {
    match (field.required, field.nullable) {
        (false, _) => Some("Leave out"),
        (true, true) => Some("Null"),
        (true, false) => None,
    }
}
