//! Taking a job in: body, queue row, first event and idempotency key, in one commit. If this process rests and could
//! run it now, the lease is written in that commit too.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::claim::Claims;
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

/// Most jobs that are accepted and claimed in one commit. Of more, the two halves are better written side by side.
const FEW: usize = 8;

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
    /// The definition it was validated against; none: it runs no tool.
    pub tool_version_id: Option<ToolVersionId>,
    /// The tool's name, or that of the work, kept for lists.
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
    claims: Front,
}

/// The claims of the engine in this process, while it has one that claims.
type Front = Arc<Mutex<Weak<Claims>>>;

impl Accepter {
    /// Starts the task that commits; after `stop` it finishes what it was handed and refuses more.
    #[must_use]
    pub fn start(db: SystemDb, live: Live, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let claims = Front::default();
        let writer = Writer { db, live: live.clone(), claims: claims.clone() };
        Self { group: Group::start(writer, tasks, stop), live, claims }
    }

    /// From now on, an engine of this process may claim what it accepts.
    pub(super) fn claim_with(&self, claims: &Arc<Claims>) {
        *self.claims.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(claims);
    }

    /// What tells others of jobs.
    pub(super) const fn live(&self) -> &Live {
        &self.live
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
                    self.live.job_changed(user, id);
                }
                Ok(accepted)
            }
            Verdict::NoConnection => Err(Error::NotFound("connection")),
            Verdict::Full => Err(Error::Limited {
                message: format!("You have {MOST_READY} jobs waiting. Wait until some have run, or cancel some").into(),
                retry_after: COME_BACK,
            }),
        }
    }
}

struct Writer {
    db: SystemDb,
    live: Live,
    claims: Front,
}

impl Write for Writer {
    type Item = Accept;
    type Answer = Verdict;

    async fn write(&self, jobs: &[Accept]) -> Result<Vec<Verdict>> {
        let claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(claims) = claims.filter(|_| jobs.len() <= FEW)
            && let Some((verdicts, claimed)) = claims.accept(jobs, MOST_READY).await?
        {
            if verdicts.iter().filter_map(Verdict::new_job).any(|id| !claimed.contains(&id)) {
                self.live.wake_queue();
            }
            return Ok(verdicts);
        }
        let verdicts = store::accept::write(self.db.pool(), jobs, MOST_READY).await?;
        if verdicts.iter().any(|it| it.new_job().is_some()) {
            self.live.wake_queue();
        }
        Ok(verdicts)
    }
}

impl Verdict {
    /// The job that is in the queue now and was not before.
    const fn new_job(&self) -> Option<JobId> {
        match self {
            Self::Accepted(Accepted::New(id)) => Some(*id),
            _ => None,
        }
    }
}
