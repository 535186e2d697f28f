//! Group commit: items that arrive together are written in one commit.
//!
//! A task takes all waiting items and writes them; while it commits, the next group gathers. Under load a commit carries
//! many items, and a single item never waits. If a group cannot be written, its items are written one by one, so only the
//! faulty item fails.

use std::future::Future;

use anyhow::anyhow;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};

/// Most items in a commit.
const MAX_GROUP_ITEMS: usize = 200;

/// Most items that wait for the task; further callers wait for room.
const MAX_WAITING_ITEMS: usize = 1_000;

/// Writes items in one commit.
pub(super) trait GroupWriter: Send + Sync + 'static {
    type Item: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// Writes all items or none, and returns one answer for each, in order.
    fn write(&self, items: &[Self::Item]) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

type Waiting<W> = (<W as GroupWriter>::Item, oneshot::Sender<Result<<W as GroupWriter>::Answer>>);

/// The sender of items to their writer; clones share one task.
pub(super) struct GroupCommit<W: GroupWriter>(mpsc::Sender<Waiting<W>>);

impl<W: GroupWriter> Clone for GroupCommit<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: GroupWriter> GroupCommit<W> {
    /// Starts the task. After `stop` it writes the submitted items and ends.
    pub(super) fn start(writer: W, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING_ITEMS);
        tasks.spawn(run(writer, receiver, stop));
        Self(sender)
    }

    /// Returns once the item is committed or has failed.
    pub(super) async fn submit(&self, item: W::Item) -> Result<W::Answer> {
        let stopping = || Error::Unavailable(anyhow!("the process is stopping"));
        let (reply, answer) = oneshot::channel();
        self.0.send((item, reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

async fn run<W: GroupWriter>(writer: W, mut receiver: mpsc::Receiver<Waiting<W>>, stop: CancellationToken) {
    let mut waiting = Vec::with_capacity(MAX_GROUP_ITEMS);
    loop {
        let taken = tokio::select! {
            biased;
            () = stop.cancelled(), if !receiver.is_closed() => {
                receiver.close();
                continue;
            }
            taken = receiver.recv_many(&mut waiting, MAX_GROUP_ITEMS) => taken,
        };
        if taken == 0 {
            return;
        }
        let (items, replies): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        for (reply, answer) in replies.into_iter().zip(write(&writer, &items).await) {
            // the caller may have been dropped; the item is committed all the same
            let _ = reply.send(answer);
        }
    }
}

async fn write<W: GroupWriter>(writer: &W, items: &[W::Item]) -> Vec<Result<W::Answer>> {
    match writer.write(items).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(Error::Unavailable(cause)) => {
            let cause = format!("{cause:#}");
            items.iter().map(|_| Err(Error::Unavailable(anyhow!(cause.clone())))).collect()
        }
        Err(error) if items.len() == 1 => vec![Err(error)],
        Err(error) => {
            tracing::warn!(%error, items = items.len(), "Failed to write a group of {} items; writing them one by one", items.len());
            let mut answers = Vec::with_capacity(items.len());
            for item in items {
                let alone = writer.write(std::slice::from_ref(item)).await;
                answers.push(alone.and_then(|mut answer| answer.pop().ok_or_else(|| anyhow!("no answer").into())));
            }
            answers
        }
    }
}
