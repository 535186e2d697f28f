//! A page of a table, as templates show it.

use super::links::ResultLinks;
use super::scalar::ScalarView;
use crate::tool_result::{Cell, Column, Direction, PageQuery, Scalar, Sort, Table};
use crate::web::when::Calendar;

/// A page of a table.
pub(super) struct TableView<'a> {
    pub(super) table: &'a Table,
    pub(super) pointer: &'a str,
    pub(super) links: &'a ResultLinks,
    pub(super) calendar: &'a Calendar,
}

impl TableView<'_> {
    /// Returns the selection of this page, from which others differ.
    fn query(&self) -> PageQuery {
        PageQuery { after: None, skipped_columns: self.table.skipped_columns, sort: self.table.sort.clone() }
    }

    fn href(&self, query: &PageQuery) -> String {
        self.links.page(self.pointer, query)
    }

    /// Returns the page with the rows in the order of a column: the other way round, if they are in its order.
    pub(super) fn sort_href(&self, column: &Column) -> String {
        let direction = match column.direction {
            Some(Direction::Ascending) => Direction::Descending,
            _ => Direction::Ascending,
        };
        self.href(&PageQuery { sort: Some(Sort { column: column.key.clone(), direction }), ..self.query() })
    }

    /// Returns the value of `aria-sort` of a column, if the rows are in its order.
    pub(super) const fn order(column: &Column) -> Option<&'static str> {
        match column.direction {
            None => None,
            Some(Direction::Ascending) => Some("ascending"),
            Some(Direction::Descending) => Some("descending"),
        }
    }

    pub(super) const fn order_icon(column: &Column) -> Option<&'static str> {
        match column.direction {
            None => None,
            Some(Direction::Ascending) => Some("arrow-up"),
            Some(Direction::Descending) => Some("arrow-down"),
        }
    }

    pub(super) fn row_href(&self, pointer: &str) -> String {
        self.links.part(pointer)
    }

    pub(super) fn cell<'b>(&'b self, cell: &Cell, scalar: &'b Scalar, column: &'b Column) -> ScalarView<'b> {
        let href = self.links.part(&cell.pointer);
        ScalarView { scalar, href, name: &column.label.text, calendar: self.calendar }
    }

    pub(super) fn next_href(&self) -> Option<String> {
        self.table.next.map(|after| self.href(&PageQuery { after: Some(after), ..self.query() }))
    }

    pub(super) fn first_columns_href(&self) -> Option<String> {
        (self.table.skipped_columns > 0).then(|| self.href(&PageQuery { skipped_columns: 0, ..self.query() }))
    }

    pub(super) fn next_columns_href(&self) -> Option<String> {
        let skipped_columns = self.table.next_columns()?;
        Some(self.href(&PageQuery { skipped_columns, ..self.query() }))
    }

    /// Returns "Rows 1 to 50 of 120. Columns 1 to 8 of 20.", or nothing if all of the table is here.
    pub(super) fn extent(&self) -> String {
        let extent = |noun: &str, skipped: usize, shown: usize, all: usize| {
            (shown < all).then(|| format!("{noun} {} to {} of {all}", skipped + 1, skipped + shown))
        };
        let table = self.table;
        let rows = extent("Rows", table.skipped_rows, table.rows.len(), table.row_count);
        let columns = extent("Columns", table.skipped_columns, table.columns.len(), table.column_count);
        rows.into_iter().chain(columns).collect::<Vec<_>>().join(". ")
    }
}
