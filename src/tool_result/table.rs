//! A list of objects as a table: sorted, and paged by the place of a row in the list.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::PageQuery;
use super::decimal;
use super::label::Label;
use super::pointer::child;
use super::scalar::{Scalar, moment};
use super::shape::Shape;
use super::size::size_words;
use crate::clock::Timestamp;

/// Rows on a page.
const MAX_ROWS: usize = 50;

/// Columns on a page.
const MAX_COLUMNS: usize = 8;

/// A page of a list of objects.
#[derive(Debug)]
pub struct Table {
    /// Columns on this page.
    pub columns: Vec<Column>,
    /// Rows on this page.
    pub rows: Vec<Row>,
    /// Number of rows in all.
    pub row_count: usize,
    /// Number of columns in all.
    pub column_count: usize,
    /// Number of columns before those of this page.
    pub skipped_columns: usize,
    /// Place of the row after which the next page begins.
    pub next: Option<usize>,
    /// Order of the rows.
    pub sort: Option<Sort>,
    /// Number of rows before those of this page.
    pub skipped_rows: usize,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Member of the rows.
    pub key: String,
    /// Heading.
    pub label: Label,
    /// Order of the rows, if they are sorted by this column.
    pub direction: Option<Direction>,
    /// Reports whether all values on this page are numbers.
    pub is_numeric: bool,
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// Place in the list, from 0.
    pub place: usize,
    /// JSON Pointer of the object.
    pub pointer: String,
    /// Values in the order of the columns.
    pub cells: Vec<Cell>,
}

/// A value in a row.
#[derive(Debug)]
pub struct Cell {
    /// JSON Pointer of the value.
    pub pointer: String,
    /// The value.
    pub value: CellValue,
}

/// The content of a cell.
#[derive(Debug)]
pub enum CellValue {
    /// The row has no such member.
    Missing,
    /// A value without members.
    Scalar(Scalar),
    /// A value on a page of its own, in words.
    Elsewhere(String),
}

/// The order of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Key of the column.
    pub column: String,
    /// Direction.
    pub direction: Direction,
}

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Table {
    /// Builds a page of a list of objects.
    pub(super) fn page(items: &[Value], pointer: &str, shape: Shape<'_>, query: &PageQuery) -> Self {
        let rows: Vec<&Map<String, Value>> = items.iter().filter_map(Value::as_object).collect();
        let keys = keys(&rows);
        let sort = query.sort.clone().filter(|sort| keys.contains(&sort.column.as_str()));
        let order = order(&rows, sort.as_ref());
        let first = query.after.and_then(|after| order.iter().position(|place| *place == after)).map_or(0, |at| at + 1);
        let shown = &order[first..order.len().min(first + MAX_ROWS)];
        let skipped_columns = if query.skipped_columns < keys.len() { query.skipped_columns } else { 0 };
        let columns: Vec<&str> = keys.iter().copied().skip(skipped_columns).take(MAX_COLUMNS).collect();
        let column = |key: &&str| Column {
            key: (*key).to_owned(),
            label: Label::new(key, shape.below("0").below(key).title()),
            direction: sort.as_ref().filter(|sort| sort.column == *key).map(|sort| sort.direction),
            is_numeric: is_numeric(shown.iter().filter_map(|place| rows[*place].get(*key))),
        };
        let row = |place: &usize| {
            let pointer = child(pointer, &place.to_string());
            let cells = columns.iter().map(|key| cell(&pointer, key, rows[*place].get(*key))).collect();
            Row { place: *place, pointer, cells }
        };
        Self {
            columns: columns.iter().map(column).collect(),
            rows: shown.iter().map(row).collect(),
            row_count: rows.len(),
            column_count: keys.len(),
            skipped_columns,
            next: shown.last().copied().filter(|_| first + shown.len() < order.len()),
            sort,
            skipped_rows: first,
        }
    }

    /// Returns the number of columns before those of the next page, if there are more.
    #[must_use]
    pub fn next_columns(&self) -> Option<usize> {
        let end = self.skipped_columns + self.columns.len();
        (end < self.column_count).then_some(end)
    }
}

/// Lists the members of all rows, in the order in which they come first.
fn keys<'a>(rows: &[&'a Map<String, Value>]) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    rows.iter().flat_map(|row| row.keys()).map(String::as_str).filter(|key| seen.insert(*key)).collect()
}

fn is_numeric<'a>(mut values: impl Iterator<Item = &'a Value>) -> bool {
    let mut has_number = false;
    let fits = values.all(|value| {
        has_number |= value.is_number();
        value.is_number() || value.is_null()
    });
    fits && has_number
}

fn cell(row: &str, key: &str, value: Option<&Value>) -> Cell {
    let content = match value {
        None => CellValue::Missing,
        Some(value) => {
            Scalar::read(value, true).map_or_else(|| CellValue::Elsewhere(size_words(value)), CellValue::Scalar)
        }
    };
    Cell { pointer: child(row, key), value: content }
}

/// Returns the places of the rows in their order. Equal rows stay as they are; rows without a value are last.
fn order(rows: &[&Map<String, Value>], sort: Option<&Sort>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    let Some(sort) = sort else { return places };
    let keys: Vec<SortKey> = rows.iter().map(|row| SortKey::new(row.get(&sort.column))).collect();
    places.sort_by(|a, b| keys[*a].compare(&keys[*b], sort.direction));
    places
}

/// A value in an order: numbers by value, moments by time, texts without case. Kinds of values follow each other.
#[derive(Debug)]
enum SortKey {
    Number(String),
    Moment(Timestamp),
    Text(String),
    Flag(bool),
    Members(usize),
    Nothing,
}

impl SortKey {
    fn new(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Nothing,
            Some(Value::Number(number)) => Self::Number(number.to_string()),
            Some(Value::Bool(flag)) => Self::Flag(*flag),
            // services spell amounts as texts, to keep them exact
            Some(Value::String(text)) if decimal::is_number(text.trim()) => Self::Number(text.trim().to_owned()),
            Some(Value::String(text)) => {
                moment(text).map_or_else(|| Self::Text(text.trim().to_lowercase()), Self::Moment)
            }
            Some(Value::Array(items)) => Self::Members(items.len()),
            Some(Value::Object(members)) => Self::Members(members.len()),
        }
    }

    fn compare(&self, other: &Self, direction: Direction) -> Ordering {
        let order = match (self, other) {
            (Self::Nothing, Self::Nothing) => return Ordering::Equal,
            (Self::Nothing, _) => return Ordering::Greater,
            (_, Self::Nothing) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => decimal::compare(a, b),
            (Self::Moment(a), Self::Moment(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Members(a), Self::Members(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        };
        match direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Moment(_) => 1,
            Self::Text(_) => 2,
            Self::Flag(_) => 3,
            Self::Members(_) => 4,
            Self::Nothing => 5,
        }
    }
}
