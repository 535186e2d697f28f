//! The log of one run: events are numbered at once, written in batches, and closed by the end of the run.
//!
//! Lines gather for a moment and are committed with those of other runs. Lines that are unwritten when the run ends go
//! into the commit of its end, so a short run costs no commit of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Event, EventLevel};
use crate::db::SystemDb;
use crate::error::Error;
use crate::ids::{JobId, UserId};
use crate::live::Live;
use crate::queue::store;

/// The time that lines gather before they are written.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

/// Most lines of one run. Further lines are dropped, and the log says so.
const MAX_RUN_LINES: i32 = 5_000;

/// A numbered event.
#[derive(Clone, Debug)]
pub(in crate::queue) struct Line {
    pub(in crate::queue) job_id: JobId,
    pub(in crate::queue) run_no: i32,
    pub(in crate::queue) n: i32,
    pub(in crate::queue) event: Event,
}

/// The log of one run; cheap to clone, and every clone adds to it.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    user_id: UserId,
    job_id: JobId,
    run_no: i32,
    lines: Mutex<Lines>,
    /// Locked while lines are being written: the end of the run waits for them.
    writing: tokio::sync::Mutex<()>,
    flusher: Flusher,
}

#[derive(Debug, Default)]
struct Lines {
    next: i32,
    pending: Vec<Line>,
    closed: bool,
}

impl Journal {
    pub(in crate::queue) fn new(user_id: UserId, job_id: JobId, run_no: i32, flusher: Flusher) -> Self {
        let (lines, writing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Inner { user_id, job_id, run_no, lines, writing, flusher }))
    }

    /// Adds an event. It is stored within a moment, at the latest with the end of the run. After that, events are dropped.
    pub fn append(&self, event: Event) {
        let mut lines = self.lines();
        if lines.closed || lines.next > MAX_RUN_LINES {
            return;
        }
        let event = if lines.next < MAX_RUN_LINES {
            event
        } else {
            Event::new(EventLevel::Warn, "This run has too many events: further ones are left out", event.at)
        };
        self.push(&mut lines, event);
        if lines.pending.len() == 1 {
            self.0.flusher.mark(self.clone());
        }
    }

    /// Adds the run's last event, and returns the lines that are not stored yet.
    pub(in crate::queue) async fn close(&self, last: Event) -> Vec<Line> {
        let _none_in_flight = self.0.writing.lock().await;
        let mut lines = self.lines();
        self.push(&mut lines, last);
        lines.closed = true;
        std::mem::take(&mut lines.pending)
    }

    fn push(&self, lines: &mut Lines, event: Event) {
        let line = Line { job_id: self.0.job_id, run_no: self.0.run_no, n: lines.next, event };
        lines.next += 1;
        lines.pending.push(line);
    }

    fn drain(&self) -> Vec<Line> {
        std::mem::take(&mut self.lines().pending)
    }

    /// Returns lines to the journal that could not be written now.
    fn put_back(&self, mut taken: Vec<Line>) {
        let mut lines = self.lines();
        // an event that was added meanwhile has queued the journal already; twice in one round would wait for itself
        let is_queued = !lines.pending.is_empty();
        taken.append(&mut lines.pending);
        lines.pending = taken;
        if !is_queued {
            self.0.flusher.mark(self.clone());
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that writes journals; each process has one.
#[derive(Clone, Debug)]
pub(in crate::queue) struct Flusher(mpsc::UnboundedSender<Journal>);

impl Flusher {
    pub(in crate::queue) fn start(db: SystemDb, live: Live, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tasks.spawn(async move { stop.run_until_cancelled(run(db, live, receiver)).await });
        Self(sender)
    }

    /// Queues a journal for writing. A journal is queued once while it has lines, so the channel holds at most one per run.
    fn mark(&self, journal: Journal) {
        // after the task has ended, the end of the run writes the lines
        let _ = self.0.send(journal);
    }
}

async fn run(db: SystemDb, live: Live, mut receiver: mpsc::UnboundedReceiver<Journal>) {
    let mut marked = Vec::new();
    while receiver.recv_many(&mut marked, usize::MAX).await > 0 {
        sleep(FLUSH_INTERVAL).await;
        while let Ok(journal) = receiver.try_recv() {
            marked.push(journal);
        }
        flush(&db, &live, &marked).await;
        marked.clear();
    }
}

async fn flush(db: &SystemDb, live: &Live, journals: &[Journal]) {
    let mut in_flight = Vec::with_capacity(journals.len());
    let mut taken = Vec::with_capacity(journals.len());
    for journal in journals {
        in_flight.push(journal.0.writing.lock().await);
        taken.push(journal.drain());
    }
    if let Err(error) = store::events::write(db.pool(), &taken.concat()).await {
        tracing::warn!(%error, "Failed to write the events of {} runs together; writing them run by run", journals.len());
        for (journal, lines) in journals.iter().zip(taken) {
            flush_alone(db, journal, lines).await;
        }
    }
    for journal in journals {
        live.notify_job(journal.0.user_id, journal.0.job_id);
    }
}

async fn flush_alone(db: &SystemDb, journal: &Journal, lines: Vec<Line>) {
    match store::events::write(db.pool(), &lines).await.map_err(Error::from) {
        Ok(()) => {}
        Err(Error::Unavailable(_)) => journal.put_back(lines),
        Err(error) => {
            let id = journal.0.job_id;
            tracing::error!(job.id = %id, %error, "Failed to write events of job {id}; they are dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::{Flusher, Journal};
    use crate::clock::Timestamp;
    use crate::ids::{JobId, UserId};
    use crate::queue::events::{Event, EventLevel};

    #[test]
    fn an_event_added_during_a_failed_write_does_not_queue_the_journal_twice() {
        let now = Timestamp::UNIX_EPOCH;
        let event = || Event::new(EventLevel::Info, "Half done", now);
        let (sender, mut queued) = mpsc::unbounded_channel();
        let journal = Journal::new(UserId::new(now), JobId::new(now), 1, Flusher(sender));
        journal.append(event());
        assert!(queued.try_recv().is_ok());
        let taken = journal.drain();
        journal.append(event());
        journal.put_back(taken);
        assert!(queued.try_recv().is_ok() && queued.try_recv().is_err(), "queued once");
        assert_eq!(journal.drain().iter().map(|line| line.n).collect::<Vec<_>>(), [0, 1]);
    }
}
