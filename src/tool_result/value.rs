//! Values with members, as far as a page shows them: objects as labels with values, lists, and what is on a page of its own.

use serde_json::Value;

use super::PageQuery;
use super::label::Label;
use super::pointer::child;
use super::scalar::Scalar;
use super::shape::Shape;
use super::size::{count_words, is_table, size_words};
use super::table::Table;

/// Deepest nesting on a page.
const MAX_DEPTH: usize = 3;

/// Most values on a page.
const MAX_VALUES: usize = 300;

/// Most members of the outermost value on a page.
const MAX_MEMBERS: usize = 100;

/// Most members of a value inside of another.
const MAX_NESTED_MEMBERS: usize = 20;

/// A value as a page shows it.
#[derive(Debug)]
pub enum Node {
    /// A value without members.
    Scalar(Scalar),
    /// Members of an object.
    Record(Group),
    /// Items of a list.
    List(Group),
    /// A list of objects.
    Table(Table),
    /// A value on a page of its own, in words: "12 rows".
    Elsewhere(String),
}

/// Some members of a value.
#[derive(Debug)]
pub struct Group {
    /// Members on this page.
    pub members: Vec<Member>,
    /// Place of the first of them.
    pub start: usize,
    /// Number of members of the value.
    pub count: usize,
    /// Place after which further members follow.
    pub next: Option<usize>,
}

/// A member of an object, or an item of a list.
#[derive(Debug)]
pub struct Member {
    /// Name of the member.
    pub label: Label,
    /// JSON Pointer of its value.
    pub pointer: String,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// Builds a page of a value.
    pub(super) fn page(value: &Value, pointer: &str, shape: Shape<'_>, query: &PageQuery) -> Self {
        match value {
            Value::Array(rows) if is_table(rows) => Self::Table(Table::page(rows, pointer, shape, query)),
            _ => Builder { left: MAX_VALUES }.node(value, pointer, shape, 0, query.after),
        }
    }

    /// Builds the first page of some members of an object.
    pub(super) fn record<'a>(
        members: impl Iterator<Item = (usize, &'a String, &'a Value)>,
        count: usize,
        pointer: &str,
        shape: Shape<'_>,
    ) -> Self {
        let members = members.map(|(place, key, value)| (place, key.clone(), value));
        Self::Record(Builder { left: MAX_VALUES }.group(members, count, pointer, shape, 0))
    }

    /// Describes all of the value in words: "120 rows", "3 values".
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::Table(table) => count_words(table.row_count, "row"),
            Self::Elsewhere(words) => words.clone(),
            Self::Scalar(_) => "Value".to_owned(),
            Self::Record(_) | Self::List(_) => self.summary().unwrap_or_default(),
        }
    }

    /// Reports whether a value has few members.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        matches!(self, Self::Record(group) | Self::List(group) if group.count <= 6)
    }

    /// Returns the number of members in words, such as "3 values", for a value that folds away.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        match self {
            Self::Record(group) => Some(count_words(group.count, "value")),
            Self::List(group) => Some(count_words(group.count, "item")),
            _ => None,
        }
    }
}

/// Builds the values of a page, of which there are only so many.
struct Builder {
    left: usize,
}

impl Builder {
    fn node(&mut self, value: &Value, pointer: &str, shape: Shape<'_>, depth: usize, after: Option<usize>) -> Node {
        self.left = self.left.saturating_sub(1);
        if let Some(scalar) = Scalar::read(value, false) {
            return Node::Scalar(scalar);
        }
        let skipped = after.map_or(0, |after| after.saturating_add(1));
        match value {
            Value::Array(rows) if depth > 0 && is_table(rows) => Node::Elsewhere(size_words(value)),
            _ if depth > MAX_DEPTH || self.left == 0 => Node::Elsewhere(size_words(value)),
            Value::Object(members) => {
                let all =
                    members.iter().enumerate().skip(skipped).map(|(place, (key, value))| (place, key.clone(), value));
                Node::Record(self.group(all, members.len(), pointer, shape, depth))
            }
            Value::Array(items) => {
                let all =
                    items.iter().enumerate().skip(skipped).map(|(place, value)| (place, place.to_string(), value));
                Node::List(self.group(all, items.len(), pointer, shape, depth))
            }
            _ => Node::Elsewhere(size_words(value)),
        }
    }

    fn group<'a>(
        &mut self,
        values: impl Iterator<Item = (usize, String, &'a Value)>,
        count: usize,
        pointer: &str,
        shape: Shape<'_>,
        depth: usize,
    ) -> Group {
        let limit = if depth == 0 { MAX_MEMBERS } else { MAX_NESTED_MEMBERS };
        let mut group = Group { members: Vec::new(), start: 0, count, next: None };
        let mut last = None;
        for (place, key, value) in values {
            if group.members.len() == limit || (self.left == 0 && last.is_some()) {
                group.next = last;
                break;
            }
            if last.is_none() {
                group.start = place;
            }
            last = Some(place);
            let (pointer, shape) = (child(pointer, &key), shape.below(&key));
            let node = self.node(value, &pointer, shape, depth + 1, None);
            group.members.push(Member { label: Label::new(&key, shape.title()), pointer, node });
        }
        group
    }
}
