//! Scopes: what a program with a token may do.

use crate::error::Error;

/// A permission of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Lists tools.
    ToolsRead,
    /// Calls tools.
    ToolsCall,
    /// Reads jobs and their results.
    JobsRead,
    /// Cancels jobs and answers their questions.
    JobsWrite,
    /// Reads the audit log.
    AuditRead,
}

impl Scope {
    /// All scopes, in the order of pages.
    pub const ALL: [Self; 5] = [Self::ToolsRead, Self::ToolsCall, Self::JobsRead, Self::JobsWrite, Self::AuditRead];

    /// Returns the text of the protocol and of the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsRead => "tools:read",
            Self::ToolsCall => "tools:call",
            Self::JobsRead => "jobs:read",
            Self::JobsWrite => "jobs:write",
            Self::AuditRead => "audit:read",
        }
    }

    /// Returns what the scope permits, in words.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::ToolsRead => "See the tools that you have connected",
            Self::ToolsCall => "Run tools",
            Self::JobsRead => "See your jobs and their results",
            Self::JobsWrite => "Cancel jobs and answer their questions",
            Self::AuditRead => "Read your audit log",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// The scopes of a token unless its person chooses others: everything except for the audit log.
    pub const DEFAULT: Self =
        Self(Scope::ToolsRead.bit() | Scope::ToolsCall.bit() | Scope::JobsRead.bit() | Scope::JobsWrite.bit());

    /// The scopes of an assistant that asks for none: it sees and runs tools.
    pub const TOOLS: Self = Self(Scope::ToolsRead.bit() | Scope::ToolsCall.bit());

    /// Reads stored scopes. A scope of a newer version of the hub permits nothing here.
    #[must_use]
    pub fn from_stored(texts: &[String]) -> Self {
        Scope::ALL.into_iter().filter(|scope| texts.iter().any(|text| text == scope.as_str())).collect()
    }

    /// Reports whether the set has this scope.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Reports whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the scopes in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }

    /// Returns the stored texts.
    #[must_use]
    pub fn to_texts(self) -> Vec<&'static str> {
        self.iter().map(Scope::as_str).collect()
    }

    /// Reads the texts of a form or of the database.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] at the field `scope` for a text that names no scope.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        texts.into_iter().try_fold(Self::default(), |set, text| match Scope::from_text(text) {
            Some(scope) => Ok(Self(set.0 | scope.bit())),
            None => Err(Error::field("scope", format!("“{text}” is not a permission of this hub"))),
        })
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes};

    #[test]
    fn a_set_of_scopes_is_read_back_from_its_texts() {
        let all: Scopes = Scope::ALL.into_iter().collect();
        assert_eq!(Scopes::parse(all.to_texts()).ok(), Some(all));
        assert_eq!(Scopes::DEFAULT.to_texts(), ["tools:read", "tools:call", "jobs:read", "jobs:write"]);
        assert!(!Scopes::DEFAULT.contains(Scope::AuditRead) && all.contains(Scope::AuditRead));
        assert!(Scopes::parse(["tools:read", "tools:delete"]).is_err());
        assert!(Scopes::parse([]).is_ok_and(Scopes::is_empty));
    }
}
