//! Faults of the fields of a form.

use std::fmt;

use super::{Error, Message, Result};

/// Faults by field, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldFaults(Vec<FieldFault>);

/// A fault of one form field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name.
    pub field: String,
    /// A sentence that says what to do, such as "Enter a name".
    pub message: String,
    /// The words of a machine about the cause, which the form folds away.
    pub detail: Option<Box<str>>,
}

impl FieldFaults {
    /// Adds a fault.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<Message>) {
        let message = message.into();
        let (text, detail) = (message.to_string(), message.detail);
        self.0.push(FieldFault { field: field.into(), message: text, detail });
    }

    /// Adds the faults of a part, after the others.
    pub fn append(&mut self, part: Self) {
        self.0.extend(part.0);
    }

    /// Returns `value` if there are no faults.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the faults.
    pub fn into_result<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self)) }
    }

    /// Says whether there are no faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all faults, in order.
    #[must_use]
    pub fn faults(&self) -> &[FieldFault] {
        &self.0
    }

    /// Returns the message of the first fault of `field`, which the form shows beside it.
    #[must_use]
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    /// Returns the detail of the first fault of `field`.
    #[must_use]
    pub fn detail_for(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field)?.detail.as_deref()
    }
}

impl fmt::Display for FieldFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{}: {}", if i > 0 { "; " } else { "" }, fault.field, fault.message)?;
        }
        Ok(())
    }
}
