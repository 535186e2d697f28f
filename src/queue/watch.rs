//! Sends the process's heartbeat, and stops runs that were canceled or lost.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::lease::{Running, StopReason};
use super::store::worker as store;
use crate::db::SystemDb;
use crate::ids::WorkerId;
use crate::live::Live;

/// Time between heartbeats; after four missed ones the process counts as dead.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// Longest delay of a cancellation whose notification was lost.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Sends heartbeats until dropped.
pub(super) async fn send_heartbeats(db: SystemDb, worker: WorkerId, info: String) {
    let mut beats = interval(HEARTBEAT_INTERVAL);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        if let Err(error) = store::beat(db.pool(), worker, &info).await {
            tracing::warn!(
                worker.id = %worker, %error,
                "Failed to send the heartbeat of worker {worker}; retrying in {} s",
                HEARTBEAT_INTERVAL.as_secs()
            );
        }
    }
}

/// Compares the runs with their leases until dropped, and tells canceled and lost runs to stop.
pub(super) async fn watch_leases(db: SystemDb, live: Live, worker: WorkerId, running: Running) {
    let mut cancels = live.subscribe_cancels();
    loop {
        let _ = timeout(POLL_INTERVAL, cancels.changed()).await;
        if let Err(error) = stop_ended_runs(&db, worker, &running).await {
            tracing::warn!(worker.id = %worker, %error, "Failed to check the leases of worker {worker}; retrying");
        }
    }
}

async fn stop_ended_runs(db: &SystemDb, worker: WorkerId, running: &Running) -> sqlx::Result<()> {
    // read before the leases: a run that begins meanwhile is not lost
    let runs = running.runs();
    if runs.is_empty() {
        return Ok(());
    }
    let held: HashMap<_, _> =
        store::leases(db.pool(), worker).await?.into_iter().map(|it| ((it.job_id, it.run_no), it.canceled)).collect();
    for run in runs {
        match held.get(&run) {
            None => running.stop(run, StopReason::Lost),
            Some(true) => running.stop(run, StopReason::Canceled),
            Some(false) => {}
        }
    }
    Ok(())
}
