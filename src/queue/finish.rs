//! Finishes runs: lease, result, last events, audit entry and the connection's last use, in one commit.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::events::{Event, Line};
use super::group::Write;
use super::lease::Run;
use super::store;
use crate::audit;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};

/// Delay between attempts while the database is unavailable.
const UNAVAILABLE_RETRY_DELAY: Duration = Duration::from_millis(500);

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
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Permanent => "permanent",
            Self::Dead => "dead",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
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
    pub const fn as_str(self) -> &'static str {
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
    pub(super) run: Run,
    /// The job's last run afterwards: the fence's, or a later one if the rescuer ends the run.
    pub(super) as_run: i32,
    pub(super) end: JobEnd,
    pub(super) lines: Vec<Line>,
    pub(super) audit: Option<audit::PreparedEntry>,
    pub(super) is_use: bool,
    /// True if the run was lost with its process.
    pub(super) crashed: bool,
    pub(super) now: Timestamp,
}

/// Writes finished runs. While the database is unavailable it retries, because an outcome must not be lost; `stop` ends
/// the retries.
pub(super) struct Writer {
    pub(super) db: SystemDb,
    pub(super) stop: CancellationToken,
}

impl Write for Writer {
    type Item = FinishRecord;
    /// True if the run still held its lease.
    type Answer = bool;

    async fn write(&self, runs: &[FinishRecord]) -> Result<Vec<bool>> {
        loop {
            match store::finish::write(self.db.pool(), runs).await.map_err(Error::from) {
                Err(Error::Unavailable(cause)) if !self.stop.is_cancelled() => {
                    tracing::warn!(
                        error = format!("{cause:#}"),
                        runs = runs.len(),
                        "Failed to store {} finished runs: the database is unavailable; retrying in {} ms",
                        runs.len(),
                        UNAVAILABLE_RETRY_DELAY.as_millis()
                    );
                    self.stop.run_until_cancelled(sleep(UNAVAILABLE_RETRY_DELAY)).await;
                }
                Err(error) => return Err(error),
                Ok(won) => return Ok(runs.iter().map(|record| won.contains(&record.run.0)).collect()),
            }
        }
    }
}
