//! Group commit: what arrives together is written in one commit.
//!
//! One task takes everything that waits and writes it; while it commits, the next group gathers. So under load a commit
//! carries many items, and an item that comes alone waits for nobody. When a group cannot be written, its items are
//! written one by one, and only the culprit fails.

use std::future::Future;

use anyhow::anyhow;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};

/// Most items in a commit.
const LARGEST: usize = 200;

/// Items that may wait for the task; those who bring more wait their turn.
const WAITING: usize = 1_000;

/// Writes items in one commit.
pub(super) trait Write: Send + Sync + 'static {
    type Item: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// All or nothing; one answer for each item, in order.
    fn write(&self, items: &[Self::Item]) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

type Waiting<W> = (<W as Write>::Item, oneshot::Sender<Result<<W as Write>::Answer>>);

/// Where items are handed in.
pub(super) struct Group<W: Write>(mpsc::Sender<Waiting<W>>);

impl<W: Write> Clone for Group<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: Write> Group<W> {
    /// Starts the task; after `stop` it writes what was handed in and ends.
    pub(super) fn start(writer: W, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tasks.spawn(run(writer, receiver, stop));
        Self(sender)
    }

    /// Returns once the item is committed, or cannot be.
    pub(super) async fn submit(&self, item: W::Item) -> Result<W::Answer> {
        let stopping = || Error::Unavailable(anyhow!("the process is stopping"));
        let (reply, answer) = oneshot::channel();
        self.0.send((item, reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

async fn run<W: Write>(writer: W, mut receiver: mpsc::Receiver<Waiting<W>>, stop: CancellationToken) {
    let mut waiting = Vec::with_capacity(LARGEST);
    loop {
        let taken = tokio::select! {
            biased;
            () = stop.cancelled(), if !receiver.is_closed() => {
                receiver.close();
                continue;
            }
            taken = receiver.recv_many(&mut waiting, LARGEST) => taken,
        };
        if taken == 0 {
            return;
        }
        let (items, replies): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        for (reply, answer) in replies.into_iter().zip(write(&writer, &items).await) {
            // whoever handed it in may have gone away; it is committed all the same
            let _ = reply.send(answer);
        }
    }
}

async fn write<W: Write>(writer: &W, items: &[W::Item]) -> Vec<Result<W::Answer>> {
    match writer.write(items).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(Error::Unavailable(cause)) => {
            let cause = format!("{cause:#}");
            items.iter().map(|_| Err(Error::Unavailable(anyhow!(cause.clone())))).collect()
        }
        Err(error) if items.len() == 1 => vec![Err(error)],
        Err(error) => {
            tracing::warn!(%error, items = items.len(), "a group could not be written; writing its items one by one");
            let mut answers = Vec::with_capacity(items.len());
            for item in items {
                let alone = writer.write(std::slice::from_ref(item)).await;
                answers.push(alone.and_then(|mut answer| answer.pop().ok_or_else(|| anyhow!("no answer").into())));
            }
            answers
        }
    }
}
