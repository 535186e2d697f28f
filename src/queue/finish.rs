//! Ending a run: lease, result, last events, audit entry and the connection's last use, in one commit.

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

/// Pause between tries while the database is away.
const AWAY: Duration = Duration::from_millis(500);

/// How a job ended; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Ok,
    /// It failed, and would again.
    Permanent,
    /// It failed too often.
    Dead,
    /// Its owner stopped it.
    Canceled,
    /// The call may or may not have happened.
    Unknown,
}

impl Outcome {
    /// The word that is stored.
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

/// What a job waits for; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The next try, after a failure that may pass. The only one that counts as a try.
    Retry,
    /// The service's rate limit.
    Rate,
    /// The service to recover: its breaker is open.
    Breaker,
    /// The hub to have its own keys again.
    Paused,
    /// The owner to connect again.
    Reauth,
    /// The owner to answer.
    Wait,
    /// The owner to allow it.
    Approval,
}

impl Reason {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Rate => "rate",
            Self::Breaker => "breaker",
            Self::Paused => "paused",
            Self::Reauth => "reauth",
            Self::Wait => "wait",
            Self::Approval => "approval",
        }
    }
}

/// What comes after the run.
#[derive(Clone, Debug)]
pub enum End {
    /// Nothing: the job is over.
    Over {
        /// How it ended.
        outcome: Outcome,
        /// Machine word for the cause.
        error_class: Option<String>,
        /// The cause in words.
        error: Option<String>,
        /// Result as JSON text.
        output: Option<String>,
    },
    /// Another run, at a time. A job whose owner has asked to stop it does not wait: its next run ends at once.
    Later {
        /// When; the engine's clock.
        run_at: Timestamp,
        /// Why it waits.
        reason: Reason,
    },
    /// Another run, as soon as may be, as if this one had not begun.
    Again,
}

/// The ending of a run, as the worker hands it in.
#[derive(Clone, Debug)]
pub struct Finish {
    /// What comes after.
    pub end: End,
    /// What the run's log ends with.
    pub event: Event,
    /// The job's audit entry, if it is over.
    pub audit: Option<audit::Prepared>,
    /// True if the connection was used for what it is there for.
    pub is_use: bool,
    /// When it ended.
    pub now: Timestamp,
}

/// The ending of a run, as it is written.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// The fence: written only while this run holds the lease.
    pub(super) run: Run,
    /// The run that the job is left with; another than the fence's if it was ended by somebody else.
    pub(super) as_run: i32,
    pub(super) end: End,
    pub(super) lines: Vec<Line>,
    pub(super) audit: Option<audit::Prepared>,
    pub(super) is_use: bool,
    /// The run was lost with its process.
    pub(super) crashed: bool,
    pub(super) now: Timestamp,
}

/// Writes endings; while the database is away it waits, because an outcome must not be lost. `stop` ends the waiting.
pub(super) struct Writer {
    pub(super) db: SystemDb,
    pub(super) stop: CancellationToken,
}

impl Write for Writer {
    type Item = Ending;
    /// Whether the run still held its lease.
    type Answer = bool;

    async fn write(&self, endings: &[Ending]) -> Result<Vec<bool>> {
        loop {
            match store::finish::write(self.db.pool(), endings).await.map_err(Error::from) {
                Err(Error::Unavailable(cause)) if !self.stop.is_cancelled() => {
                    tracing::warn!(%cause, endings = endings.len(), "endings could not be written; trying again");
                    self.stop.run_until_cancelled(sleep(AWAY)).await;
                }
                Err(error) => return Err(error),
                Ok(won) => return Ok(endings.iter().map(|ending| won.contains(&ending.run.0)).collect()),
            }
        }
    }
}
