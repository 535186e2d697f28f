//! Starts PostgreSQL again when it dies under us. Pools reconnect by themselves; pages answer "unavailable" meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use super::lock::Lock;
use super::postmaster::Postmaster;
use crate::error::Result;

const LOOK: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A server that lived this long did not die of its start: the next pause is short again.
const HEALTHY: Duration = Duration::from_secs(60);

/// Watches until `stop`; restarts that fail, or are followed by another death, come ever more slowly.
pub(super) async fn supervise(cluster: Arc<Cluster>, stop: CancellationToken) {
    stop.run_until_cancelled(watch(&cluster)).await;
}

async fn watch(cluster: &Cluster) {
    let mut pause = FIRST_PAUSE;
    loop {
        let since = Instant::now();
        died(cluster).await;
        if since.elapsed() > HEALTHY {
            pause = FIRST_PAUSE;
        }
        tracing::warn!("PostgreSQL has ended; starting it again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match start(cluster).await {
            Ok(()) => tracing::info!("PostgreSQL runs again"),
            Err(error) => tracing::error!(%error, "PostgreSQL cannot be started again"),
        }
    }
}

async fn died(cluster: &Cluster) {
    while Postmaster::find(&cluster.data()).is_some() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Another process may have been quicker: then this adopts what that one started.
async fn start(cluster: &Cluster) -> Result<()> {
    let change = Lock::take(&cluster.change_lock).await?;
    cluster.ensure_running(&change).await
}
