//! The engine of a process that runs jobs: its slots and background tasks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::claim::{Claimer, Claims};
use super::enqueue::Enqueuer;
use super::finish::{self, FinishWriter};
use super::group_commit::GroupCommit;
use super::heartbeat::{send_heartbeats, stop_ended_runs};
use super::leader::Leader;
use super::lease::{ActiveRuns, Lease, Leases};
use super::rescue::rescue;
use super::run::{FinishedRun, JobEnd};
use super::run_events::EventFlusher;
use super::run_metrics::RunMetrics;
use super::settings::EngineSettings;
use super::store;
use crate::clock::Clock;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::WorkerId;
use crate::live::Live;
use crate::telemetry::table;

/// Longest wait for runs that were asked to stop at once.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Claims jobs and finishes their runs; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    db: SystemDb,
    live: Live,
    clock: Clock,
    worker: WorkerId,
    settings: EngineSettings,
    slots: Arc<Semaphore>,
    runs: ActiveRuns,
    /// Notified after each run: a lane that was at its cap has room.
    run_ended: Arc<Notify>,
    finishes: GroupCommit<FinishWriter>,
    metrics: RunMetrics,
    tasks: TaskTracker,
    claims: TaskTracker,
    /// Cancelled when the engine stops claiming.
    close: CancellationToken,
    /// No more background tasks, and no more retries while the database is unavailable.
    stop: CancellationToken,
}

impl Engine {
    /// Sends the first heartbeat, then starts to claim; from then on `enqueuer` claims too. `info` names the process for
    /// people.
    ///
    /// # Errors
    /// Those of the database, if the first heartbeat cannot be written.
    pub async fn start(
        db: SystemDb,
        enqueuer: &Enqueuer,
        clock: Clock,
        settings: EngineSettings,
        info: &str,
    ) -> Result<(Self, Leases)> {
        let worker = WorkerId::new(clock.now());
        // before the first claim: leases without a heartbeat are rescued
        store::worker::record_heartbeat(db.pool(), worker, info).await?;
        let (tasks, stop, close) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let metrics = RunMetrics::default();
        table::WORKER_SLOTS.set(&[], settings.slots.into());
        let writer = FinishWriter { db: db.clone(), metrics: metrics.clone(), stop: stop.clone() };
        let engine = Self(Arc::new(Inner {
            finishes: GroupCommit::start(writer, &tasks, stop.clone()),
            slots: Arc::new(Semaphore::new(settings.slots.into())),
            runs: ActiveRuns::default(),
            run_ended: Arc::default(),
            metrics,
            db,
            live: enqueuer.live().clone(),
            clock,
            worker,
            settings,
            tasks,
            claims: TaskTracker::new(),
            close,
            stop,
        }));
        let leases = engine.start_claimer(enqueuer);
        engine.start_background_tasks(info);
        Ok((engine, leases))
    }

    fn start_claimer(&self, enqueuer: &Enqueuer) -> Leases {
        let it = &self.0;
        let (sender, leases) = mpsc::channel(usize::from(it.settings.slots).max(1));
        let claims = Arc::new(Claims {
            db: it.db.clone(),
            live: it.live.clone(),
            clock: it.clock.clone(),
            settings: it.settings,
            worker: it.worker,
            slots: it.slots.clone(),
            runs: it.runs.clone(),
            flusher: EventFlusher::start(it.db.clone(), it.live.clone(), &it.tasks, it.stop.clone()),
            leases: sender,
            close: it.close.clone(),
            cursor: Mutex::default(),
            wait_seconds: table::JOB_WAIT_SECONDS.histograms().get(&[]).clone(),
        });
        enqueuer.claim_with(&claims);
        it.claims.spawn(Claimer { claims, run_ended: it.run_ended.clone() }.run());
        leases
    }

    fn start_background_tasks(&self, info: &str) {
        let it = &self.0;
        let (db, live, worker) = (it.db.clone(), it.live.clone(), it.worker);
        let (clock, metrics) = (it.clock.clone(), it.metrics.clone());
        let leader = Leader { db: db.clone(), live: live.clone(), clock, worker, metrics };
        self.spawn_until_stop(send_heartbeats(db.clone(), worker, info.to_owned()));
        self.spawn_until_stop(stop_ended_runs(db, live, worker, it.runs.clone()));
        self.spawn_until_stop(leader.run());
    }

    fn spawn_until_stop(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }

    /// Finishes a run and frees its slot. Returns false, and writes nothing, if the run was rescued before.
    ///
    /// While the database is unavailable this waits.
    pub async fn finish(&self, lease: Lease, finished: FinishedRun) -> Result<bool> {
        let is_released = matches!(finished.end, JobEnd::Release);
        let record = finish::record(&lease, finished).await;
        let is_stored = self.0.finishes.submit(record).await?;
        if is_stored {
            self.0.live.notify_job(lease.owner_id(), lease.job_id());
        }
        drop(lease);
        self.0.run_ended.notify_one();
        if is_released {
            self.0.live.notify_queue();
        }
        Ok(is_stored)
    }

    /// Shuts down: claims no more, asks repeatable runs to stop, and gives the others `drain` to end before it asks them
    /// too. Runs that are still under way after that are rescued at once.
    pub async fn shutdown(&self, drain: Duration) {
        let it = &self.0;
        it.close.cancel();
        it.claims.close();
        it.claims.wait().await;
        it.runs.shut_down(false);
        if !self.idle_within(drain).await {
            it.runs.shut_down(true);
            self.idle_within(STOP_TIMEOUT).await;
        }
        it.stop.cancel();
        it.tasks.close();
        it.tasks.wait().await;
        if let Err(error) = self.stop_worker().await {
            tracing::warn!(
                worker.id = %it.worker, %error,
                "Failed to sign off worker {}; the leader rescues its runs",
                it.worker
            );
        }
    }

    async fn idle_within(&self, time: Duration) -> bool {
        let all = u32::from(self.0.settings.slots);
        timeout(time, self.0.slots.acquire_many(all)).await.is_ok()
    }

    async fn stop_worker(&self) -> Result<()> {
        let it = &self.0;
        for (owner, job) in rescue(&it.db, &it.metrics, Some(it.worker), it.clock.now(), rand::random).await? {
            it.live.notify_job(owner, job);
        }
        store::worker::delete(it.db.pool(), it.worker).await?;
        store::leader::resign(it.db.pool(), it.worker).await?;
        Ok(())
    }
}
