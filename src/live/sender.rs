//! Tells other processes: gathers changes and sends them as one NOTIFY, at most once in 50 ms.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wire::{self, CHANNEL, Change};

/// The first change leaves at once; those of the next moment share a message.
const PACE: Duration = Duration::from_millis(50);

/// How long a stopping process tries to send what it told last.
const LAST: Duration = Duration::from_secs(1);

/// While the database is away changes gather; beyond this many the message is "look at everything".
const MOST: usize = 4_096;

/// What has not been sent yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<HashSet<Change>>,
    filled: Notify,
}

impl Outbox {
    pub(super) fn add(&self, change: Change) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            waiting.clear();
            waiting.insert(Change::Everything);
        }
        waiting.insert(change);
        drop(waiting);
        self.filled.notify_one();
    }

    fn take(&self) -> HashSet<Change> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn run(pool: PgPool, process: Uuid, outbox: Arc<Outbox>, stop: CancellationToken) {
    let keep_sending = async {
        loop {
            outbox.filled.notified().await;
            send(&pool, process, &outbox).await;
            sleep(PACE).await;
        }
    };
    stop.run_until_cancelled(keep_sending).await;
    // what was told just before the stop: a job that was handed back should not wait for a poll
    let _ = tokio::time::timeout(LAST, send(&pool, process, &outbox)).await;
    pool.close().await;
}

async fn send(pool: &PgPool, process: Uuid, outbox: &Outbox) {
    let changes = outbox.take();
    if changes.is_empty() {
        return;
    }
    let payloads = wire::encode(process, &changes);
    let sent = sqlx::query!("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", CHANNEL, &payloads)
        .execute(pool)
        .await;
    if let Err(error) = sent {
        tracing::warn!(%error, "wake-ups could not be sent; they are kept");
        for change in changes {
            outbox.add(change);
        }
    }
}
