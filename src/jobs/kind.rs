//! The kinds of work that jobs do, as `job.type` stores them.

/// The kind of work of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum JobKind {
    /// Calls a tool.
    #[sqlx(rename = "tool.call")]
    ToolCall,
    /// Checks a connection.
    #[sqlx(rename = "connection.checkup")]
    Checkup,
    /// Reads a resource of an MCP server.
    #[sqlx(rename = "resource.read")]
    ResourceRead,
}

impl JobKind {
    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::ToolCall => "tool.call",
            Self::Checkup => "connection.checkup",
            Self::ResourceRead => "resource.read",
        }
    }
}
