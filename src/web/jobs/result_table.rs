//! A list of flat objects in a result, as a table.

use serde_json::{Map, Value};

use super::cut_text::shorten;
use crate::foreign_text::clean_name;

const MAX_ROWS: usize = 50;
const MAX_COLUMNS: usize = 8;

/// Rows with column headings.
pub(super) struct Table {
    /// The name of the list in its object; empty for a result that is the list.
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) more: usize,
}

/// Builds a table, if every row is an object of plain values and the columns fit on a page.
pub(super) fn table(rows: &[Value]) -> Option<Table> {
    let objects: Vec<&Map<String, Value>> = rows.iter().map(Value::as_object).collect::<Option<_>>()?;
    let mut columns: Vec<String> = Vec::new();
    for (key, value) in objects.iter().flat_map(|object| object.iter()) {
        if value.is_object() || value.is_array() {
            return None;
        }
        if !columns.contains(key) {
            columns.push(key.clone());
        }
        if columns.len() > MAX_COLUMNS {
            return None;
        }
    }
    if columns.is_empty() {
        return None;
    }
    let row = |object: &&Map<String, Value>| columns.iter().map(|column| cell(object.get(column))).collect();
    Some(Table {
        name: String::new(),
        rows: objects.iter().take(MAX_ROWS).map(row).collect(),
        more: objects.len().saturating_sub(MAX_ROWS),
        columns: columns.iter().map(|column| clean_name(column).into_owned()).collect(),
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shorten(text).0,
        Some(other) => other.to_string(),
    }
}
