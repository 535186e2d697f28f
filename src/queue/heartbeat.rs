//! Sends the process's heartbeat, and stops runs that were canceled or lost.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::lease::{ActiveRuns, StopReason};
use super::run::RunKey;
use super::store;
use crate::db::SystemDb;
use crate::ids::WorkerId;
use crate::live::Live;

/// Time between heartbeats; after four missed ones the process counts as dead.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// Longest delay of a cancellation whose notification was lost.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Sends heartbeats until dropped.
pub(super) async fn send_heartbeats(db: SystemDb, worker: WorkerId, info: String) {
    let mut ticks = interval(HEARTBEAT_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = store::worker::record_heartbeat(db.pool(), worker, &info).await {
            tracing::warn!(
                worker.id = %worker, %error,
                "Failed to send the heartbeat of worker {worker}; retrying in {} s",
                HEARTBEAT_INTERVAL.as_secs()
            );
        }
    }
}

/// Compares the runs with their leases until dropped, and asks canceled and lost runs to stop.
pub(super) async fn stop_ended_runs(db: SystemDb, live: Live, worker: WorkerId, runs: ActiveRuns) {
    let mut cancels = live.subscribe_cancels();
    loop {
        let _ = timeout(POLL_INTERVAL, cancels.changed()).await;
        if let Err(error) = check_leases(&db, worker, &runs).await {
            tracing::warn!(worker.id = %worker, %error, "Failed to check the leases of worker {worker}; retrying");
        }
    }
}

async fn check_leases(db: &SystemDb, worker: WorkerId, active: &ActiveRuns) -> sqlx::Result<()> {
    // read before the leases: a run that begins meanwhile is not lost
    let runs = active.keys();
    if runs.is_empty() {
        return Ok(());
    }
    let leases = store::job_lease::list_of_worker(db.pool(), worker).await?.into_iter();
    let is_canceled: HashMap<_, _> =
        leases.map(|it| (RunKey { job_id: it.job_id, run_no: it.run_no }, it.canceled)).collect();
    for run in runs {
        match is_canceled.get(&run) {
            None => active.stop(run, StopReason::Lost),
            Some(true) => active.stop(run, StopReason::Canceled),
            Some(false) => {}
        }
    }
    Ok(())
}
