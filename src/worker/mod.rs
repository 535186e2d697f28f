//! The loop that runs jobs: one task a lease, as many as the engine has slots.

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::jobs::{self, Runner, ToolNews};
use crate::queue::{Engine, Lease, Leases};

/// Looks at servers that have news, at once.
static LOOKS: Semaphore = Semaphore::const_new(4);

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
    let ran = jobs::execute(&runner, &lease).await;
    match engine.finish(lease, ran.finish).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(%job, "a run that had been given up came back; what it did is not recorded"),
        Err(error) => tracing::error!(%job, %error, "a run's ending could not be recorded; it will be given up"),
    }
    if let Some(news) = ran.news {
        tokio::spawn(look_again(runner, news));
    }
}

/// After a job, not within it, and nobody waits for it: if the hub stops meanwhile, the news are on the connector's page.
async fn look_again(runner: Runner, news: ToolNews) {
    let noted = match jobs::mark_tools_changed(&runner, &news).await {
        Ok(true) => LOOKS.try_acquire().ok(),
        Ok(false) => None,
        Err(error) => {
            tracing::warn!(%error, "a server's news could not be noted");
            None
        }
    };
    if noted.is_some()
        && let Err(error) = jobs::refresh_changed_tools(&runner, &news).await
    {
        tracing::warn!(%error, "a server's news could not be followed");
    }
}
