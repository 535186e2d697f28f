//! Statements on `job_hours` for the overview.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::OwnerId;

/// The numbers of finished jobs in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Number of the period, from 1.
    pub part: i32,
    /// Succeeded jobs.
    pub succeeded: i64,
    /// Failed jobs.
    pub failed: i64,
    /// Canceled jobs.
    pub canceled: i64,
    /// Jobs whose outcome is unknown.
    pub unknown: i64,
    /// Total duration of the succeeded jobs in milliseconds.
    pub latency_ms: i64,
}

/// Sums the hours by period; an hour belongs to the period in which it begins.
pub(super) async fn figures(
    conn: &mut PgConnection,
    owner: OwnerId,
    starts: &[Timestamp],
) -> sqlx::Result<Vec<Figure>> {
    sqlx::query_as!(
        Figure,
        r#"
        SELECT width_bucket(hour, $2::timestamptz[]) AS "part!",
               sum(succeeded)::bigint AS "succeeded!",
               sum(failed)::bigint AS "failed!",
               sum(canceled)::bigint AS "canceled!",
               sum(unknown)::bigint AS "unknown!",
               sum(latency_ms)::bigint AS "latency_ms!"
        FROM job_hours
        WHERE owner_id = $1 AND hour >= $3
        GROUP BY 1
        "#,
        owner as _,
        starts,
        starts.first().copied(),
    )
    .fetch_all(conn)
    .await
}
