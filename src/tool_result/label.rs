//! Names of values: the title from the schema, else the key.

use crate::foreign_text::clean_name;

/// The name of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Text of the name, cleaned.
    pub text: String,
    /// Reports whether the text is a name for programs. Else it is the title from the schema.
    pub is_key: bool,
}

impl Label {
    /// Names a value by the title from its schema, else by its key.
    #[must_use]
    pub(super) fn new(key: &str, title: Option<&str>) -> Self {
        if let Some(title) = title {
            return Self { text: clean_name(title).into_owned(), is_key: false };
        }
        let text = clean_name(key).into_owned();
        if text.is_empty() { Self { text: "no name".to_owned(), is_key: false } } else { Self { text, is_key: true } }
    }
}
