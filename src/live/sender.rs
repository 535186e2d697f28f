//! Sends changes to other processes: gathers them and sends one NOTIFY, at most once in 50 ms.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wire::{self, CHANNEL, Change};

/// Time between two messages. The first change is sent at once; later ones share a message.
const SEND_INTERVAL: Duration = Duration::from_millis(50);

/// Longest attempt of a stopping process to send its last changes.
const LAST_SEND_TIMEOUT: Duration = Duration::from_secs(1);

/// Most waiting changes while the database is unavailable. Beyond them the message is “everything changed”.
const MAX_WAITING_CHANGES: usize = 4_096;

/// Changes that are not sent yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<HashSet<Change>>,
    filled: Notify,
}

impl Outbox {
    pub(super) fn add(&self, change: Change) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MAX_WAITING_CHANGES {
            waiting.clear();
            waiting.insert(Change::Everything);
        }
        waiting.insert(change);
        drop(waiting);
        self.filled.notify_one();
    }

    fn drain(&self) -> HashSet<Change> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn run(pool: PgPool, process: Uuid, outbox: Arc<Outbox>, stop: CancellationToken) {
    let keep_sending = async {
        loop {
            outbox.filled.notified().await;
            send(&pool, process, &outbox).await;
            sleep(SEND_INTERVAL).await;
        }
    };
    stop.run_until_cancelled(keep_sending).await;
    // the changes just before the stop: a released job should not wait for a poll
    let _ = tokio::time::timeout(LAST_SEND_TIMEOUT, send(&pool, process, &outbox)).await;
    pool.close().await;
}

async fn send(pool: &PgPool, process: Uuid, outbox: &Outbox) {
    let changes = outbox.drain();
    if changes.is_empty() {
        return;
    }
    let payloads = wire::encode(process, &changes);
    let sent = sqlx::query!("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", CHANNEL, &payloads)
        .execute(pool)
        .await;
    if let Err(error) = sent {
        tracing::warn!(%error, "Failed to send {} notifications; they wait for the next attempt", changes.len());
        for change in changes {
            outbox.add(change);
        }
    }
}
