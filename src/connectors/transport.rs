//! The protocol of calls to a connector.

/// The protocol of calls to a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Transport {
    /// A server inside this process.
    Builtin,
    /// MCP over streamable HTTP.
    Mcp,
    /// Plain HTTP requests.
    Rest,
}

impl Transport {
    /// All transports.
    pub const ALL: [Self; 3] = [Self::Builtin, Self::Mcp, Self::Rest];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Mcp => "mcp",
            Self::Rest => "rest",
        }
    }
}
