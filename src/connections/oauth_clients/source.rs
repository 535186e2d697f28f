//! The source of a stored OAuth client.

/// The source of a stored OAuth client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientSource {
    /// The URL of the hub's client document.
    Document,
    /// The hub registered itself.
    Registered,
    /// A person entered the client.
    EnteredByPerson,
}

impl ClientSource {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Document, Self::Registered, Self::EnteredByPerson];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Registered => "registered",
            Self::EnteredByPerson => "entered",
        }
    }
}
