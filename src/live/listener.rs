//! Hears other processes: one connection that listens, and comes back when it was lost.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::topics::Topics;
use super::wire::{self, CHANNEL, Change};

/// Wait before the second, third … try; the first is made at once.
const BACK_OFF: [Duration; 5] = [
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
                    hear(listener, process, &topics).await;
                }
                Err(error) => tracing::warn!(%error, "cannot listen for wake-ups; trying again"),
            }
            sleep(BACK_OFF[failures.min(BACK_OFF.len() - 1)]).await;
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

/// Passes on what it hears until the connection is lost.
async fn hear(mut listener: PgListener, process: Uuid, topics: &Topics) {
    // whatever was said before this connection listened went unheard
    topics.tick(Change::Everything);
    listener.eager_reconnect(false);
    loop {
        match listener.try_recv().await {
            Ok(Some(message)) => {
                for change in wire::decode(process, message.payload()) {
                    topics.tick(change);
                }
            }
            Ok(None) => return tracing::warn!("the listening connection was lost"),
            // the process is stopping
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => return tracing::warn!(%error, "the listening connection failed"),
        }
    }
}
