//! What a process does beside its runs: it beats, and looks whether any of them should stop.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::lease::{Running, Stop};
use super::store::worker as store;
use crate::db::SystemDb;
use crate::ids::WorkerId;
use crate::live::Live;

/// Between beats; four missed ones are a death.
const BEAT: Duration = Duration::from_secs(5);

/// A lost wake-up delays a cancel by this much.
const POLL: Duration = Duration::from_secs(1);

/// Beats until dropped.
pub(super) async fn beat(db: SystemDb, worker: WorkerId, info: String) {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        if let Err(error) = store::beat(db.pool(), worker, &info).await {
            tracing::warn!(%error, "the process could not say that it is alive");
        }
    }
}

/// Compares the runs with their leases until dropped.
pub(super) async fn leases(db: SystemDb, live: Live, worker: WorkerId, running: Running) {
    let mut cancels = live.subscribe_cancels();
    loop {
        let _ = timeout(POLL, cancels.changed()).await;
        if let Err(error) = look(&db, worker, &running).await {
            tracing::warn!(%error, "running jobs could not be looked after");
        }
    }
}

async fn look(db: &SystemDb, worker: WorkerId, running: &Running) -> sqlx::Result<()> {
    // before the leases are read: a run that begins meanwhile is not lost
    let runs = running.runs();
    if runs.is_empty() {
        return Ok(());
    }
    let held: HashMap<_, _> =
        store::leases(db.pool(), worker).await?.into_iter().map(|it| ((it.job_id, it.run_no), it.canceled)).collect();
    for run in runs {
        match held.get(&run) {
            None => running.stop(run, Stop::Lost),
            Some(true) => running.stop(run, Stop::Canceled),
            Some(false) => {}
        }
    }
    Ok(())
}
