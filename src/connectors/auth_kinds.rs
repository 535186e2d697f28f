//! Categories of connectors, and the kinds of authentication at their services.

use std::str::FromStr;

/// The purpose of a service. Each category has a word, which is stored and used in URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the labels describe the variants")]
pub enum Category {
    Communication,
    Productivity,
    ProjectManagement,
    Development,
    Documentation,
    Design,
    Search,
    Storage,
    Database,
    Analytics,
    Crm,
    Marketing,
    Support,
    Commerce,
    Payments,
    Finance,
    BuiltIn,
    Custom,
}

impl Category {
    /// All categories, in the order of the filter.
    pub const ALL: [Self; 18] = [
        Self::Communication,
        Self::Productivity,
        Self::ProjectManagement,
        Self::Development,
        Self::Documentation,
        Self::Design,
        Self::Search,
        Self::Storage,
        Self::Database,
        Self::Analytics,
        Self::Crm,
        Self::Marketing,
        Self::Support,
        Self::Commerce,
        Self::Payments,
        Self::Finance,
        Self::BuiltIn,
        Self::Custom,
    ];

    /// Returns the stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Returns the label for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Communication => ("communication", "Communication"),
            Self::Productivity => ("productivity", "Productivity"),
            Self::ProjectManagement => ("project-management", "Project management"),
            Self::Development => ("development", "Development"),
            Self::Documentation => ("documentation", "Documentation"),
            Self::Design => ("design", "Design and web sites"),
            Self::Search => ("search", "Web search and places"),
            Self::Storage => ("storage", "Storage"),
            Self::Database => ("database", "Database"),
            Self::Analytics => ("analytics", "Analytics"),
            Self::Crm => ("crm", "Customers"),
            Self::Marketing => ("marketing", "Marketing"),
            Self::Support => ("support", "Support"),
            Self::Commerce => ("e-commerce", "E-commerce"),
            Self::Payments => ("payments", "Payments"),
            Self::Finance => ("finance", "Finance"),
            Self::BuiltIn => ("built-in", "Built in"),
            Self::Custom => ("custom", "Added by URL"),
        }
    }
}

impl FromStr for Category {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|it| it.as_str() == word).ok_or(())
    }
}

/// The kind of authentication at a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum AuthKind {
    /// No authentication.
    None,
    /// A stored token or key.
    #[sqlx(rename = "api_key")]
    Token,
    /// A sign-in at the service.
    OAuth,
}

impl AuthKind {
    /// All kinds, the simplest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Token, Self::OAuth];

    /// Returns the word in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Token => "token",
            Self::OAuth => "oauth",
        }
    }

    /// Returns the label for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "No credential",
            Self::Token => "Token",
            Self::OAuth => "Sign-in at the service",
        }
    }

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Token => "api_key",
            Self::OAuth => "oauth",
        }
    }
}

impl FromStr for AuthKind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|it| it.as_str() == word).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthKind, Category};

    #[test]
    fn words_can_be_parsed() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
        }
        for auth in AuthKind::ALL {
            assert_eq!(auth.as_str().parse(), Ok(auth));
        }
        assert!("Storage".parse::<Category>().is_err() && "api_key".parse::<AuthKind>().is_err());
    }
}
