//! An argument that a request cannot express.

use crate::egress::Failure;
use crate::error::{Error, Message};

/// A value that a converter does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// Name of the member that is at fault; empty if it is the value itself.
    pub(super) member: &'static str,
    /// Phrase that follows "must be".
    pub(super) what: &'static str,
}

impl From<&'static str> for Unfit {
    fn from(what: &'static str) -> Self {
        Self { member: "", what }
    }
}

/// An argument that a request cannot express: nothing was sent.
#[derive(Clone, Debug)]
pub struct InputFault {
    /// Name of the input, or of the connection's field; `None` if it has no name.
    pub name: Option<String>,
    /// Text for people, with the next step.
    pub message: Message,
}

impl InputFault {
    pub(super) fn new(name: Option<&str>, text: impl Into<String>, advice: &'static str) -> Self {
        let message = Message::from(text.into()).with_advice(advice);
        Self { name: name.map(ToOwned::to_owned), message }
    }

    /// Builds the fault of a value that must be something else: `what` is a phrase such as "a list".
    pub(super) fn must_be(name: Option<&str>, what: &str) -> Self {
        let shown = name.unwrap_or("value");
        Self::new(name, format!("“{shown}” must be {what}"), "Enter another value")
    }
}

impl From<InputFault> for Failure {
    fn from(fault: InputFault) -> Self {
        Self::permanent("invalid_input", fault.message)
    }
}

impl From<InputFault> for Error {
    /// Builds [`Error::Invalid`], with the JSON Pointer of the input as its field.
    fn from(fault: InputFault) -> Self {
        let pointer = fault.name.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        Self::field(pointer.unwrap_or_default(), fault.message)
    }
}
