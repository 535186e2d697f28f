//! Text that is no value of its field.

use serde_json::Value;

use super::field::{Control, Field};

/// Text that is no value of its field.
pub(super) struct UnreadableText {
    pub(super) message: String,
    /// The text as JSON, for a view that shows it as typed.
    pub(super) typed: Value,
}

impl UnreadableText {
    pub(super) fn new(message: impl Into<String>, typed: impl Into<Value>) -> Self {
        Self { message: message.into(), typed: typed.into() }
    }

    /// Returns the fault with a message that repeats nothing of a secret.
    pub(super) fn without_quote(self, field: &Field) -> Self {
        let message = match field.control {
            Control::Number(kind) if field.is_secret => format!("{} must be {}", field.label, kind.noun_with_example()),
            Control::Lines(_) if field.is_secret => format!("{} must have one number a line", field.label),
            _ => return self,
        };
        Self { message, ..self }
    }
}
