//! What connectors are sorted by: the category they are in, and how one connects to them.

use std::str::FromStr;

/// What a service is for. The word is what is stored, and what stands in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the labels say it")]
pub enum Category {
    Communication,
    Productivity,
    ProjectManagement,
    Development,
    Storage,
    Database,
    Crm,
    Support,
    Commerce,
    Payments,
    BuiltIn,
    Custom,
}

impl Category {
    /// Every one, in the order of the filter.
    pub const ALL: [Self; 12] = [
        Self::Communication,
        Self::Productivity,
        Self::ProjectManagement,
        Self::Development,
        Self::Storage,
        Self::Database,
        Self::Crm,
        Self::Support,
        Self::Commerce,
        Self::Payments,
        Self::BuiltIn,
        Self::Custom,
    ];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// What people call it.
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
            Self::Storage => ("storage", "Storage"),
            Self::Database => ("database", "Database"),
            Self::Crm => ("crm", "Customers"),
            Self::Support => ("support", "Support"),
            Self::Commerce => ("e-commerce", "E-commerce"),
            Self::Payments => ("payments", "Payments"),
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

/// How a user proves themselves to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum AuthKind {
    /// Not at all.
    None,
    /// With a stored token or key.
    #[sqlx(rename = "api_key")]
    Token,
    /// By signing in at the service.
    OAuth,
}

impl AuthKind {
    /// Every one, the simplest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Token, Self::OAuth];

    /// The word in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Token => "token",
            Self::OAuth => "oauth",
        }
    }

    /// What people call it.
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
    fn words_are_read_back() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
        }
        for auth in AuthKind::ALL {
            assert_eq!(auth.as_str().parse(), Ok(auth));
        }
        assert!("Storage".parse::<Category>().is_err() && "api_key".parse::<AuthKind>().is_err());
    }
}
