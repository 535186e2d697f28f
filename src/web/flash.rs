//! The one-time message: kept in the session, shown above the heading of the next page, then gone.

use serde::{Deserialize, Serialize};

/// A message shown once, after a redirect; never beside an error summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Its heading and colour.
    pub kind: FlashKind,
    /// A sentence.
    pub message: String,
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashKind {
    /// What was asked for is done.
    Success,
    /// Something to know before going on.
    Important,
}

impl Flash {
    /// What was asked for is done.
    pub fn success(message: impl Into<String>) -> Self {
        Self { kind: FlashKind::Success, message: message.into() }
    }

    /// Something to know before going on.
    pub fn important(message: impl Into<String>) -> Self {
        Self { kind: FlashKind::Important, message: message.into() }
    }

    /// Its heading.
    #[must_use]
    pub const fn heading(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "Success",
            FlashKind::Important => "Important",
        }
    }

    /// The class that colours it.
    #[must_use]
    pub const fn tone(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "ok",
            FlashKind::Important => "warn",
        }
    }

    /// Its icon.
    #[must_use]
    pub const fn icon(&self) -> &'static str {
        match self.kind {
            FlashKind::Success => "circle-check",
            FlashKind::Important => "info",
        }
    }
}
