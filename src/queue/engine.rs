//! The engine of a process that runs jobs: its slots and background tasks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::claim::{Claimer, Claims};
use super::enqueue::Enqueuer;
use super::events::{Event, EventLevel, Flusher, storable};
use super::finish::{FinishRecord, FinishedRun, JobEnd, Writer};
use super::group::Group;
use super::leader::Leader;
use super::lease::{Lease, Leases, Running};
use super::rescue::rescue;
use super::{store, watch};
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::WorkerId;
use crate::live::Live;

/// Longest wait for runs that were told to stop at once.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// The limits of an engine.
#[derive(Clone, Copy, Debug)]
pub struct EngineSettings {
    /// Most runs at once in this process.
    pub slots: u16,
    /// Most runs at once of one user, in all processes.
    pub user_cap: u32,
    /// Most runs at once against one connector, in all processes.
    pub connector_cap: u32,
    /// Longest duration of a run.
    pub time_limit: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { slots: 64, user_cap: 32, connector_cap: 64, time_limit: Duration::from_secs(300) }
    }
}

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
    running: Running,
    room: Arc<Notify>,
    endings: Group<Writer>,
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
        store::worker::beat(db.pool(), worker, info).await?;
        let (tasks, stop, close) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let writer = Writer { db: db.clone(), stop: stop.clone() };
        let engine = Self(Arc::new(Inner {
            endings: Group::start(writer, &tasks, stop.clone()),
            slots: Arc::new(Semaphore::new(settings.slots.into())),
            running: Running::default(),
            room: Arc::default(),
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
            running: it.running.clone(),
            flusher: Flusher::start(it.db.clone(), it.live.clone(), &it.tasks, it.stop.clone()),
            leases: sender,
            close: it.close.clone(),
            turn: Mutex::default(),
        });
        enqueuer.claim_with(&claims);
        it.claims.spawn(Claimer { claims, room: it.room.clone() }.run());
        leases
    }

    fn start_background_tasks(&self, info: &str) {
        let it = &self.0;
        let (db, live, worker) = (it.db.clone(), it.live.clone(), it.worker);
        let leader = Leader { db: db.clone(), live: live.clone(), clock: it.clock.clone(), worker };
        self.spawn_until_stop(watch::send_heartbeats(db.clone(), worker, info.to_owned()));
        self.spawn_until_stop(watch::watch_leases(db, live, worker, it.running.clone()));
        self.spawn_until_stop(leader.run());
    }

    fn spawn_until_stop(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }

    /// Finishes a run and frees its slot. Returns false, and writes nothing, if the run was rescued before.
    ///
    /// While the database is unavailable this waits.
    pub async fn finish(&self, lease: Lease, finish: FinishedRun) -> Result<bool> {
        let FinishedRun { end, event, audit, is_use, now } = finish;
        let again = matches!(end, JobEnd::Release);
        let ending = FinishRecord {
            run: (lease.job_id(), lease.run_no()),
            as_run: lease.run_no(),
            end: clean(end),
            lines: lease.journal.close(event).await,
            audit,
            is_use,
            crashed: false,
            now,
        };
        let won = self.0.endings.submit(ending).await?;
        if won {
            self.0.live.notify_job(lease.user_id(), lease.job_id());
        }
        drop(lease);
        self.0.room.notify_one();
        if again {
            self.0.live.notify_queue();
        }
        Ok(won)
    }

    /// Releases a job, as if its run had not begun: for runs that have not, and for repeatable ones.
    pub async fn release(&self, lease: Lease, now: Timestamp) -> Result<bool> {
        let event = Event::new(EventLevel::Info, "The hub is restarting: this call goes back to the queue", now);
        self.finish(lease, FinishedRun { end: JobEnd::Release, event, audit: None, is_use: true, now }).await
    }

    /// Shuts down: claims no more, tells repeatable runs to stop, and gives the others `drain` to end before it tells them
    /// too. Runs that are still under way after that are rescued at once.
    pub async fn shutdown(&self, drain: Duration) {
        let it = &self.0;
        it.close.cancel();
        it.claims.close();
        it.claims.wait().await;
        it.running.shut_down(false);
        if !self.idle_within(drain).await {
            it.running.shut_down(true);
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
        for (user, job) in rescue(&it.db, Some(it.worker), it.clock.now(), rand::random).await? {
            it.live.notify_job(user, job);
        }
        store::worker::delete(it.db.pool(), it.worker).await?;
        store::chores::resign(it.db.pool(), it.worker).await?;
        Ok(())
    }
}

/// Replaces NUL in a service's answer: PostgreSQL text cannot hold it.
fn clean(end: JobEnd) -> JobEnd {
    match end {
        JobEnd::Complete { outcome, error_class, error, output } => {
            JobEnd::Complete { outcome, error_class, error: error.map(storable), output: output.map(storable) }
        }
        other => other,
    }
}
