//! What is wrong with the file of a shipped connector, in one sentence for whoever wrote it.

use super::Source;
use crate::position::LineColumn;

/// Why a file cannot be read as a connector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, {place}: {problem}")]
pub struct Fault {
    /// The file, by its path from the top of the project.
    pub file: String,
    /// Where in it.
    pub place: LineColumn,
    /// What is wrong there, and what to write.
    pub problem: String,
}

impl Source<'_> {
    pub(super) fn fault(self, offset: usize, problem: String) -> Fault {
        Fault { file: self.file.to_owned(), place: LineColumn::of(self.text, offset), problem }
    }

    /// The fault of a text that is not TOML, or that has a field of another name, or lacks one.
    pub(super) fn unreadable(self, error: &toml::de::Error) -> Fault {
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

/// What stands between two pieces of a message, and behind them.
fn quoted<'a>(message: &'a str, before: &str, between: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(before)?.split_once(between)
}
