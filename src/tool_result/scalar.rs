//! Values without members: how a person reads each of them.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use super::text::{TextPiece, offset, pieces};
use crate::clock::Timestamp;

/// Most characters of a text in a cell of a table.
const MAX_CELL_LENGTH: usize = 200;

/// Most characters of a text among other values.
const MAX_VALUE_LENGTH: usize = 2_000;

/// A value without members.
#[derive(Debug)]
pub enum Scalar {
    /// A value that says that there is none.
    Nothing(&'static str),
    /// Yes or no.
    Bool(bool),
    /// A number, as its server spells it.
    Number(String),
    /// A moment with its time zone.
    Moment(Timestamp),
    /// A text, in pieces.
    Text {
        /// The pieces.
        pieces: Vec<TextPiece>,
        /// Reports whether only the beginning is here.
        is_cut: bool,
        /// Reports whether the text has several lines.
        has_lines: bool,
    },
}

impl Scalar {
    /// Reads a value, if it has no members. `is_cell` is true for a place where a long text is cut early.
    pub(super) fn read(value: &Value, is_cell: bool) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Nothing("none"),
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::text(text, if is_cell { MAX_CELL_LENGTH } else { MAX_VALUE_LENGTH }),
            Value::Array(items) if items.is_empty() => Self::Nothing("empty list"),
            Value::Object(members) if members.is_empty() => Self::Nothing("no values"),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    fn text(text: &str, limit: usize) -> Self {
        if text.is_empty() {
            return Self::Nothing("empty text");
        }
        if let Some(moment) = moment(text) {
            return Self::Moment(moment);
        }
        let end = offset(text, limit);
        let has_lines = text[..end].trim_end().contains('\n');
        Self::Text { pieces: pieces(&text[..end]), is_cut: end < text.len(), has_lines }
    }
}

/// Parses a moment that names its time zone. A text without one is left to its reader.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    // most texts are none
    if !(20..=40).contains(&text.len()) || !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    Timestamp::parse(text, &Rfc3339).ok()
}
