//! Leases of this process, and the stop signals of its runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use super::run::{ClaimedJob, RunKey};
use super::run_events::RunEvents;
use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId};
use crate::telemetry::table;

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
    pub(super) job: ClaimedJob,
    pub(super) events: RunEvents,
    pub(super) stop: watch::Receiver<Option<StopReason>>,
    /// The kind of the job's connector, once the run knows the kind. For the metrics.
    pub(super) connector_kind: OnceLock<&'static str>,
    // released on drop, after the end of the run was committed
    pub(super) _slot: Slot,
}

impl Lease {
    /// The job's id.
    #[must_use]
    pub const fn job_id(&self) -> JobId {
        self.job.job_id
    }

    /// The job's owner.
    #[must_use]
    pub const fn owner_id(&self) -> OwnerId {
        self.job.owner_id
    }

    pub(super) const fn run(&self) -> RunKey {
        self.job.run()
    }

    /// The number of the run: the fence.
    #[must_use]
    pub const fn run_no(&self) -> i32 {
        self.job.run_no
    }

    /// The number of failed attempts before; waits and crashes do not count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.job.attempt.unsigned_abs()
    }

    /// True if running the job twice does no harm.
    #[must_use]
    pub const fn repeatable(&self) -> bool {
        self.job.repeatable
    }

    /// The start of the run.
    #[must_use]
    pub const fn started_at(&self) -> Timestamp {
        self.job.started_at
    }

    /// Longest duration of the run; past it, and a grace period, the run is rescued.
    #[must_use]
    pub const fn time_limit(&self) -> Duration {
        self.job.time_limit
    }

    /// Sets the kind of the job's connector, which the metrics of the run name.
    pub fn set_connector_kind(&self, kind: &'static str) {
        let _ = self.connector_kind.set(kind);
    }

    /// The events of the run.
    #[must_use]
    pub fn events(&self) -> RunEvents {
        self.events.clone()
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

/// The runs of this process that have not ended.
#[derive(Clone, Debug)]
pub(super) struct ActiveRuns {
    runs: Arc<Mutex<HashMap<RunKey, ActiveRun>>>,
    /// Their number.
    gauge: Gauge,
}

impl Default for ActiveRuns {
    fn default() -> Self {
        Self { runs: Arc::default(), gauge: table::WORKER_SLOTS_USED.gauges().get(&[]).clone() }
    }
}

#[derive(Debug)]
struct ActiveRun {
    repeatable: bool,
    stop: watch::Sender<Option<StopReason>>,
}

/// A slot of the engine; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    run: RunKey,
    runs: ActiveRuns,
    _permit: OwnedSemaphorePermit,
}

impl ActiveRuns {
    /// Adds the run of a claimed job. Returns its slot, and the receiver of its stop signal.
    pub(super) fn insert(
        &self,
        job: &ClaimedJob,
        permit: OwnedSemaphorePermit,
    ) -> (Slot, watch::Receiver<Option<StopReason>>) {
        let run = job.run();
        let (stop, stopped) = watch::channel(job.canceled.then_some(StopReason::Canceled));
        self.lock().insert(run, ActiveRun { repeatable: job.repeatable, stop });
        self.gauge.increment(1);
        (Slot { run, runs: self.clone(), _permit: permit }, stopped)
    }

    pub(super) fn keys(&self) -> Vec<RunKey> {
        self.lock().keys().copied().collect()
    }

    /// Asks one run to stop; the first reason wins.
    pub(super) fn stop(&self, run: RunKey, reason: StopReason) {
        if let Some(active) = self.lock().get(&run) {
            active.request_stop(reason);
        }
    }

    /// Asks the repeatable runs, or all, to stop because the process stops.
    pub(super) fn shut_down(&self, all: bool) {
        for run in self.lock().values().filter(|run| all || run.repeatable) {
            run.request_stop(StopReason::Shutdown);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunKey, ActiveRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveRun {
    fn request_stop(&self, reason: StopReason) {
        self.stop.send_if_modified(|requested| requested.replace(requested.unwrap_or(reason)).is_none());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.run);
        self.runs.gauge.decrement(1);
    }
}
