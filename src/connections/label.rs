//! The label that tells several accounts of one service apart, in its owner's words.

use crate::error::{Error, Result, combine};

/// The label of the first connection to a service, until its owner chooses another.
pub const FIRST: &str = "Account 1";

/// The same label in rows of before. It said nothing about which connection is used by default.
const FORMER_FIRST: &str = "Default";

const MAX_LABEL_CHARS: usize = 60;

/// Returns true if the owner gave the label, so that a name without it would say less.
#[must_use]
pub fn is_given(label: &str) -> bool {
    label != FIRST && label != FORMER_FIRST
}

/// Returns the label as it is stored.
pub(super) fn parse(typed: &str) -> Result<&str> {
    match typed.trim() {
        "" => Err(Error::field("label", "Enter a label")),
        label if label.chars().count() > MAX_LABEL_CHARS => {
            Err(Error::field("label", format!("Enter a label of {MAX_LABEL_CHARS} characters or fewer")))
        }
        label => Ok(label),
    }
}

/// Combines a label with the fields before it in the form. Returns all faults of both, in the form's order.
pub(super) fn with<T>(label: Result<&str>, fields: Result<T>) -> Result<(&str, T)> {
    combine(fields, label).map(|(fields, label)| (label, fields))
}

/// Returns the fault of a label that another connection to the service has.
pub(super) fn taken_error(label: &str) -> Error {
    Error::field(
        "label",
        format!("You already have a connection to this service called “{label}”. Choose another label"),
    )
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_label_has_1_to_60_characters() {
        assert_eq!(parse(" Work ").ok(), Some("Work"));
        assert_eq!(parse(&"é".repeat(60)).unwrap().chars().count(), 60);
        assert!(parse("  ").is_err() && parse(&"x".repeat(61)).is_err());
    }
}
