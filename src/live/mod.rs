//! Wake-ups: who waits for a job, a user's jobs or the queue hears of a change, in whichever process it happened.
//!
//! - A change ticks the subscribers of this process at once, and those of others through one coalesced NOTIFY.
//! - Never inside a business transaction: NOTIFY holds a cluster-wide lock until its commit is on disk. A dedicated
//!   connection sends what has gathered, at most once in 50 ms, after the commit it tells of.
//! - A tick says "look again", not what happened: rows are the truth, so a lost tick costs a poll and never a job.
//!   Whoever must not wait longer than a second polls at that pace beside its ticks (the queue does).

mod listener;
mod seats;
mod sender;
mod topics;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ids::{JobId, UserId};

pub use seats::{MOST as MOST_SEATS, Seat};
pub use topics::Ticks;

use seats::Seats;
use sender::Outbox;
use topics::{Topic, Topics};
use wire::Change;

/// How long either connection is waited for before the failure is logged and tried again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells and hears of changes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    topics: Arc<Topics>,
    outbox: Arc<Outbox>,
    seats: Arc<Seats>,
}

impl Live {
    /// Starts the two tasks of this process: one connection listens, one sends. `stop` ends both.
    ///
    /// Neither needs the database to be there: they connect when they can, and again when they must.
    #[must_use]
    pub fn start(options: PgConnectOptions, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(PATIENCE).connect_lazy_with(options);
        let live = Self { topics: Arc::default(), outbox: Arc::default(), seats: Arc::default() };
        let process = uuid::Uuid::new_v4();
        tasks.spawn(listener::run(pool.clone(), process, live.topics.clone(), stop.clone()));
        tasks.spawn(sender::run(pool, process, live.outbox.clone(), stop.clone()));
        live
    }

    /// Work is ready: whoever claims should look.
    pub fn wake_queue(&self) {
        self.tell(Change::Queue);
    }

    /// Somebody asked a running job to stop: whoever runs jobs should look.
    pub fn wake_cancels(&self) {
        self.tell(Change::Cancels);
    }

    /// A job moved on or said something.
    pub fn job_changed(&self, user: UserId, job: JobId) {
        self.tell(Change::Job(user, job));
    }

    /// Something of a user's that is no job has changed: one of their connections.
    pub fn user_changed(&self, user: UserId) {
        self.tell(Change::User(user));
    }

    /// Ticks when work is ready.
    #[must_use]
    pub fn subscribe_queue(&self) -> Ticks {
        self.topics.subscribe(Topic::Queue)
    }

    /// Ticks when a running job was asked to stop.
    #[must_use]
    pub fn subscribe_cancels(&self) -> Ticks {
        self.topics.subscribe(Topic::Cancels)
    }

    /// Ticks when this job changes. The caller has checked whose job it is.
    #[must_use]
    pub fn subscribe_job(&self, job: JobId) -> Ticks {
        self.topics.subscribe(Topic::Job(job))
    }

    /// Ticks when anything of this user changes that pages follow: a job, a connection.
    #[must_use]
    pub fn subscribe_user(&self, user: UserId) -> Ticks {
        self.topics.subscribe(Topic::User(user))
    }

    /// A place for one page that follows something. Whoever holds it looks at [`Seat::lost`] beside its ticks.
    #[must_use]
    pub fn take_seat(&self, user: UserId) -> Seat {
        self.seats.take(user)
    }

    fn tell(&self, change: Change) {
        self.topics.tick(change);
        self.outbox.add(change);
    }
}
