//! The status of a server at its registry.

/// The status that the publisher, or the registry, gave a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingStatus {
    /// In use.
    Active,
    /// Its publisher advises against it.
    Deprecated,
    /// Removed, or not listed any more.
    Deleted,
}

impl ListingStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::Active, Self::Deprecated, Self::Deleted];

    /// Returns the word at registries and in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Deleted => "deleted",
        }
    }

    /// Returns the status of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.stored_text() == word)
    }
}
