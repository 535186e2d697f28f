//! The loop that runs jobs: one task a lease, as many as the engine has slots.

use tokio_util::task::TaskTracker;

use crate::jobs::{self, Runner};
use crate::queue::{Engine, Lease, Leases};

/// Runs what the engine claims, until it claims no more and every run has ended.
pub async fn run(engine: Engine, mut leases: Leases, runner: Runner) {
    let runs = TaskTracker::new();
    while let Some(lease) = leases.recv().await {
        runs.spawn(one(engine.clone(), runner.clone(), lease));
    }
    runs.close();
    runs.wait().await;
}

async fn one(engine: Engine, runner: Runner, lease: Lease) {
    let job = lease.job_id();
    let finish = jobs::execute(&runner, &lease).await;
    match engine.finish(lease, finish).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(%job, "a run that had been given up came back; what it did is not recorded"),
        Err(error) => tracing::error!(%job, %error, "a run's ending could not be recorded; it will be given up"),
    }
}
