//! Live updates: subscribers of a job, a user, the queue or the outbox are notified of changes in any process.
//!
//! The code that commits a change calls a `notify_` function after the commit, never inside the transaction. Streams of pages,
//! the queue's claimer and its heartbeat subscribe. Subscribing checks no owner: the caller has read the row as its user.
//!
//! - A change notifies the subscribers of this process at once, and those of others through one coalesced NOTIFY.
//! - NOTIFY never runs inside a business transaction: it holds a cluster-wide lock until its commit is on disk. A
//!   dedicated connection sends the gathered changes after their commit, at most once in 50 ms.
//! - A notification means “read again”: rows are the truth, so a lost notification delays a job but never loses it.
//!   Subscribers that must not wait longer than a second also poll at that interval, as the queue does.

mod listener;
mod permits;
mod sender;
mod topics;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ids::{JobId, OwnerId, UserId};

pub use permits::{MAX_STREAMS_PER_USER, StreamPermit};
pub use topics::Subscription;

use permits::StreamPermits;
use sender::Outbox;
use topics::{Topic, Topics};
use wire::Change;

/// Longest wait for either connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Publishes changes and notifies subscribers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    topics: Arc<Topics>,
    outbox: Arc<Outbox>,
    permits: Arc<StreamPermits>,
}

impl Live {
    /// Starts the two tasks of this process: one connection listens, one sends. `stop` ends both.
    ///
    /// Neither needs the database at the start: both connect when they can, and reconnect.
    #[must_use]
    pub fn start(options: PgConnectOptions, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(CONNECT_TIMEOUT).connect_lazy_with(options);
        let live = Self { topics: Arc::default(), outbox: Arc::default(), permits: Arc::default() };
        let process = uuid::Uuid::new_v4();
        tasks.spawn(listener::run(pool.clone(), process, live.topics.clone(), stop.clone()));
        tasks.spawn(sender::run(pool, process, live.outbox.clone(), stop.clone()));
        live
    }

    /// Notifies claimers that a job is ready.
    pub fn notify_queue(&self) {
        self.publish(Change::Queue);
    }

    /// Notifies workers that a running job was asked to stop.
    pub fn notify_cancels(&self) {
        self.publish(Change::Cancels);
    }

    /// Notifies senders that a mail waits.
    pub fn notify_mail(&self) {
        self.publish(Change::Mail);
    }

    /// Notifies subscribers of a job, and of its owner, that the job changed.
    pub fn notify_job(&self, owner: OwnerId, job: JobId) {
        self.publish(Change::Job(owner, job));
    }

    /// Notifies subscribers of an owner that one of the owner's connections changed.
    pub fn notify_owner(&self, owner: OwnerId) {
        self.publish(Change::Owner(owner));
    }

    /// Subscribes to ready jobs.
    #[must_use]
    pub fn subscribe_queue(&self) -> Subscription {
        self.topics.subscribe(Topic::Queue)
    }

    /// Subscribes to requests to stop running jobs.
    #[must_use]
    pub fn subscribe_cancels(&self) -> Subscription {
        self.topics.subscribe(Topic::Cancels)
    }

    /// Subscribes to waiting mails.
    #[must_use]
    pub fn subscribe_mail(&self) -> Subscription {
        self.topics.subscribe(Topic::Mail)
    }

    /// Subscribes to changes of a job. The caller has checked the job's owner.
    #[must_use]
    pub fn subscribe_job(&self, job: JobId) -> Subscription {
        self.topics.subscribe(Topic::Job(job))
    }

    /// Subscribes to changes of an owner's jobs and connections.
    #[must_use]
    pub fn subscribe_owner(&self, owner: OwnerId) -> Subscription {
        self.topics.subscribe(Topic::Owner(owner))
    }

    /// Returns a permit for one live page of a user. Its holder watches [`StreamPermit::revoked`] beside its subscription.
    #[must_use]
    pub fn acquire_stream_permit(&self, user: UserId) -> StreamPermit {
        self.permits.acquire(user)
    }

    fn publish(&self, change: Change) {
        self.topics.notify(change);
        self.outbox.add(change);
    }
}
