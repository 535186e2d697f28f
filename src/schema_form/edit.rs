//! Changes of the shape of a form: its rows, the branches of its unions, and fields as JSON. Everything typed stays.

use super::applicable::REFRESH_ID;
use super::builder::Builder;
use super::entries::{Entries, ONLY_APPLICABLE, is_below, pretty};
use super::field::{Control, Field};
use super::field_place::Source;
use super::group_builder::MAX_ROWS;
use super::json_text;
use super::mask::mask;
use super::names::id;
use super::parse::{Parser, parse_as_shown};
use super::plan::Plan;
use crate::error::{Error, Result};

/// A form after a button changed its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedForm {
    /// The contents.
    pub entries: Entries,
    /// The id of the element that gets the focus; empty for none.
    pub focus: String,
}

impl Entries {
    /// Applies the button that [`Op::Edit`](super::Op::Edit) stands for. A button of an earlier form changes nothing.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] if the text of a field is not JSON, or is JSON that its fields cannot show, or if JSON has
    /// no place for a row or a file.
    pub fn edited(&self, plan: &Plan) -> Result<EditedForm> {
        let mut entries = self.clone();
        entries.retain(|(name, _)| name != "op");
        let op = self.get("op").unwrap_or_default();
        let (op, pointer) = op.split_once(':').unwrap_or((op, ""));
        let root = plan.root(&entries);
        let fields = root.all();
        let field = fields.iter().copied().find(|field| field.pointer == pointer);
        let focus = match (op, field) {
            ("add", Some(field)) => entries.add(plan, field),
            ("del", Some(field)) if entries.is_removable(field) => entries.delete(field),
            ("up", Some(field)) => entries.move_row(field, -1),
            ("down", Some(field)) => entries.move_row(field, 1),
            ("copy", Some(field)) => entries.copy_row(plan, field),
            ("raw", Some(field)) => {
                plan.check_before_json(&entries, pointer)?;
                entries.write_as_json(plan, field)
            }
            ("form", Some(field)) if entries.has_at("j", pointer) => entries.write_as_fields(plan, field)?,
            ("pick", _) => entries.show_branch(plan, pointer),
            ("filter", Some(field)) => id(&field.pointer),
            ("refresh", _) => entries.hide_inapplicable(pointer != "all"),
            _ => String::new(),
        };
        Ok(EditedForm { entries, focus })
    }

    /// Hides the fields whose condition does not hold, or shows all.
    fn hide_inapplicable(&mut self, is_on: bool) -> String {
        self.retain(|(name, _)| name != ONLY_APPLICABLE);
        if is_on {
            self.push(ONLY_APPLICABLE, "", "on");
        }
        REFRESH_ID.to_owned()
    }

    /// Adds a row, or an optional object.
    fn add(&mut self, plan: &Plan, field: &Field) -> String {
        let pointer = &field.pointer;
        let (row, source) = match &field.control {
            Control::Rows(rows) if rows.rows.len() < rows.max => {
                let next = self.next_id(pointer).max(rows.fixed);
                self.push("r", pointer, next.to_string());
                (format!("{pointer}/{next}"), Source::Blank { is_left_out: false })
            }
            Control::Group(group) if group.map.as_ref().is_some_and(|map| map.rows.len() < map.max) => {
                let next = self.next_id(pointer);
                self.push("r", pointer, next.to_string());
                (format!("{pointer}/~k{next}"), Source::Blank { is_left_out: false })
            }
            Control::Closed => {
                self.push("on", pointer, "on");
                (pointer.clone(), Source::Carried)
            }
            _ => return String::new(),
        };
        let root = Builder::new(&plan.schema, self).replacing(&row, source).root(Source::Entries);
        focus_of(&root, &row)
    }

    /// Reports whether a field is a row, or an optional object that a button removes.
    fn is_removable(&self, field: &Field) -> bool {
        self.row_place(&field.pointer).is_some()
            || matches!(&field.control, Control::Group(group) if group.is_removable)
    }

    /// Returns the id of the next row of a list.
    fn next_id(&self, pointer: &str) -> usize {
        self.all("r", pointer).filter_map(|text| text.parse::<usize>().ok()).max().map_or(0, |id| id.saturating_add(1))
    }

    /// Removes a row, or an optional object. The focus goes to the next row, or to the button that adds one.
    fn delete(&mut self, field: &Field) -> String {
        let pointer = &field.pointer;
        let next = self.row_place(pointer).map(|(list, at, ids)| {
            let after = ids.get(at + 1).or_else(|| at.checked_sub(1).and_then(|before| ids.get(before)));
            let next = after.map_or_else(
                || format!("{}__add", id(&list)),
                |row| format!("{}__del", id(&row_pointer(&list, pointer, *row))),
            );
            self.retain(|(name, text)| name.strip_prefix('r') != Some(list.as_str()) || *text != ids[at].to_string());
            next
        });
        let focus = next.unwrap_or_else(|| format!("{}__add", id(pointer)));
        self.remove_below(pointer);
        focus
    }

    /// Returns the list of a row, the place of the row in it, and the ids of all rows.
    fn row_place(&self, pointer: &str) -> Option<(String, usize, Vec<usize>)> {
        let (list, row) = pointer.rsplit_once('/')?;
        let row: usize = row.trim_start_matches("~k").parse().ok()?;
        let ids: Vec<usize> = self.all("r", list).filter_map(|text| text.parse().ok()).collect();
        let at = ids.iter().position(|id| *id == row)?;
        Some((list.to_owned(), at, ids))
    }

    /// Moves a row before the one above it, or behind the one below it. The focus stays on the button, or goes to the other one
    /// at an end.
    fn move_row(&mut self, field: &Field, by: isize) -> String {
        let Some((list, at, mut ids)) = self.row_place(&field.pointer) else { return String::new() };
        let Some(to) = at.checked_add_signed(by).filter(|to| *to < ids.len()) else { return String::new() };
        ids.swap(at, to);
        self.set_rows(&list, &ids);
        let can_go_on = if by < 0 { to > 0 } else { to + 1 < ids.len() };
        let button = if (by < 0) == can_go_on { "up" } else { "down" };
        format!("{}__{button}", id(&field.pointer))
    }

    fn set_rows(&mut self, list: &str, ids: &[usize]) {
        self.retain(|(name, _)| name.strip_prefix('r') != Some(list));
        for row in ids {
            self.push("r", list, row.to_string());
        }
    }

    /// Adds a copy of a row behind it.
    fn copy_row(&mut self, plan: &Plan, field: &Field) -> String {
        let Some((list, at, mut ids)) = self.row_place(&field.pointer) else { return String::new() };
        if ids.len() >= MAX_ROWS {
            return format!("{}__del", id(&field.pointer));
        }
        let next = self.next_id(&list);
        let copy = row_pointer(&list, &field.pointer, next);
        let of_row: Vec<_> = self.pairs().iter().filter(|(name, _)| is_below(name, &field.pointer)).cloned().collect();
        for (name, text) in of_row {
            let (prefix, place) = super::entries::split_name(&name);
            self.push(prefix, &format!("{copy}{}", &place[field.pointer.len()..]), text);
        }
        ids.insert(at + 1, next);
        self.set_rows(&list, &ids);
        focus_of(&plan.root(self), &copy)
    }

    /// Shows the fields of the branch that is picked.
    fn show_branch(&mut self, plan: &Plan, state: &str) -> String {
        let root = Builder::new(&plan.schema, self).root(Source::Entries);
        let picked = self.text_at("b", state).unwrap_or_default().to_owned();
        self.set("w", state, picked);
        let fields = root.all();
        let union = fields.iter().find_map(|field| match &field.control {
            Control::Union(union) if union.state == state => Some(union),
            _ => None,
        });
        union
            .and_then(|union| union.field.as_ref())
            .map_or_else(|| format!("{}__b", id(state)), |field| first_control(field))
    }

    /// Shows a field as JSON. Secrets in it are masked, and stay beside it.
    fn write_as_json(&mut self, plan: &Plan, field: &Field) -> String {
        let pointer = &field.pointer;
        if let Ok(value) = parse_as_shown(plan, self) {
            let masked = mask(&plan.schema, &value);
            let root = plan.root(self);
            let mut parser = Parser::new(self);
            parser.whole(&root);
            let place = parser.places.iter().find(|(_, at)| at.pointer == *pointer).map(|(place, _)| place.clone());
            let parts = place.and_then(|place| Some((value.pointer(&place)?.clone(), masked.pointer(&place)?.clone())));
            self.remove_contents_below(pointer);
            match parts {
                Some((value, masked)) => {
                    self.push("j", pointer, pretty(&masked));
                    self.push_masked(&value, &masked, pointer);
                }
                None => self.push("j", pointer, ""),
            }
        }
        id(pointer)
    }

    /// Shows the JSON of a field as fields.
    fn write_as_fields(&mut self, plan: &Plan, field: &Field) -> Result<String> {
        let pointer = &field.pointer;
        let text = self.text_at("j", pointer).unwrap_or_default().to_owned();
        let value = if text.trim().is_empty() {
            None
        } else {
            let mut value = json_text::read(&text).map_err(|message| Error::field(pointer.clone(), message))?;
            self.unmask(&mut value, pointer);
            Some(value)
        };
        let mut filled = self.clone();
        filled.remove_contents_below(pointer);
        let source = value.as_ref().map_or(Source::Blank { is_left_out: false }, Source::Value);
        let root = Builder::new(&plan.schema, &mut filled).replacing(pointer, source).root(Source::Entries);
        if filled.has_at("j", pointer) {
            let message =
                "The fields cannot show this JSON: compare it with the names and kinds of value that the tool takes";
            return Err(Error::field(pointer.clone(), message));
        }
        *self = filled;
        Ok(focus_of(&root, pointer))
    }

    /// Removes the contents of a field. Its name, if somebody chose that, stays.
    fn remove_contents_below(&mut self, pointer: &str) {
        let name = format!("k{pointer}");
        self.retain(|(other, _)| *other == name || !is_below(other, pointer));
    }
}

/// Returns the pointer of another row of the same list.
fn row_pointer(list: &str, sibling: &str, row: usize) -> String {
    let mark = if sibling[list.len()..].starts_with("/~k") { "~k" } else { "" };
    format!("{list}/{mark}{row}")
}

/// Returns the id of the element that gets the focus when a field has been added: its first control.
fn focus_of(root: &Field, pointer: &str) -> String {
    let fields = root.all();
    let is_named = pointer.rsplit('/').next().is_some_and(|step| step.starts_with("~k"));
    match fields.iter().find(|field| field.pointer == pointer) {
        Some(_) if is_named => id(&format!("{pointer}/~key")),
        Some(field) => first_control(field),
        None => String::new(),
    }
}

fn first_control(field: &Field) -> String {
    match &field.control {
        Control::Union(union) => format!("{}__b", id(&union.state)),
        Control::Group(group) => group.fields.first().map_or_else(|| id(&field.pointer), first_control),
        Control::Rows(rows) => rows.rows.first().map_or_else(|| format!("{}__add", id(&field.pointer)), first_control),
        Control::Closed => format!("{}__add", id(&field.pointer)),
        _ => id(&field.pointer),
    }
}
