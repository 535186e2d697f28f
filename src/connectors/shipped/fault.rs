//! What is wrong with the file of a shipped connector, in one sentence for whoever wrote it.

use super::Source;
use crate::place::Place;

/// Why a file cannot be read as a connector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, {place}: {problem}")]
pub struct Fault {
    /// The file, by its path from the top of the project.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong there, and what to write.
    pub problem: String,
}

impl Source<'_> {
    pub(super) fn fault(self, offset: usize, problem: String) -> Fault {
        Fault { file: self.file.to_owned(), place: Place::of(self.text, offset), problem }
    }

    /// The fault of a text that is not TOML, or that has a field of another name.
    pub(super) fn unreadable(self, error: &toml::de::Error) -> Fault {
        let message = error.message();
        let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected one of "));
        let problem = match unknown {
            Some((field, fields)) => {
                format!("“{field}” is not a field of a connector. The fields are {}", fields.replace('`', ""))
            }
            None => format!("This is not TOML: {message}"),
        };
        self.fault(error.span().map_or(0, |span| span.start), problem)
    }
}
