//! The events of one run: numbered at once, written in batches, closed by the end of the run, and read back.
//!
//! Events gather for a moment and are committed with those of other runs. Events that are unwritten when the run ends go
//! into the commit of its end, so a short run costs no commit of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::event::{Event, EventLevel, JobEvent, NumberedEvent, Position};
use super::store::pipeline_events as store;
use crate::actor::Actor;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::{JobId, OwnerId};
use crate::live::Live;

/// The time that events gather before they are written.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

/// Most events of one run. Further events are dropped, and an event says so.
const MAX_RUN_EVENTS: i32 = 5_000;

/// The events of one run; cheap to clone, and every clone adds to them.
#[derive(Clone, Debug)]
pub struct RunEvents(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    owner_id: OwnerId,
    job_id: JobId,
    run_no: i32,
    buffer: Mutex<Buffer>,
    /// Locked while events are being written: the end of the run waits for them.
    writing: tokio::sync::Mutex<()>,
    flusher: EventFlusher,
}

#[derive(Debug, Default)]
struct Buffer {
    next: i32,
    pending: Vec<NumberedEvent>,
    closed: bool,
}

impl RunEvents {
    pub(super) fn new(owner_id: OwnerId, job_id: JobId, run_no: i32, flusher: EventFlusher) -> Self {
        let (buffer, writing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Inner { owner_id, job_id, run_no, buffer, writing, flusher }))
    }

    /// Adds an event. It is stored within a moment, at the latest with the end of the run. After that, events are dropped.
    pub fn append(&self, event: Event) {
        let mut buffer = self.buffer();
        if buffer.closed || buffer.next > MAX_RUN_EVENTS {
            return;
        }
        let event = if buffer.next < MAX_RUN_EVENTS {
            event
        } else {
            Event::new(EventLevel::Warn, "This run has too many events: further ones are left out", event.at)
        };
        self.push(&mut buffer, event);
        if buffer.pending.len() == 1 {
            self.0.flusher.queue(self.clone());
        }
    }

    /// Adds the run's last event, and returns the events that are not stored yet.
    pub(super) async fn close(&self, last: Event) -> Vec<NumberedEvent> {
        let _no_write_in_progress = self.0.writing.lock().await;
        let mut buffer = self.buffer();
        self.push(&mut buffer, last);
        buffer.closed = true;
        std::mem::take(&mut buffer.pending)
    }

    fn push(&self, buffer: &mut Buffer, event: Event) {
        let event = NumberedEvent { job_id: self.0.job_id, run_no: self.0.run_no, n: buffer.next, event };
        buffer.next += 1;
        buffer.pending.push(event);
    }

    fn drain(&self) -> Vec<NumberedEvent> {
        std::mem::take(&mut self.buffer().pending)
    }

    /// Puts events back that could not be written now.
    fn put_back(&self, mut unwritten: Vec<NumberedEvent>) {
        let mut buffer = self.buffer();
        // an event that was added meanwhile has queued this run already; twice in one round would wait for itself
        let is_queued = !buffer.pending.is_empty();
        unwritten.append(&mut buffer.pending);
        buffer.pending = unwritten;
        if !is_queued {
            self.0.flusher.queue(self.clone());
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.0.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns at most `limit` events of the actor's job after `position`, in order. Another owner's job has none.
pub async fn list_events(
    conn: &mut PgConnection,
    actor: &Actor,
    job: JobId,
    position: Position,
    limit: i64,
) -> Result<Vec<JobEvent>> {
    Ok(store::list_after(conn, actor.owner_id(), job, position, limit).await?)
}

/// The task that writes the events of all runs; each process has one.
#[derive(Clone, Debug)]
pub(super) struct EventFlusher(mpsc::UnboundedSender<RunEvents>);

impl EventFlusher {
    pub(super) fn start(db: SystemDb, live: Live, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tasks.spawn(async move { stop.run_until_cancelled(run(db, live, receiver)).await });
        Self(sender)
    }

    /// Queues a run for writing. It is queued once while it has unwritten events, so the channel holds each run once at most.
    fn queue(&self, run: RunEvents) {
        // after the task has ended, the end of the run writes the events
        let _ = self.0.send(run);
    }
}

async fn run(db: SystemDb, live: Live, mut receiver: mpsc::UnboundedReceiver<RunEvents>) {
    let mut queued = Vec::new();
    while receiver.recv_many(&mut queued, usize::MAX).await > 0 {
        sleep(FLUSH_INTERVAL).await;
        while let Ok(run) = receiver.try_recv() {
            queued.push(run);
        }
        flush(&db, &live, &queued).await;
        queued.clear();
    }
}

async fn flush(db: &SystemDb, live: &Live, runs: &[RunEvents]) {
    let mut locks = Vec::with_capacity(runs.len());
    let mut unwritten = Vec::with_capacity(runs.len());
    for run in runs {
        locks.push(run.0.writing.lock().await);
        unwritten.push(run.drain());
    }
    if let Err(error) = store::insert(db.pool(), &unwritten.concat()).await {
        tracing::warn!(%error, "Failed to write the events of {} runs together; writing them run by run", runs.len());
        for (run, events) in runs.iter().zip(unwritten) {
            flush_alone(db, run, events).await;
        }
    }
    for run in runs {
        live.notify_job(run.0.owner_id, run.0.job_id);
    }
}

async fn flush_alone(db: &SystemDb, run: &RunEvents, events: Vec<NumberedEvent>) {
    match store::insert(db.pool(), &events).await.map_err(Error::from) {
        Ok(()) => {}
        Err(Error::Unavailable(_)) => run.put_back(events),
        Err(error) => {
            let id = run.0.job_id;
            tracing::error!(job.id = %id, %error, "Failed to write events of job {id}; they are dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::{EventFlusher, RunEvents};
    use crate::clock::Timestamp;
    use crate::ids::{JobId, OwnerId};
    use crate::queue::event::{Event, EventLevel};

    #[test]
    fn an_event_added_during_a_failed_write_does_not_queue_the_run_twice() {
        let now = Timestamp::UNIX_EPOCH;
        let event = || Event::new(EventLevel::Info, "Half done", now);
        let (sender, mut queued) = mpsc::unbounded_channel();
        let run = RunEvents::new(OwnerId::new(now), JobId::new(now), 1, EventFlusher(sender));
        run.append(event());
        assert!(queued.try_recv().is_ok());
        let unwritten = run.drain();
        run.append(event());
        run.put_back(unwritten);
        assert!(queued.try_recv().is_ok() && queued.try_recv().is_err(), "queued once");
        assert_eq!(run.drain().iter().map(|event| event.n).collect::<Vec<_>>(), [0, 1]);
    }
}
