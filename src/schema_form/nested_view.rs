//! The views of controls that hold further fields: objects, lists, and values of several kinds. `view` makes the view of a
//! field, with or without its frame.

use super::control_view::{ErrorView, OptionView, Shown};
use super::field::{Branch, Control, Field, Group, Map, Rows, Union};
use super::names::{id, with_article};
use super::tuck::{has_fault, tuck};

/// The fields of an object.
pub(super) struct GroupView<F> {
    pub(super) shown: Vec<F>,
    /// The fields behind "More options".
    pub(super) more: Vec<F>,
    pub(super) more_is_open: bool,
    pub(super) rules: Vec<String>,
    pub(super) map: Option<RowsView<F>>,
    /// The form has a button that removes the object.
    pub(super) is_removable: bool,
}

/// The rows of a list, or of names of one's choice.
pub(super) struct RowsView<F> {
    /// Pointer, id and label of the list.
    pub(super) pointer: String,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) rows: Vec<RowView<F>>,
    /// The id of the element that gets the focus.
    pub(super) focus: String,
    /// A row with its article: "an assignee".
    pub(super) noun: String,
    pub(super) can_add: bool,
    pub(super) max: usize,
    pub(super) name_hint: String,
}

/// A row.
pub(super) struct RowView<F> {
    /// The id under which the form sends the row; `None` for an item that has its place.
    pub(super) row: Option<String>,
    pub(super) pointer: String,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    /// The name that somebody chose.
    pub(super) key: Option<KeyView>,
    /// Several controls belong to the row.
    pub(super) is_group: bool,
    pub(super) field: F,
}

/// The name of a row.
pub(super) struct KeyView {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) errors: Vec<ErrorView>,
}

/// A value of one of several kinds.
pub(super) struct UnionView<F> {
    pub(super) state: String,
    pub(super) id: String,
    pub(super) options: Vec<OptionView>,
    /// The index of the branch whose fields are shown.
    pub(super) shown: String,
    pub(super) field: Option<Box<F>>,
}

impl<F> GroupView<F> {
    pub(super) fn new(field: &Field, group: &Group, shown: Shown<'_>, view: &dyn Fn(&Field, bool) -> F) -> Self {
        // a branch is told apart by its label, not by its constants
        let is_branch = !field.pointer.is_empty() && field.name.is_empty();
        let has_control = |inner: &&Field| !is_branch || !matches!(inner.control, Control::Fixed(_)) || !inner.required;
        let (more, first) =
            tuck(group.fields.iter().filter(|field| has_control(field) && !shown.hides(field)), shown.entries);
        let views = |fields: Vec<&Field>| fields.into_iter().map(|field| view(field, true)).collect();
        let has_focus = |field: &&Field| !shown.focus.is_empty() && shown.focus.starts_with(&id(&field.pointer));
        Self {
            more_is_open: more.iter().any(|field| has_fault(field, shown.faults)) || more.iter().any(has_focus),
            shown: views(first),
            more: views(more),
            rules: group.rules.clone(),
            map: group.map.as_ref().map(|map| RowsView::of_names(field, map, shown, view)),
            is_removable: group.is_removable,
        }
    }
}

impl<F> RowsView<F> {
    /// Reports whether an element gets the focus.
    pub(super) fn is_focused(&self, id: &str, part: &str) -> bool {
        self.focus.strip_prefix(id) == Some(part)
    }

    pub(super) fn new(field: &Field, rows: &Rows, shown: Shown<'_>, view: &dyn Fn(&Field, bool) -> F) -> Self {
        Self {
            pointer: field.pointer.clone(),
            id: id(&field.pointer),
            label: field.label.clone(),
            focus: shown.focus.to_owned(),
            rows: row_views(&rows.rows, rows.fixed, shown, false, view),
            noun: with_article(&rows.noun),
            can_add: rows.rows.len() < rows.max,
            max: rows.max,
            name_hint: String::new(),
        }
    }

    fn of_names(field: &Field, map: &Map, shown: Shown<'_>, view: &dyn Fn(&Field, bool) -> F) -> Self {
        Self {
            pointer: field.pointer.clone(),
            id: id(&field.pointer),
            label: field.label.clone(),
            focus: shown.focus.to_owned(),
            rows: row_views(&map.rows, 0, shown, true, view),
            noun: with_article(&map.noun),
            can_add: map.rows.len() < map.max,
            max: map.max,
            name_hint: map.name_hint.clone(),
        }
    }
}

fn row_views<F>(
    rows: &[Field],
    fixed: usize,
    shown: Shown<'_>,
    is_named: bool,
    view: &dyn Fn(&Field, bool) -> F,
) -> Vec<RowView<F>> {
    let row = |(at, field): (usize, &Field)| {
        let step = field.pointer.rsplit('/').next().unwrap_or_default().trim_start_matches("~k");
        let place = format!("{}/~key", field.pointer);
        let key = || KeyView {
            id: id(&place),
            value: shown.entries.text_at("k", &field.pointer).unwrap_or_default().to_owned(),
            errors: shown.faults.faults().iter().filter(|fault| fault.field == place).map(ErrorView::new).collect(),
        };
        let is_group = matches!(field.control, Control::Group(_)) && !shown.entries.has_at("j", &field.pointer);
        RowView {
            row: (at >= fixed).then(|| step.to_owned()),
            pointer: field.pointer.clone(),
            id: id(&field.pointer),
            label: field.label.clone(),
            is_first: at == fixed,
            is_last: at + 1 == rows.len(),
            key: is_named.then(key),
            is_group: is_named || is_group,
            field: view(field, !is_group && !is_named),
        }
    };
    rows.iter().enumerate().map(row).collect()
}

impl<F> UnionView<F> {
    pub(super) fn new(field: &Field, union: &Union, view: &dyn Fn(&Field, bool) -> F) -> Self {
        let option = |(index, branch): (usize, &Branch)| OptionView {
            value: index.to_string(),
            label: branch.label.clone(),
            hint: branch.hint.clone(),
            chosen: union.picked == Some(index),
        };
        let none = (!field.required || field.nullable).then(|| OptionView {
            value: String::new(),
            label: if field.required { "Null" } else { "Leave out" }.to_owned(),
            hint: String::new(),
            chosen: union.picked.is_none(),
        });
        Self {
            state: union.state.clone(),
            id: format!("{}__b", id(&union.state)),
            options: union.branches.iter().enumerate().map(option).chain(none).collect(),
            shown: union.picked.map(|picked| picked.to_string()).unwrap_or_default(),
            field: union.field.as_ref().map(|field| Box::new(view(field, true))),
        }
    }
}
