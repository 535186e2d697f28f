//! The data of a run: the row that a claim returns, and the record that its end stores.

use std::time::Duration;

use super::event::{Event, NumberedEvent};
use crate::audit::{self, AuditOutcome};
use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId};

/// A run of a job. Its number is the fence of everything that the run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunKey {
    pub(super) job_id: JobId,
    pub(super) run_no: i32,
}

/// The columns of a claimed job.
#[derive(Clone, Debug)]
pub(super) struct ClaimedJob {
    pub(super) job_id: JobId,
    pub(super) owner_id: OwnerId,
    pub(super) run_no: i32,
    pub(super) attempt: i32,
    pub(super) repeatable: bool,
    pub(super) started_at: Timestamp,
    pub(super) time_limit: Duration,
    /// True if the owner asked to cancel it before the claim.
    pub(super) canceled: bool,
}

impl ClaimedJob {
    pub(super) const fn run(&self) -> RunKey {
        RunKey { job_id: self.job_id, run_no: self.run_no }
    }
}

/// The outcome of a job; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// The call succeeded.
    Ok,
    /// The call failed, and would fail again.
    Permanent,
    /// The call failed too often.
    Dead,
    /// The owner cancelled it.
    Canceled,
    /// The call may or may not have happened.
    Unknown,
}

impl JobOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Permanent, Self::Dead, Self::Canceled, Self::Unknown];

    /// The stored word.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Permanent => "permanent",
            Self::Dead => "dead",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
        }
    }
}

impl From<JobOutcome> for AuditOutcome {
    fn from(outcome: JobOutcome) -> Self {
        match outcome {
            JobOutcome::Ok => Self::Succeeded,
            JobOutcome::Permanent | JobOutcome::Dead => Self::Failed,
            JobOutcome::Canceled => Self::Canceled,
            JobOutcome::Unknown => Self::Unknown,
        }
    }
}

/// The reason why a job waits for a time; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum WaitReason {
    /// A temporary failure, which counts as an attempt, or a lost run, which counts as a crash.
    Retry,
    /// The hub cannot open stored credentials.
    Paused,
    /// The owner has to connect again.
    Reauth,
}

impl WaitReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Paused, Self::Reauth];

    /// The stored word.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Paused => "paused",
            Self::Reauth => "reauth",
        }
    }
}

/// The next state of a job whose run ends.
#[derive(Clone, Debug)]
pub enum JobEnd {
    /// The job has finished.
    Complete {
        /// The outcome.
        outcome: JobOutcome,
        /// The error class, a machine word.
        error_class: Option<String>,
        /// The error message, for people.
        error: Option<String>,
        /// The result as JSON text.
        output: Option<String>,
    },
    /// The job runs again at a time. If its owner has asked to cancel it, it runs at once, to end as canceled.
    RetryLater {
        /// The time of the next run, by the engine's clock.
        run_at: Timestamp,
        /// The reason to wait.
        reason: WaitReason,
    },
    /// The job is ready again, as if this run had not begun.
    Release,
}

impl JobEnd {
    /// Returns the word for logs and metrics: the outcome, the reason to wait, or `released`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Complete { outcome, .. } => outcome.stored_text(),
            Self::RetryLater { reason, .. } => reason.stored_text(),
            Self::Release => "released",
        }
    }
}

/// The end of a run, as the worker reports it.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    /// The next state of the job.
    pub end: JobEnd,
    /// The last event of the run.
    pub event: Event,
    /// The job's audit entry, if it has finished.
    pub audit: Option<audit::PreparedEntry>,
    /// True if the run counts as a use of the connection.
    pub is_use: bool,
    /// The time of the end.
    pub now: Timestamp,
}

/// The end of a run, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct FinishRecord {
    /// The fence: the record is written only while this run holds the lease.
    pub(super) run: RunKey,
    /// The job's last run afterwards: the fence's, or a later one if the rescuer ends the run.
    pub(super) as_run: i32,
    pub(super) end: JobEnd,
    pub(super) events: Vec<NumberedEvent>,
    pub(super) audit: Option<audit::PreparedEntry>,
    pub(super) is_use: bool,
    /// True if the run was lost with its process.
    pub(super) crashed: bool,
    /// The kind of the connector, for the metrics.
    pub(super) connector_kind: &'static str,
    pub(super) started_at: Timestamp,
    pub(super) now: Timestamp,
}
