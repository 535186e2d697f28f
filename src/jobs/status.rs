//! Statuses of jobs, as pages and JSON show them.

/// A job's status; the word in the database, in JSON and in URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Accepted; starts when a worker is free, or at a time.
    Queued,
    /// In a worker.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Stopped by its owner.
    Canceled,
    /// Cut off: the call may or may not have happened.
    Unknown,
    /// Parked until its owner acts.
    WaitingInput,
    /// Waits for an approval.
    AwaitingApproval,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
        Self::Unknown,
        Self::WaitingInput,
        Self::AwaitingApproval,
    ];

    /// The word.
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
            Self::AwaitingApproval => "awaiting_approval",
        }
    }

    /// True if the job is finished.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled | Self::Unknown)
    }
}
