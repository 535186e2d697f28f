//! Finishes runs: lease, result, last events, audit entry and the connection's last use, in one commit.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::event::storable;
use super::group_commit::GroupWriter;
use super::lease::Lease;
use super::run::{FinishRecord, FinishedRun, JobEnd};
use super::run_metrics::{NO_CONNECTOR_KIND, RunMetrics};
use super::store;
use crate::db::SystemDb;
use crate::error::{Error, Result};

/// Delay between attempts while the database is unavailable.
const UNAVAILABLE_RETRY_DELAY: Duration = Duration::from_millis(500);

/// Closes the events of the run, and returns what its end stores.
pub(super) async fn record(lease: &Lease, finished: FinishedRun) -> FinishRecord {
    let FinishedRun { end, event, audit, is_use, now } = finished;
    FinishRecord {
        run: lease.run(),
        as_run: lease.run_no(),
        end: replace_nul(end),
        events: lease.events().close(event).await,
        audit,
        is_use,
        crashed: false,
        connector_kind: lease.connector_kind.get().copied().unwrap_or(NO_CONNECTOR_KIND),
        started_at: lease.started_at(),
        now,
    }
}

/// Replaces NUL in a service's answer: PostgreSQL text cannot hold it.
fn replace_nul(end: JobEnd) -> JobEnd {
    match end {
        JobEnd::Complete { outcome, error_class, error, output } => {
            JobEnd::Complete { outcome, error_class, error: error.map(storable), output: output.map(storable) }
        }
        other => other,
    }
}

/// Writes finished runs. While the database is unavailable it retries, because an outcome must not be lost; `stop` ends
/// the retries.
pub(super) struct FinishWriter {
    pub(super) db: SystemDb,
    pub(super) metrics: RunMetrics,
    pub(super) stop: CancellationToken,
}

impl GroupWriter for FinishWriter {
    type Item = FinishRecord;
    /// True if the run still held its lease.
    type Answer = bool;

    async fn write(&self, runs: &[FinishRecord]) -> Result<Vec<bool>> {
        loop {
            match store::finish::write(self.db.pool(), runs).await.map_err(Error::from) {
                Err(Error::Unavailable(cause)) if !self.stop.is_cancelled() => {
                    tracing::warn!(
                        error = format!("{cause:#}"),
                        runs = runs.len(),
                        "Failed to store {} finished runs: the database is unavailable; retrying in {} ms",
                        runs.len(),
                        UNAVAILABLE_RETRY_DELAY.as_millis()
                    );
                    self.stop.run_until_cancelled(sleep(UNAVAILABLE_RETRY_DELAY)).await;
                }
                Err(error) => return Err(error),
                Ok(finished) => {
                    self.metrics.count(runs, &finished);
                    return Ok(runs.iter().map(|record| finished.contains(&record.run.job_id)).collect());
                }
            }
        }
    }
}
