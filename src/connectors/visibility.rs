//! The users who see a connector in the catalogue.

/// The users who see a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Visibility {
    /// The user who added it.
    Private,
    /// Administrators.
    Administrators,
    /// Everyone.
    Everyone,
}

impl Visibility {
    /// All kinds of visibility.
    pub const ALL: [Self; 3] = [Self::Private, Self::Administrators, Self::Everyone];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Administrators => "administrators",
            Self::Everyone => "everyone",
        }
    }
}
