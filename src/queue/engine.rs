//! The engine of a process that runs jobs: slots, and the tasks around them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accept::Accepter;
use super::claim::{Claimer, Claims};
use super::events::{Event, Flusher, Level, storable};
use super::finish::{End, Ending, Finish, Writer};
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

/// How long runs that were told to stop at once may take to say how they ended.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How an engine works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Most runs at once in this process.
    pub slots: u16,
    /// Most runs at once of one user, in all processes.
    pub user_cap: u32,
    /// Most runs at once against one connector, in all processes.
    pub connector_cap: u32,
    /// How long a run may take.
    pub time_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { slots: 64, user_cap: 32, connector_cap: 64, time_limit: Duration::from_secs(300) }
    }
}

/// Claims jobs and ends their runs; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    db: SystemDb,
    live: Live,
    clock: Clock,
    worker: WorkerId,
    settings: Settings,
    slots: Arc<Semaphore>,
    running: Running,
    room: Arc<Notify>,
    endings: Group<Writer>,
    tasks: TaskTracker,
    claims: TaskTracker,
    /// No more claims.
    close: CancellationToken,
    /// No more chores, and no more waiting for a database that is away.
    stop: CancellationToken,
}

impl Engine {
    /// Says that this process is alive, then starts to claim, together with the accepter of this process. `info` names
    /// the process for people.
    ///
    /// # Errors
    /// The database's, if the first beat cannot be written.
    pub async fn start(
        db: SystemDb,
        accepter: &Accepter,
        clock: Clock,
        settings: Settings,
        info: &str,
    ) -> Result<(Self, Leases)> {
        let worker = WorkerId::new(clock.now());
        // before the first claim, or its leases would look like those of the dead
        store::worker::beat(db.pool(), worker, info).await?;
        let (tasks, stop, close) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let writer = Writer { db: db.clone(), stop: stop.clone() };
        let engine = Self(Arc::new(Inner {
            endings: Group::start(writer, &tasks, stop.clone()),
            slots: Arc::new(Semaphore::new(settings.slots.into())),
            running: Running::default(),
            room: Arc::default(),
            db,
            live: accepter.live().clone(),
            clock,
            worker,
            settings,
            tasks,
            claims: TaskTracker::new(),
            close,
            stop,
        }));
        let leases = engine.claim(accepter);
        engine.watch(info);
        Ok((engine, leases))
    }

    fn claim(&self, accepter: &Accepter) -> Leases {
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
        accepter.claim_with(&claims);
        it.claims.spawn(Claimer { claims, room: it.room.clone() }.run());
        leases
    }

    fn watch(&self, info: &str) {
        let it = &self.0;
        let (db, live, worker) = (it.db.clone(), it.live.clone(), it.worker);
        let leader = Leader { db: db.clone(), live: live.clone(), clock: it.clock.clone(), worker };
        self.until_stop(watch::beat(db.clone(), worker, info.to_owned()));
        self.until_stop(watch::leases(db, live, worker, it.running.clone()));
        self.until_stop(leader.run());
    }

    fn until_stop(&self, chore: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move { stop.run_until_cancelled(chore).await });
    }

    /// Ends a run; true once it is committed, false if the run had been given up for dead (nothing is written then).
    /// Its slot is free afterwards.
    ///
    /// While the database is away this waits.
    pub async fn finish(&self, lease: Lease, finish: Finish) -> Result<bool> {
        let Finish { end, event, audit, is_use, now } = finish;
        let again = matches!(end, End::Again);
        let ending = Ending {
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
            self.0.live.job_changed(lease.user_id(), lease.job_id());
        }
        drop(lease);
        self.0.room.notify_one();
        if again {
            self.0.live.wake_queue();
        }
        Ok(won)
    }

    /// Hands a run back, as if it had not begun: for one that has not, or that may run twice.
    pub async fn release(&self, lease: Lease, now: Timestamp) -> Result<bool> {
        let event = Event::new(Level::Info, "The hub is restarting: this call goes back to the queue", now);
        self.finish(lease, Finish { end: End::Again, event, audit: None, is_use: true, now }).await
    }

    /// Stops in good order: no more claims; runs that may run twice are told to stop, others have `drain` to end, and
    /// are told then. Whatever is still under way after that is ended as if the process had died now.
    pub async fn shutdown(&self, drain: Duration) {
        let it = &self.0;
        it.close.cancel();
        it.claims.close();
        it.claims.wait().await;
        it.running.shut_down(false);
        if !self.idle_within(drain).await {
            it.running.shut_down(true);
            self.idle_within(LAST_WORDS).await;
        }
        it.stop.cancel();
        it.tasks.close();
        it.tasks.wait().await;
        if let Err(error) = self.leave().await {
            tracing::warn!(%error, "the process could not sign off; the next one will notice");
        }
    }

    async fn idle_within(&self, time: Duration) -> bool {
        let all = u32::from(self.0.settings.slots);
        timeout(time, self.0.slots.acquire_many(all)).await.is_ok()
    }

    async fn leave(&self) -> Result<()> {
        let it = &self.0;
        for (user, job) in rescue(&it.db, Some(it.worker), it.clock.now(), rand::random).await? {
            it.live.job_changed(user, job);
        }
        store::worker::leave(it.db.pool(), it.worker).await?;
        store::chores::resign(it.db.pool(), it.worker).await?;
        Ok(())
    }
}

/// What a service answered is not ours to trust with the one character that cannot be stored.
fn clean(end: End) -> End {
    match end {
        End::Over { outcome, error_class, error, output } => {
            End::Over { outcome, error_class, error: error.map(storable), output: output.map(storable) }
        }
        other => other,
    }
}
