//! A claimed job in the hands of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use super::events::Journal;
use crate::clock::Timestamp;
use crate::ids::{JobId, UserId};

/// Why a run should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its owner asked: end it as canceled.
    Canceled,
    /// The process is stopping: release it if it may run again, else end it as unknown.
    Shutdown,
    /// It was given up for dead and has been ended elsewhere: nothing that it writes will be kept.
    Lost,
}

/// Claimed jobs, in the order of their claims; ends when the engine claims no more.
pub type Leases = mpsc::Receiver<Lease>;

/// The right to run a job once. It holds a slot of the engine until it is dropped.
#[derive(Debug)]
pub struct Lease {
    pub(super) claimed: Claimed,
    pub(super) journal: Journal,
    pub(super) stop: watch::Receiver<Option<Stop>>,
    // released on drop: with the lease, after its ending was committed
    pub(super) _slot: Slot,
}

/// What the claim says of the job.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) job_id: JobId,
    pub(super) user_id: UserId,
    pub(super) run_no: i32,
    pub(super) attempt: i32,
    pub(super) repeatable: bool,
    pub(super) started_at: Timestamp,
    pub(super) time_limit: Duration,
    /// Its owner had asked to stop it before it was claimed.
    pub(super) canceled: bool,
}

impl Lease {
    /// Which job.
    #[must_use]
    pub const fn job_id(&self) -> JobId {
        self.claimed.job_id
    }

    /// Whose job.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.claimed.user_id
    }

    /// Which run of it: the fence.
    #[must_use]
    pub const fn run_no(&self) -> i32 {
        self.claimed.run_no
    }

    /// How many tries have failed before; a wait or a crash is none.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.claimed.attempt.unsigned_abs()
    }

    /// Whether running it twice does no harm.
    #[must_use]
    pub const fn repeatable(&self) -> bool {
        self.claimed.repeatable
    }

    /// When the run began.
    #[must_use]
    pub const fn started_at(&self) -> Timestamp {
        self.claimed.started_at
    }

    /// How long the run may take; past it, and a grace, it is given up for dead.
    #[must_use]
    pub const fn time_limit(&self) -> Duration {
        self.claimed.time_limit
    }

    /// Where the run says what it does.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Waits until the run should stop, and says why; for ever if it need not.
    pub fn stopped(&self) -> impl Future<Output = Stop> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            match stop.wait_for(Option::is_some).await.ok().and_then(|reason| *reason) {
                Some(reason) => reason,
                // the lease is gone, and with it whoever could ask
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
    stop: watch::Sender<Option<Stop>>,
}

/// A place among the runs; free again when dropped.
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
    ) -> (Slot, watch::Receiver<Option<Stop>>) {
        let run = (claimed.job_id, claimed.run_no);
        let (stop, stopped) = watch::channel(claimed.canceled.then_some(Stop::Canceled));
        self.lock().insert(run, Entry { repeatable: claimed.repeatable, stop });
        (Slot { run, running: self.clone(), _permit: permit }, stopped)
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        self.lock().keys().copied().collect()
    }

    /// Asks one run to stop; the first reason stands.
    pub(super) fn stop(&self, run: Run, reason: Stop) {
        if let Some(entry) = self.lock().get(&run) {
            entry.ask(reason);
        }
    }

    /// The process is stopping: asks those that may run again, or all.
    pub(super) fn shut_down(&self, all: bool) {
        for entry in self.lock().values().filter(|entry| all || entry.repeatable) {
            entry.ask(Stop::Shutdown);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Run, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn ask(&self, reason: Stop) {
        self.stop.send_if_modified(|asked| asked.replace(asked.unwrap_or(reason)).is_none());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.running.lock().remove(&self.run);
    }
}
