//! Counts runs and jobs that end, once their end is stored.

use std::collections::HashSet;

use metrics::{Counter, Histogram};

use super::run::{FinishRecord, JobEnd};
use crate::ids::JobId;
use crate::telemetry::{Series, table};

/// The connector kind of a run that ended before its connector was read.
pub(super) const NO_CONNECTOR_KIND: &str = "none";

/// The handles of the metrics of runs; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct RunMetrics {
    jobs: Series<Counter>,
    runs: Series<Counter>,
    seconds: Series<Histogram>,
}

impl Default for RunMetrics {
    fn default() -> Self {
        let seconds = table::JOB_RUN_SECONDS.histograms();
        Self { jobs: table::JOBS_FINISHED.counters(), runs: table::JOB_RUNS.counters(), seconds }
    }
}

impl RunMetrics {
    /// Counts the records whose jobs are in `stored`. The others had lost their lease, and wrote nothing.
    pub(super) fn count(&self, records: &[FinishRecord], stored: &HashSet<JobId>) {
        for record in records.iter().filter(|record| stored.contains(&record.run.job_id)) {
            self.runs.get(&[run_result(record)]).increment(1);
            if let JobEnd::Complete { outcome, .. } = &record.end {
                self.jobs.get(&[outcome.stored_text(), record.connector_kind]).increment(1);
            }
            // the end of a lost run is not known
            if !record.crashed {
                let seconds = (record.now - record.started_at).as_seconds_f64().max(0.0);
                self.seconds.get(&[record.connector_kind]).record(seconds);
            }
        }
    }
}

const fn run_result(record: &FinishRecord) -> &'static str {
    match &record.end {
        _ if record.crashed => "lost",
        JobEnd::Complete { .. } => "completed",
        JobEnd::RetryLater { reason, .. } => reason.stored_text(),
        JobEnd::Release => "released",
    }
}
