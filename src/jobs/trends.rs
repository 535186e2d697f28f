//! Causes of failures and slow tools among an owner's jobs of 30 days, for the dashboard.
//!
//! The processes that run jobs write them every few minutes, off the newest results; pages read one row. Neither the statement that
//! finishes a job nor a page counts anything for them.

use serde::Deserialize;
use sqlx::PgConnection;
use time::Duration;

use super::store_trends;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::JobId;

/// The time that trends look back.
const TREND_PERIOD: Duration = Duration::days(30);

/// The lengths of time, in days, for which slow tools are listed.
const TREND_DAYS: [i32; 3] = [1, 7, 30];

/// Least age of trends that are written again, for an owner whose jobs finished in the last hour.
const BUSY_INTERVAL: Duration = Duration::minutes(5);

/// Least age of trends that are written again, for any other owner: old failures have to leave them.
const QUIET_INTERVAL: Duration = Duration::hours(1);

/// Most owners whose trends are written in one statement.
const MAX_OWNERS: i64 = 50;

/// A frequent cause of failures.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FailureCause {
    /// The connector's name.
    pub connector: String,
    /// The connector's place in URLs; `None` if it is hidden.
    pub slug: Option<String>,
    /// The class of the error; "unknown" for an unknown outcome.
    pub cause: String,
    /// The number of jobs of each hour that has some; hours are counted since 1970.
    pub hours: Vec<(i64, u64)>,
}

impl FailureCause {
    /// Returns the number of jobs in hours that begin at `start` or later.
    #[must_use]
    pub fn jobs_since(&self, start: Timestamp) -> u64 {
        let first = start.unix_timestamp().div_euclid(3_600);
        self.hours.iter().filter(|(hour, _)| *hour >= first).map(|(_, jobs)| jobs).sum()
    }
}

/// A slow tool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SlowTool {
    /// The connector's name.
    pub connector: String,
    /// The connector's place in URLs; `None` if it is hidden.
    pub slug: Option<String>,
    /// The tool's name.
    pub tool: String,
    /// The tool's title for people, if the server gave one.
    pub title: Option<String>,
    /// The number of successful jobs.
    pub jobs: u64,
    /// The time in milliseconds that 95 of 100 successful jobs do not exceed.
    pub p95_ms: u64,
    /// The length of the time that was looked at, in days: 1, 7 or 30.
    pub days: i32,
}

/// The trends of an owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trends {
    /// The time at which they were written.
    pub made_at: Option<Timestamp>,
    /// The most frequent causes of failures.
    pub causes: Vec<FailureCause>,
    /// The slowest tools, at most five for each length of time.
    pub tools: Vec<SlowTool>,
}

/// Returns the trends of the actor's owner, in the caller's transaction.
pub async fn find_trends(conn: &mut PgConnection, actor: &Actor) -> Result<Trends> {
    let Some(row) = store_trends::find(conn, actor.owner_id()).await? else { return Ok(Trends::default()) };
    // a row that another version wrote is written again within the hour
    Ok(Trends {
        made_at: Some(row.made_at),
        causes: serde_json::from_value(row.causes).unwrap_or_default(),
        tools: serde_json::from_value(row.tools).unwrap_or_default(),
    })
}

/// Writes the trends of owners for whom they are due, and returns their number.
pub async fn refresh_trends(system: &SystemDb, now: Timestamp) -> Result<usize> {
    let due = store_trends::DueOwners {
        active_since: now - TREND_PERIOD - QUIET_INTERVAL,
        busy_since: now - Duration::hours(1),
        busy_before: now - BUSY_INTERVAL,
        quiet_before: now - QUIET_INTERVAL,
        limit: MAX_OWNERS,
    };
    let written = store_trends::write(system.pool(), due, JobId::floor(now - TREND_PERIOD), &TREND_DAYS, now).await?;
    Ok(usize::try_from(written).unwrap_or_default())
}
