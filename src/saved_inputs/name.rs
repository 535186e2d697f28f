//! The name of a saved input, in the words of the person who saved it.

use crate::error::{Error, Result};

const MAX_NAME_CHARS: usize = 80;

/// Returns the name as it is stored.
pub(super) fn parse(typed: &str) -> Result<&str> {
    match typed.trim() {
        "" => Err(Error::field("name", "Enter a name")),
        name if name.chars().count() > MAX_NAME_CHARS => {
            Err(Error::field("name", format!("Enter a name of {MAX_NAME_CHARS} characters or fewer")))
        }
        name => Ok(name),
    }
}

/// Returns the fault of a name that another saved input of the tool has.
pub(super) fn taken_error(name: &str) -> Error {
    let message = format!(
        "You already have a saved input called “{name}” for this tool. Choose another name, or replace that one"
    );
    Error::field("name", message)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_name_has_1_to_80_characters() {
        assert_eq!(parse(" Monday ").ok(), Some("Monday"));
        assert_eq!(parse(&"é".repeat(80)).unwrap().chars().count(), 80);
        assert!(parse("  ").is_err() && parse(&"x".repeat(81)).is_err());
    }
}
