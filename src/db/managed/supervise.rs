//! Restarts PostgreSQL when it dies. Pools reconnect by themselves; until then pages answer "unavailable".

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use super::lock::Lock;
use super::postmaster::Postmaster;
use crate::error::Result;

const POLL_INTERVAL: Duration = Duration::from_millis(250);
const MIN_RESTART_DELAY: Duration = Duration::from_millis(100);
const MAX_RESTART_DELAY: Duration = Duration::from_secs(10);
/// After this uptime the next restart has the shortest delay again: the server did not die of its start.
const HEALTHY_UPTIME: Duration = Duration::from_secs(60);

/// Watches the server until `stop`. The delay before a restart doubles while restarts fail or the server dies again.
pub(super) async fn supervise(cluster: Arc<Cluster>, stop: CancellationToken) {
    stop.run_until_cancelled(watch(&cluster)).await;
}

async fn watch(cluster: &Cluster) {
    let mut delay = MIN_RESTART_DELAY;
    loop {
        let started_at = Instant::now();
        wait_for_exit(cluster).await;
        if started_at.elapsed() > HEALTHY_UPTIME {
            delay = MIN_RESTART_DELAY;
        }
        tracing::warn!("PostgreSQL has ended; restarting in {} ms", delay.as_millis());
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(MAX_RESTART_DELAY);
        match restart(cluster).await {
            Ok(()) => tracing::info!("Restarted PostgreSQL"),
            Err(error) => tracing::error!(%error, "Failed to restart PostgreSQL; the next attempt follows"),
        }
    }
}

async fn wait_for_exit(cluster: &Cluster) {
    while Postmaster::find(&cluster.data()).is_some() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Starts the server, or adopts one that another process has started.
async fn restart(cluster: &Cluster) -> Result<()> {
    let change = Lock::acquire(&cluster.change_lock).await?;
    cluster.ensure_running(&change).await
}
