//! Faults in the files of shipped connectors: one sentence for the author.

use super::Source;
use crate::position::LineColumn;

/// The reason why a file is not a valid connector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, {position}: {problem}")]
pub struct FileFault {
    /// Path of the file, relative to the project.
    pub file: String,
    /// Position in the file.
    pub position: LineColumn,
    /// Problem, and what to write instead.
    pub problem: String,
}

impl Source<'_> {
    pub(super) fn fault(self, offset: usize, problem: String) -> FileFault {
        FileFault { file: self.file.to_owned(), position: LineColumn::at_offset(self.text, offset), problem }
    }

    /// Returns the fault of a text that is not TOML, has an unknown field, or lacks a field.
    pub(super) fn parse_fault(self, error: &toml::de::Error) -> FileFault {
        let message = error.message();
        let listed = |text: &str| text.replace('`', "");
        let problem = if let Some((field, fields)) = quoted(message, "unknown field `", "`, expected one of ") {
            format!("“{field}” is not a field here. The fields are {}", listed(fields))
        } else if let Some((word, words)) = quoted(message, "unknown variant `", "`, expected one of ") {
            format!("“{word}” does not fit. Write one of {}", listed(words))
        } else if let Some((field, _)) = quoted(message, "missing field `", "`") {
            format!("“{field}” is missing here")
        } else if message.starts_with("invalid type") {
            format!("This does not fit: {message}")
        } else {
            format!("This is not TOML: {message}")
        };
        self.fault(error.span().map_or(0, |span| span.start), problem)
    }
}

/// Returns the texts between two parts of a message, and after them.
fn quoted<'a>(message: &'a str, before: &str, between: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(before)?.split_once(between)
}
