//! The loop that runs jobs: one task for each lease, as many as the engine has slots.
//!
//! Only the composition of the process calls [`run`], once for each engine. The worker connects the queue, which knows no
//! job type, with the jobs module, which knows no slot. It holds no rule of its own and never meets a request.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, field, info_span};

use crate::jobs::{self, Runner, ToolsChanged};
use crate::queue::{Engine, Lease, Leases};

/// Most tool discoveries at once that servers have asked for by announcing changed tools.
const MAX_DISCOVERIES: usize = 4;

/// The handles that each run needs.
#[derive(Clone)]
struct Worker {
    engine: Engine,
    runner: Runner,
    discoveries: Arc<Semaphore>,
    /// Cancelled once the engine claims no more: discoveries do not delay the stop.
    stopping: CancellationToken,
}

/// Runs what the engine claims. Returns once it claims no more and every run has ended.
pub async fn run(engine: Engine, mut leases: Leases, runner: Runner) {
    let discoveries = Arc::new(Semaphore::new(MAX_DISCOVERIES));
    let worker = Worker { engine, runner, discoveries, stopping: CancellationToken::new() };
    let runs = TaskTracker::new();
    while let Some(lease) = leases.recv().await {
        let span = info_span!(
            "job",
            job.id = %lease.job_id(),
            job.connector = field::Empty,
            job.run_no = lease.run_no(),
            job.outcome = field::Empty,
        );
        let worker = worker.clone();
        runs.spawn(async move { worker.run_job(lease).await }.instrument(span));
    }
    worker.stopping.cancel();
    runs.close();
    runs.wait().await;
}

impl Worker {
    async fn run_job(&self, lease: Lease) {
        let (id, run_no) = (lease.job_id(), lease.run_no());
        let result = jobs::execute(&self.runner, &lease).await;
        let outcome = result.finish.end.as_str();
        Span::current().record("job.outcome", outcome);
        tracing::debug!("Ended run {run_no} of job {id}: {outcome}");
        match self.engine.finish(lease, result.finish).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("Discarded the result of job {id}: the run was rescued before it finished"),
            Err(error) => {
                tracing::error!(%error, "Failed to store the result of job {id}; the rescuer ends the run later");
            }
        }
        if let Some(changed) = result.tools_changed {
            self.handle_changed_tools(&changed).await;
        }
    }

    /// Marks the tools as changed, then reads them again. The run's slot is free by then. If the hub stops meanwhile, or too
    /// many discoveries are under way, the mark stays on the connector's page.
    async fn handle_changed_tools(&self, changed: &ToolsChanged) {
        let connector = changed.connector();
        match jobs::mark_tools_changed(&self.runner, changed).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(
                    connector.id = %connector, %error,
                    "Failed to mark the tools of connector {connector} as changed; its next announcement does"
                );
                return;
            }
        }
        let Ok(_permit) = self.discoveries.try_acquire() else { return };
        // on the heap: few runs need this large future
        let refresh = Box::pin(jobs::refresh_changed_tools(&self.runner, changed));
        if let Some(Err(error)) = self.stopping.run_until_cancelled(refresh).await {
            tracing::warn!(
                connector.id = %connector, %error,
                "Failed to discover the changed tools of connector {connector}; its page keeps the notice"
            );
        }
    }
}
