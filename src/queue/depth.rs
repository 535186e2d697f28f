//! Depth and age of the queue, for the metrics: read when they are asked for, and at most once in some seconds.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::store;
use crate::clock::{Clock, Timestamp};
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::ids::JobId;
use crate::telemetry::table::{QUEUE_JOBS, QUEUE_OLDEST_READY_SECONDS, QUEUE_OVERDUE_SECONDS};

/// Anybody may ask for the metrics, so the database is not asked more often than this.
const READ_INTERVAL: Duration = Duration::from_secs(5);

/// Longest wait for the database.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// States whose gauge is zero if the database has no such job.
const STATES: [&str; 5] = ["ready", "running", "retry", "paused", "reauth"];

/// The gauges of the queue, which all processes share.
#[derive(Debug, Default)]
pub struct DepthGauges(Mutex<Option<Instant>>);

impl DepthGauges {
    /// Updates the gauges, unless that was done a moment ago. While the database does not answer, they are not a number,
    /// which no rule takes for an empty queue.
    pub async fn update(&self, db: &SystemDb, clock: &Clock) {
        let mut read_at = self.0.lock().await;
        if read_at.is_some_and(|at| at.elapsed() < READ_INTERVAL) {
            return;
        }
        let read = timeout(READ_TIMEOUT, read(db, clock.now())).await.unwrap_or_else(|late| Err(Error::internal(late)));
        let depth = read.unwrap_or_else(|error| {
            tracing::warn!(%error, "Failed to read the depth of the queue; the next reading of the metrics retries");
            Depth::unknown()
        });
        depth.show();
        *read_at = Some(Instant::now());
    }
}

/// The figures.
struct Depth {
    jobs: Vec<(&'static str, f64)>,
    oldest_ready: f64,
    overdue: f64,
}

impl Depth {
    fn unknown() -> Self {
        Self { jobs: STATES.map(|state| (state, f64::NAN)).to_vec(), oldest_ready: f64::NAN, overdue: f64::NAN }
    }

    fn show(&self) {
        for (state, jobs) in &self.jobs {
            QUEUE_JOBS.set(&[state], *jobs);
        }
        QUEUE_OLDEST_READY_SECONDS.set(&[], self.oldest_ready);
        QUEUE_OVERDUE_SECONDS.set(&[], self.overdue);
    }
}

async fn read(db: &SystemDb, now: Timestamp) -> Result<Depth> {
    let mut conn = db.acquire().await?;
    let counts = store::depth::count_jobs(&mut conn).await?;
    let times = store::depth::find_oldest(&mut conn).await?;
    let count = |state| counts.iter().find(|it| it.state == state).map_or(0, |it| it.jobs);
    let seconds_since = |at: Option<Timestamp>| at.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
    Ok(Depth {
        #[expect(clippy::cast_precision_loss, reason = "a count of at most 100,000")]
        jobs: STATES.map(|state| (state, count(state) as f64)).to_vec(),
        oldest_ready: seconds_since(times.oldest_ready.map(JobId::made_at)),
        overdue: seconds_since(times.first_due),
    })
}
