//! The view of a form: its plan, its contents, and its faults.

use askama::Template;
use askama::filters::HtmlSafe;

use super::entries::{ENTERED_BEFORE, Entries, WHOLE_INPUT};
use super::field::{Choice, Control, Field, Line};
use super::names::id;
use super::plan::{Plan, Root};
use crate::error::FieldFaults;

/// Maximum number of values that are shown as radio buttons; more are a select.
const MAX_RADIOS: usize = 7;

/// Fewer optional fields than this are always visible.
const MIN_TUCKED_FIELDS: usize = 3;

/// The fields of a form, to be placed between `<form>` and its buttons.
#[derive(Template)]
#[template(path = "schema_form/form.html")]
pub struct FormView {
    summary: Vec<Fault>,
    whole: Option<Whole>,
    shown: Vec<FieldView>,
    more: Vec<FieldView>,
    more_is_open: bool,
    is_open: bool,
}

// askama has escaped the contents
impl HtmlSafe for FormView {}

/// The summary of a form's faults, which is placed above the form and gets the focus.
#[derive(Template)]
#[template(path = "schema_form/summary.html")]
pub struct SummaryView {
    faults: Vec<Fault>,
}

impl HtmlSafe for SummaryView {}

/// A fault, and the id that it links to.
#[derive(Clone)]
struct Fault {
    href: String,
    message: String,
}

/// The whole input as one text area with JSON.
struct Whole {
    text: String,
    why: String,
    error: Option<String>,
}

/// The view of one field.
#[derive(Template)]
#[template(path = "schema_form/field.html")]
struct FieldView {
    id: String,
    pointer: String,
    label: String,
    name: String,
    hint: String,
    more: Option<String>,
    optional: bool,
    error: Option<String>,
    described: String,
    null: Option<bool>,
    on: Option<On>,
    widget: Widget,
}

impl HtmlSafe for FieldView {}

/// A check box that sends an empty value.
struct On {
    label: &'static str,
    checked: bool,
}

enum Widget {
    Input { kind: &'static str, value: String, code: bool },
    Area { value: String, code: bool },
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

impl FormView {
    /// Combines a plan with the contents of a form and its faults.
    #[must_use]
    pub fn new(plan: &Plan, entries: &Entries, faults: &FieldFaults) -> Self {
        let (fields, why) = match &plan.root {
            Root::Fields(fields) if !entries.is_json() => (fields.as_slice(), None),
            Root::Fields(_) => (&[][..], Some(String::new())),
            Root::Json(why) => (&[][..], Some(why.clone())),
        };
        let whole = why.map(|why| Whole {
            text: entries.get(WHOLE_INPUT).unwrap_or_default().to_owned(),
            why,
            error: faults.faults().first().map(|fault| fault.message.clone()),
        });
        let optional = fields.iter().filter(|field| is_tucked(field, entries)).count();
        let tuck = optional >= MIN_TUCKED_FIELDS && optional < fields.len();
        let (more, shown): (Vec<_>, Vec<_>) = fields.iter().partition(|field| tuck && is_tucked(field, entries));
        let views =
            |fields: Vec<&Field>| fields.into_iter().map(|field| FieldView::new(field, entries, faults)).collect();
        Self {
            more_is_open: more.iter().any(|field| has_fault(field, faults)),
            summary: summary(plan, faults, whole.is_some()),
            whole,
            shown: views(shown),
            more: views(more),
            is_open: plan.is_open && !entries.is_json(),
        }
    }

    /// Returns the summary, to be placed first in the page.
    #[must_use]
    pub fn summary(&self) -> SummaryView {
        SummaryView { faults: self.summary.clone() }
    }
}

/// Reports whether an optional field is empty, so that it can be behind "More options".
fn is_tucked(field: &Field, entries: &Entries) -> bool {
    let typed = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    let inner_typed = match &field.control {
        Control::Group(inner) => inner.iter().any(|field| !is_tucked(field, entries)),
        _ => false,
    };
    !field.required && !["v", "on", "n", "j", ENTERED_BEFORE].into_iter().any(typed) && !inner_typed
}

fn has_fault(field: &Field, faults: &FieldFaults) -> bool {
    faults
        .faults()
        .iter()
        .any(|fault| fault.field == field.pointer || fault.field.starts_with(&format!("{}/", field.pointer)))
}

/// Returns the faults in the order of the page. A fault without a field links to the parent field, or to the form.
fn summary(plan: &Plan, faults: &FieldFaults, is_json: bool) -> Vec<Fault> {
    let order: Vec<_> = plan.fields().map(|field| field.pointer.as_str()).collect();
    let place =
        |pointer: &str| order.iter().rposition(|known| *known == pointer || pointer.starts_with(&format!("{known}/")));
    let mut placed: Vec<_> = faults.faults().iter().map(|fault| (place(&fault.field), fault)).collect();
    placed.sort_by_key(|(place, _)| place.unwrap_or(0));
    let href = |at: Option<usize>| match at {
        Some(at) if !is_json => format!("#{}", id(order[at])),
        _ => "#f".to_owned(),
    };
    placed.into_iter().map(|(at, fault)| Fault { href: href(at), message: fault.message.clone() }).collect()
}

impl FieldView {
    fn new(field: &Field, entries: &Entries, faults: &FieldFaults) -> Self {
        let pointer = field.pointer.as_str();
        let id = id(pointer);
        let error = faults.message_for(pointer).or_else(|| inner_fault(field, faults)).map(ToOwned::to_owned);
        let described = match &error {
            Some(_) => format!("{id}-h {id}-e"),
            None => format!("{id}-h"),
        };
        let again = must_enter_again(field, entries).then(|| "Enter it again".to_owned());
        let hint = again.iter().chain([&field.hint]).chain(&field.limits).filter(|text| !text.is_empty()).cloned();
        Self {
            label: field.label.clone(),
            name: field.name.clone(),
            hint: hint.collect::<Vec<_>>().join(" · "),
            more: field.more.clone(),
            optional: !field.required,
            described,
            error,
            null: field.nullable.then(|| entries.text_at("n", pointer).is_some()),
            on: on(field, entries),
            widget: widget(field, entries, faults),
            pointer: pointer.to_owned(),
            id,
        }
    }
}

/// Reports whether somebody has entered this secret before. A page shows no secret, so the field is empty.
fn must_enter_again(field: &Field, entries: &Entries) -> bool {
    let has = |prefix| entries.text_at(prefix, &field.pointer).is_some_and(|text| !text.is_empty());
    matches!(field.control, Control::Text(Line::Secret)) && (has("v") || has(ENTERED_BEFORE))
}

/// Returns the fault inside of a list or text area, which is shown at that control.
fn inner_fault<'a>(field: &Field, faults: &'a FieldFaults) -> Option<&'a str> {
    if matches!(field.control, Control::Group(_)) {
        return None;
    }
    let below = format!("{}/", field.pointer);
    faults.faults().iter().find(|fault| fault.field.starts_with(&below)).map(|fault| fault.message.as_str())
}

fn on(field: &Field, entries: &Entries) -> Option<On> {
    let checked = entries.text_at("on", &field.pointer).is_some();
    let label = match &field.control {
        Control::Text(line) if *line != Line::Secret && (field.required || checked) => "Send it as empty text",
        Control::Lines(_) | Control::Checks(_) if field.required || checked => "Send it as an empty list",
        Control::Group(_) if !field.required => "Include it",
        Control::Fixed(_) if !field.required => "Send it",
        _ => return None,
    };
    Some(On { label, checked })
}

fn widget(field: &Field, entries: &Entries, faults: &FieldFaults) -> Widget {
    let pointer = field.pointer.as_str();
    let typed = || entries.text_at("v", pointer).unwrap_or_default().to_owned();
    if let Some(text) = entries.text_at("j", pointer) {
        return Widget::Json { value: text.to_owned(), why: "This value is shown as JSON" };
    }
    match &field.control {
        Control::Text(Line::Secret) => Widget::Input { kind: "password", value: String::new(), code: false },
        Control::Text(Line::Area) => Widget::Area { value: typed(), code: false },
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
        Control::Number => Widget::Input { kind: "text", value: typed(), code: true },
        Control::YesNo => Widget::Radios(yes_no(field, &typed())),
        Control::Choice(choices) if choices.len() <= MAX_RADIOS => {
            let mut options = options(choices, |index| typed() == index);
            if !field.required {
                options.push(left_out(typed().is_empty()));
            }
            Widget::Radios(options)
        }
        Control::Choice(choices) => Widget::Select(options(choices, |index| typed() == index)),
        Control::Checks(choices) => Widget::Boxes(options(choices, |index| entries.all(pointer).any(|it| it == index))),
        Control::Lines(_) => Widget::Area { value: typed(), code: true },
        Control::Group(inner) => {
            Widget::Group(inner.iter().map(|field| FieldView::new(field, entries, faults)).collect())
        }
        Control::Fixed(value) => Widget::Fixed(value.to_string()),
        Control::Json(why) => Widget::Json { value: String::new(), why },
    }
}

fn options(choices: &[Choice], is_chosen: impl Fn(&str) -> bool) -> Vec<OptionView> {
    let option = |(index, choice): (usize, &Choice)| {
        let value = index.to_string();
        OptionView { chosen: is_chosen(&value), label: choice.label.clone(), hint: choice.hint.clone(), value }
    };
    choices.iter().enumerate().map(option).collect()
}

fn yes_no(field: &Field, typed: &str) -> Vec<OptionView> {
    let option = |value: &str, label: &str| OptionView {
        chosen: typed == value,
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
    };
    let mut options = vec![option("true", "Yes"), option("false", "No")];
    if !field.required {
        options.push(left_out(typed.is_empty()));
    }
    options
}

fn left_out(chosen: bool) -> OptionView {
    OptionView { value: String::new(), label: "Leave out".to_owned(), hint: String::new(), chosen }
}
