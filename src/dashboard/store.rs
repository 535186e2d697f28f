//! The statement of the figures.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::UserId;

/// How the jobs of one part of the time ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Which part, from 1.
    pub part: i32,
    /// With a result.
    pub succeeded: i64,
    /// Without one.
    pub failed: i64,
    /// Stopped.
    pub canceled: i64,
    /// Perhaps with their effect.
    pub unknown: i64,
    /// How long those that succeeded took, all together.
    pub latency_ms: i64,
}

/// An hour belongs to the part in which it begins.
pub(super) async fn figures(conn: &mut PgConnection, owner: UserId, starts: &[Timestamp]) -> sqlx::Result<Vec<Figure>> {
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
        WHERE user_id = $1 AND hour >= $3
        GROUP BY 1
        "#,
        owner as _,
        starts,
        starts.first().copied(),
    )
    .fetch_all(conn)
    .await
}
