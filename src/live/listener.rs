//! Receives notifications of other processes on one connection, and reconnects when it is lost.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::topics::Topics;
use super::wire::{self, CHANNEL, Change};

/// Delays before the second, third … attempt; the first is made at once.
const RECONNECT_DELAYS: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

pub(super) async fn run(pool: PgPool, process: Uuid, topics: Arc<Topics>, stop: CancellationToken) {
    let listen = async {
        let mut failures = 0;
        loop {
            match listen(&pool).await {
                Ok(listener) => {
                    failures = 0;
                    receive(listener, process, &topics).await;
                }
                Err(error) => tracing::warn!(%error, "Failed to listen for notifications; retrying"),
            }
            sleep(RECONNECT_DELAYS[failures.min(RECONNECT_DELAYS.len() - 1)]).await;
            failures += 1;
        }
    };
    stop.run_until_cancelled(listen).await;
}

async fn listen(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes notifications on until the connection is lost.
async fn receive(mut listener: PgListener, process: Uuid, topics: &Topics) {
    // notifications that were sent before this connection listened are lost
    topics.notify(Change::Everything);
    listener.eager_reconnect(false);
    loop {
        match listener.try_recv().await {
            Ok(Some(message)) => {
                for change in wire::decode(process, message.payload()) {
                    topics.notify(change);
                }
            }
            Ok(None) => return tracing::warn!("Lost the listening connection; reconnecting"),
            // the process is stopping
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => return tracing::warn!(%error, "The listening connection failed; reconnecting"),
        }
    }
}
