//! The one-time message: stored in the session, shown above the heading of the next page, then removed.

use serde::{Deserialize, Serialize};

/// A message shown once, after a redirect, and never beside an error summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The kind, which decides name, icon and colour.
    pub kind: FlashKind,
    /// A sentence for people.
    pub message: String,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashKind {
    /// The request succeeded.
    Success,
    /// Something to know before continuing.
    Important,
}

impl Flash {
    /// Builds a message about a request that succeeded.
    pub fn success(message: impl Into<String>) -> Self {
        Self { kind: FlashKind::Success, message: message.into() }
    }

    /// Builds a message about something to know before continuing.
    pub fn important(message: impl Into<String>) -> Self {
        Self { kind: FlashKind::Important, message: message.into() }
    }

    /// Returns the name of the message for assistive technology.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "Success",
            FlashKind::Important => "Important",
        }
    }

    /// Returns the class of the colours.
    #[must_use]
    pub const fn tone(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "ok",
            FlashKind::Important => "warn",
        }
    }

    /// Returns the name of the icon.
    #[must_use]
    pub const fn icon(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "s-ok",
            FlashKind::Important => "s-ask",
        }
    }
}
