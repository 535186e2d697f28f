//! Statuses of jobs, as pages and JSON show them.

/// A job's status; the word in the database, in JSON and in URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Accepted; starts when a worker is free, or at a time.
    Queued,
    /// A worker runs it.
    Running,
    /// The call succeeded.
    Succeeded,
    /// The call failed.
    Failed,
    /// Stopped by its owner.
    Canceled,
    /// The call may or may not have happened.
    Unknown,
    /// Waits until its owner acts.
    WaitingInput,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Canceled, Self::Unknown, Self::WaitingInput];

    /// The word in JSON and URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
            Self::WaitingInput => "waiting_input",
        }
    }

    /// True if the job is finished.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled | Self::Unknown)
    }
}
