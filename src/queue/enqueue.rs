//! Enqueues jobs: body, queue row, first event and idempotency key, in one commit. If this process is idle and could run
//! the job now, that commit also writes the lease.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use metrics::Counter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::claim::Claims;
use super::enqueue_request::{EnqueueDecision, EnqueueRequest, EnqueueResult};
use super::group_commit::{GroupCommit, GroupWriter};
use super::store;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::live::Live;
use crate::telemetry::{Series, table};

/// Most ready jobs of one owner; more are refused, never dropped.
const MAX_READY_JOBS: i64 = 10_000;

/// Most jobs that are enqueued and claimed in one commit. For more, two commits side by side are faster.
const MAX_CLAIMED_AT_ONCE: usize = 8;

/// Delay after which a refused caller may try again.
const FULL_QUEUE_RETRY_DELAY: Duration = Duration::from_secs(10);

/// Enqueues jobs; cheap to clone, with one task for all clones.
#[derive(Clone)]
pub struct Enqueuer {
    group: GroupCommit<EnqueueWriter>,
    live: Live,
    claims: SharedClaims,
    enqueued: Series<Counter>,
}

/// The claims of this process's engine, while it has one that claims.
type SharedClaims = Arc<Mutex<Weak<Claims>>>;

impl Enqueuer {
    /// Starts the task that commits. After `stop` it writes the submitted requests and refuses more.
    #[must_use]
    pub fn start(db: SystemDb, live: Live, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let claims = SharedClaims::default();
        let writer = EnqueueWriter { db, live: live.clone(), claims: claims.clone() };
        let enqueued = table::JOBS_ENQUEUED.counters();
        Self { group: GroupCommit::start(writer, tasks, stop), live, claims, enqueued }
    }

    /// Lets an engine of this process claim jobs in the commit that enqueues them.
    pub(super) fn claim_with(&self, claims: &Arc<Claims>) {
        *self.claims.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(claims);
    }

    /// The live updates that jobs are announced through.
    pub(super) const fn live(&self) -> &Live {
        &self.live
    }

    /// Enqueues a job. Returns once the job is on disk.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the owner has no such connection to that connector; [`Error::Limited`] if too many of
    /// their jobs are waiting.
    pub async fn enqueue(&self, job: EnqueueRequest) -> Result<EnqueueResult> {
        let (owner, origin) = (job.owner_id, job.origin);
        match self.group.submit(job).await? {
            EnqueueDecision::Accepted(accepted) => {
                if let EnqueueResult::New(id) = accepted {
                    self.enqueued.get(&[origin.as_str()]).increment(1);
                    self.live.notify_job(owner, id);
                }
                Ok(accepted)
            }
            EnqueueDecision::NoConnection => Err(Error::NotFound("connection")),
            EnqueueDecision::Full => Err(Error::Limited {
                message: format!("You have {MAX_READY_JOBS} jobs waiting. Wait until some have run, or cancel some")
                    .into(),
                retry_after: FULL_QUEUE_RETRY_DELAY,
            }),
        }
    }
}

/// Writes requests and, while this process can claim at once, the leases of their jobs.
struct EnqueueWriter {
    db: SystemDb,
    live: Live,
    claims: SharedClaims,
}

impl GroupWriter for EnqueueWriter {
    type Item = EnqueueRequest;
    type Answer = EnqueueDecision;

    async fn write(&self, jobs: &[EnqueueRequest]) -> Result<Vec<EnqueueDecision>> {
        let claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(claims) = claims.filter(|_| jobs.len() <= MAX_CLAIMED_AT_ONCE)
            && let Some((decisions, claimed)) = claims.enqueue(jobs, MAX_READY_JOBS).await?
        {
            if decisions.iter().filter_map(EnqueueDecision::new_job).any(|id| !claimed.contains(&id)) {
                self.live.notify_queue();
            }
            return Ok(decisions);
        }
        let decisions = store::enqueue::write(self.db.pool(), jobs, MAX_READY_JOBS).await?;
        if decisions.iter().any(|it| it.new_job().is_some()) {
            self.live.notify_queue();
        }
        Ok(decisions)
    }
}
