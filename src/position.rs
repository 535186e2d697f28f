//! Position of a byte in a text, as people count.

use std::fmt;

/// Line and column, both from 1. A column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl LineColumn {
    /// Returns the position of the byte at `offset`.
    #[must_use]
    pub fn at_offset(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let in_line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: in_line.chars().count() + 1 }
    }
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::LineColumn;

    #[test]
    fn lines_and_characters_are_counted_from_one() {
        let text = "a\n“b” c";
        assert_eq!(LineColumn::at_offset(text, 0).to_string(), "line 1, column 1");
        assert_eq!(LineColumn::at_offset(text, 1).to_string(), "line 1, column 2");
        assert_eq!(LineColumn::at_offset(text, 2).to_string(), "line 2, column 1");
        assert_eq!(LineColumn::at_offset(text, text.len()).to_string(), "line 2, column 6");
    }
}
