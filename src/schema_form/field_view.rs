//! The view of one field. `nested_view` has the views of controls that hold further fields.

use askama::Template;
use askama::filters::HtmlSafe;

use super::bytes_view::BytesView;
use super::control_view::{
    ErrorView, On, OptionView, Shown, empty_choice, empty_option, errors, filtered, hint, is_untouched,
    must_enter_again, on, options, sealed_parts, yes_no,
};
use super::description::{MoreView, is_markdown};
use super::entries::{ENTERED_BEFORE, HAD_BEFORE};
use super::field::{Control, Field};
use super::hints::example_lines;
use super::names::{id, label};
use super::nested_view::{GroupView, RowsView, UnionView};
use super::offer::Offer;
use super::scalar::Line;
use super::zones::{ZoneView, offsets, zones};
use crate::markdown::{SafeHtml, render_inline};

/// Maximum number of values that are shown as radio buttons; more are a select.
const MAX_RADIOS: usize = 7;

/// Maximum number of values of a select; of more, words choose some.
const MAX_OPTIONS: usize = 200;

/// The words that find some of many values.
struct SearchView {
    words: String,
    total: usize,
}

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
    /// The description, if it is Markdown.
    description: Option<SafeHtml>,
    more: Option<MoreView>,
    optional: bool,
    /// The faults of the value, and of what is inside of its JSON.
    errors: Vec<ErrorView>,
    described: String,
    /// The value is null if it is left out; `None` if that cannot be chosen.
    null: Option<bool>,
    on: Option<On>,
    /// The value is the default, and nobody changed it.
    is_untouched: bool,
    /// The label of the box of an optional secret that an earlier run had, and the page does not carry.
    had_before: Option<&'static str>,
    /// The sealed text of a secret.
    sealed: Option<String>,
    /// Names and texts of the sealed secrets that are masked in the field's JSON.
    sealed_parts: Vec<(String, String)>,
    widget: Widget,
    /// Example of a list, one item a line.
    example_lines: Vec<String>,
    /// Text of a select's empty option.
    empty_choice: &'static str,
    /// Choices beside the control.
    offer: Option<Offer>,
    /// The id of the element that gets the focus.
    focus: String,
    /// The field has its label, and an object its border; otherwise its row has them.
    has_frame: bool,
}

impl HtmlSafe for FieldView {}

enum Widget {
    Input { kind: &'static str, value: String, code: bool },
    Area { value: String, code: bool, is_list: bool },
    Radios(Vec<OptionView>),
    Boxes(Vec<OptionView>),
    Select { options: Vec<OptionView>, search: Option<SearchView> },
    Group(GroupView<FieldView>),
    Rows(RowsView<FieldView>),
    Union(UnionView<FieldView>),
    Closed,
    Bytes(BytesView),
    Any { value: String, kinds: Vec<OptionView> },
    Time { kind: &'static str, value: String, zone: &'static str, zones: Vec<ZoneView> },
    Fixed(String),
    Json { value: String, why: &'static str, has_fields: bool },
}

impl FieldView {
    pub(super) fn new(field: &Field, shown: Shown<'_>) -> Self {
        let entries = shown.entries;
        let pointer = field.pointer.as_str();
        // the field of the branch has the same pointer
        let id = match &field.control {
            Control::Union(union) => format!("{}__u", id(&union.state)),
            _ => id(pointer),
        };
        let errors = errors(field, shown);
        let hint = hint(field, entries);
        let description = is_markdown(&field.hint).then(|| render_inline(&field.hint));
        let is_named = field.name.is_empty() || field.label == label(&field.name);
        let name = (!is_named).then(|| field.name.clone());
        let widget = widget(field, shown);
        let was_entered =
            !field.required && must_enter_again(field, entries) && entries.has_at(ENTERED_BEFORE, pointer);
        let parts = [
            ("h", !hint.is_empty() || description.is_some() || name.is_some()),
            ("l", matches!(widget, Widget::Area { is_list: true, .. })),
            ("e", !errors.is_empty()),
        ];
        let described = parts.into_iter().filter(|(_, is_shown)| *is_shown).map(|(part, _)| format!("{id}__{part}"));
        let described = described.collect::<Vec<_>>().join(" ");
        Self {
            label: field.label.clone(),
            name,
            description,
            hint,
            example_lines: example_lines(field),
            more: field.more.as_deref().map(MoreView::new),
            optional: !field.required && !pointer.is_empty(),
            described,
            errors,
            null: (field.nullable && !field.required).then(|| entries.text_at("n", pointer).is_some()),
            on: on(field, entries),
            is_untouched: is_untouched(field, entries),
            had_before: was_entered.then_some(HAD_BEFORE),
            sealed: entries.text_at("s", pointer).filter(|text| !text.is_empty()).map(ToOwned::to_owned),
            sealed_parts: sealed_parts(pointer, entries),
            widget,
            empty_choice: empty_choice(field).unwrap_or("Choose…"),
            offer: None,
            focus: shown.focus.to_owned(),
            has_frame: true,
            pointer: pointer.to_owned(),
            id,
        }
    }
}

impl FieldView {
    /// Reports whether an element of the field gets the focus: the control, or one whose id ends in `part`.
    fn is_focused(&self, part: &str) -> bool {
        self.focus.strip_prefix(&self.id) == Some(part)
    }

    pub(super) fn is_at(&self, pointer: &str) -> bool {
        self.pointer == pointer
    }

    pub(super) fn set_offer(&mut self, offer: Offer) {
        self.offer = Some(offer);
    }
}

fn widget(field: &Field, all: Shown<'_>) -> Widget {
    let entries = all.entries;
    let view = |field: &Field, has_frame| FieldView { has_frame, ..FieldView::new(field, all) };
    let pointer = field.pointer.as_str();
    // no page shows a secret, sealed or not
    let shown = |prefix| entries.text_at(prefix, pointer).filter(|_| !field.is_secret);
    let typed = || shown("v").unwrap_or_default().to_owned();
    if let Some(text) = shown("j") {
        let why = match field.control {
            Control::Json(why) => why,
            _ => "Write this as JSON",
        };
        let has_fields = !matches!(field.control, Control::Json(_));
        return Widget::Json { value: text.to_owned(), why, has_fields };
    }
    match &field.control {
        Control::Text(Line::Secret) => Widget::Input { kind: "password", value: String::new(), code: false },
        Control::Text(Line::SecretArea) => Widget::Area { value: String::new(), code: true, is_list: false },
        Control::Text(Line::Plain) if typed().contains('\n') => {
            Widget::Area { value: typed(), code: false, is_list: false }
        }
        Control::Text(Line::Area) => Widget::Area { value: typed(), code: false, is_list: false },
        Control::Text(line @ (Line::Time | Line::DateTime)) => {
            let chosen = entries.text_at("z", pointer);
            let (kind, zone, zones) = match line {
                Line::Time => ("time", "Offset from UTC", offsets(chosen, &typed(), all.zone)),
                _ => ("datetime-local", "Time zone", zones(chosen, &typed(), all.zone)),
            };
            match zones {
                Some(zones) => Widget::Time { kind, value: typed(), zone, zones },
                None => Widget::Input { kind: "text", value: typed(), code: true },
            }
        }
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
        Control::Choice(choices) if choices.len() > MAX_OPTIONS => {
            let words = entries.text_at("q", pointer).unwrap_or_default();
            let all = options(choices, |index| shown("v") == Some(index));
            let search = Some(SearchView { words: words.to_owned(), total: all.len() });
            Widget::Select { options: filtered(all, words), search }
        }
        Control::Choice(choices) => {
            Widget::Select { options: options(choices, |index| shown("v") == Some(index)), search: None }
        }
        Control::Checks(choices) => {
            Widget::Boxes(options(choices, |index| !field.is_secret && entries.all("v", pointer).any(|it| it == index)))
        }
        Control::Lines(_) => Widget::Area { value: typed(), code: true, is_list: true },
        Control::Bytes(bytes) => Widget::Bytes(BytesView::new(field, bytes, entries)),
        Control::Any(kinds) => {
            let chosen = entries.text_at("t", pointer).unwrap_or("0");
            let kinds = kinds.iter().enumerate().map(|(index, kind)| OptionView {
                chosen: chosen == index.to_string(),
                value: index.to_string(),
                label: kind.label().to_owned(),
                hint: String::new(),
            });
            Widget::Any { value: typed(), kinds: kinds.collect() }
        }
        Control::Group(group) => Widget::Group(GroupView::new(field, group, all, &view)),
        Control::Rows(rows) => Widget::Rows(RowsView::new(field, rows, all, &view)),
        Control::Union(union) => Widget::Union(UnionView::new(field, union, &view)),
        Control::Closed => Widget::Closed,
        Control::Fixed(value) => Widget::Fixed(value.to_string()),
        Control::Json(why) => Widget::Json { value: String::new(), why, has_fields: false },
    }
}
