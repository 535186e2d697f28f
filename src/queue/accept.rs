//! Taking a job in: body, queue row, first event and idempotency key, in one commit.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::events::Event;
use super::group::{Group, Write};
use super::store;
use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, ConnectorId, JobId, ToolVersionId, UserId};
use crate::live::Live;

/// Most jobs of one user that may be ready; more are refused, never dropped.
const MOST_READY: i64 = 10_000;

/// When to come back after such a refusal.
const COME_BACK: Duration = Duration::from_secs(10);

/// A job, as it is handed in. The caller has validated the input and applied policy.
#[derive(Clone, Debug)]
pub struct Accept {
    /// Whose job it is.
    pub user_id: UserId,
    /// Its new id.
    pub job_id: JobId,
    /// What kind of work, such as `tool.call`.
    pub kind: &'static str,
    /// Which service.
    pub connector_id: ConnectorId,
    /// Through which of the user's connections to it.
    pub connection_id: ConnectionId,
    /// The definition it was validated against.
    pub tool_version_id: ToolVersionId,
    /// The tool's name, kept for lists.
    pub tool_name: String,
    /// From where it was asked for.
    pub origin: Origin,
    /// Arguments as JSON text.
    pub input: String,
    /// True if running it twice does no harm, so that a crash may.
    pub repeatable: bool,
    /// Two accepts of one user with one key within a day are one job. At most 200 characters.
    pub idem_key: Option<String>,
    /// What its log begins with.
    pub event: Event,
    /// When it was asked for.
    pub now: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the queue.
    New(JobId),
    /// Its key was used before: this is the job that it made then, and nothing was written.
    Duplicate(JobId),
}

impl Accepted {
    /// The job to look at, either way.
    #[must_use]
    pub const fn job_id(self) -> JobId {
        match self {
            Self::New(id) | Self::Duplicate(id) => id,
        }
    }
}

/// What the statement says of one item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    Accepted(Accepted),
    NoConnection,
    Full,
}

/// Takes jobs in; cheap to clone, one task behind all clones.
#[derive(Clone)]
pub struct Accepter {
    group: Group<Writer>,
    live: Live,
}

impl Accepter {
    /// Starts the task that commits; after `stop` it finishes what it was handed and refuses more.
    #[must_use]
    pub fn start(db: SystemDb, live: Live, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        Self { group: Group::start(Writer(db), tasks, stop), live }
    }

    /// Returns once the job is on disk.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such connection to that connector; [`Error::Limited`] if too many of
    /// their jobs are waiting.
    pub async fn accept(&self, job: Accept) -> Result<Accepted> {
        let user = job.user_id;
        match self.group.submit(job).await? {
            Verdict::Accepted(accepted) => {
                if let Accepted::New(id) = accepted {
                    self.live.wake_queue();
                    self.live.job_changed(user, id);
                }
                Ok(accepted)
            }
            Verdict::NoConnection => Err(Error::NotFound("connection")),
            Verdict::Full => Err(Error::Limited {
                message: format!("You have {MOST_READY} jobs waiting. Wait until some have run, or cancel some"),
                retry_after: COME_BACK,
            }),
        }
    }
}

struct Writer(SystemDb);

impl Write for Writer {
    type Item = Accept;
    type Answer = Verdict;

    async fn write(&self, jobs: &[Accept]) -> Result<Vec<Verdict>> {
        Ok(store::accept::write(self.0.pool(), jobs, MOST_READY).await?)
    }
}
