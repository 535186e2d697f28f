//! Leases: the claimed jobs of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use super::events::Journal;
use crate::clock::Timestamp;
use crate::ids::{JobId, UserId};

/// The reason why a run should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The owner asked for it: the run ends as canceled.
    Canceled,
    /// The process is stopping: a repeatable job is released, any other ends as unknown.
    Shutdown,
    /// The run has lost its lease, because it was rescued: its writes are discarded.
    Lost,
}

/// Claimed jobs, in the order of their claims; ends when the engine claims no more.
pub type Leases = mpsc::Receiver<Lease>;

/// The right to run a job once. It holds a slot of the engine until it is dropped.
#[derive(Debug)]
pub struct Lease {
    pub(super) claimed: Claimed,
    pub(super) journal: Journal,
    pub(super) stop: watch::Receiver<Option<StopReason>>,
    // released on drop, after the end of the run was committed
    pub(super) _slot: Slot,
}

/// The claimed job's columns.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) job_id: JobId,
    pub(super) user_id: UserId,
    pub(super) run_no: i32,
    pub(super) attempt: i32,
    pub(super) repeatable: bool,
    pub(super) started_at: Timestamp,
    pub(super) time_limit: Duration,
    /// True if the owner asked to cancel it before the claim.
    pub(super) canceled: bool,
}

impl Lease {
    /// The job's id.
    #[must_use]
    pub const fn job_id(&self) -> JobId {
        self.claimed.job_id
    }

    /// The job's owner.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.claimed.user_id
    }

    /// The number of the run: the fence.
    #[must_use]
    pub const fn run_no(&self) -> i32 {
        self.claimed.run_no
    }

    /// The number of failed attempts before; waits and crashes do not count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.claimed.attempt.unsigned_abs()
    }

    /// True if running the job twice does no harm.
    #[must_use]
    pub const fn repeatable(&self) -> bool {
        self.claimed.repeatable
    }

    /// The start of the run.
    #[must_use]
    pub const fn started_at(&self) -> Timestamp {
        self.claimed.started_at
    }

    /// Longest duration of the run; past it, and a grace period, the run is rescued.
    #[must_use]
    pub const fn time_limit(&self) -> Duration {
        self.claimed.time_limit
    }

    /// The log of the run.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Waits until the run should stop, and returns the reason. Never returns if the lease ends first.
    pub fn stopped(&self) -> impl Future<Output = StopReason> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            match stop.wait_for(Option::is_some).await.ok().and_then(|reason| *reason) {
                Some(reason) => reason,
                // the lease has ended, so no process can ask any more
                None => std::future::pending().await,
            }
        }
    }
}

/// The runs of this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Run, Entry>>>);

/// A job and which run of it.
pub(super) type Run = (JobId, i32);

#[derive(Debug)]
struct Entry {
    repeatable: bool,
    stop: watch::Sender<Option<StopReason>>,
}

/// A slot of the engine; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    run: Run,
    running: Running,
    _permit: OwnedSemaphorePermit,
}

impl Running {
    pub(super) fn enter(
        &self,
        claimed: &Claimed,
        permit: OwnedSemaphorePermit,
    ) -> (Slot, watch::Receiver<Option<StopReason>>) {
        let run = (claimed.job_id, claimed.run_no);
        let (stop, stopped) = watch::channel(claimed.canceled.then_some(StopReason::Canceled));
        self.lock().insert(run, Entry { repeatable: claimed.repeatable, stop });
        (Slot { run, running: self.clone(), _permit: permit }, stopped)
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        self.lock().keys().copied().collect()
    }

    /// Asks one run to stop; the first reason wins.
    pub(super) fn stop(&self, run: Run, reason: StopReason) {
        if let Some(entry) = self.lock().get(&run) {
            entry.request_stop(reason);
        }
    }

    /// Asks the repeatable runs, or all, to stop because the process stops.
    pub(super) fn shut_down(&self, all: bool) {
        for entry in self.lock().values().filter(|entry| all || entry.repeatable) {
            entry.request_stop(StopReason::Shutdown);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Run, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn request_stop(&self, reason: StopReason) {
        self.stop.send_if_modified(|requested| requested.replace(requested.unwrap_or(reason)).is_none());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.running.lock().remove(&self.run);
    }
}
