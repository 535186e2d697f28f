//! The statement of the figures.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::UserId;

/// Jobs of one part of the time that ended in one way.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Which part, from 1.
    pub part: i32,
    /// As in the job's result: ok, permanent, dead, canceled, unknown.
    pub outcome: String,
    /// How many.
    pub jobs: i64,
    /// How long they took, all together.
    pub latency_ms: i64,
}

/// An hour belongs to the part in which it begins.
pub(super) async fn figures(conn: &mut PgConnection, owner: UserId, starts: &[Timestamp]) -> sqlx::Result<Vec<Figure>> {
    sqlx::query_as!(
        Figure,
        r#"
        SELECT width_bucket(hour, $2::timestamptz[]) AS "part!",
               outcome,
               sum(jobs)::bigint AS "jobs!",
               sum(latency_ms)::bigint AS "latency_ms!"
        FROM job_hours
        WHERE user_id = $1 AND hour >= $3
        GROUP BY 1, 2
        "#,
        owner as _,
        starts,
        starts.first().copied(),
    )
    .fetch_all(conn)
    .await
}
