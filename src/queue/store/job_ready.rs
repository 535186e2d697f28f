//! The statement that reads `job_ready` alone.

use sqlx::PgPool;

use crate::queue::QUEUE;

/// Returns true if any job is ready, claimable or not.
pub(in crate::queue) async fn has_any(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM job_ready WHERE queue = $1) AS "any!""#, QUEUE)
        .fetch_one(pool)
        .await
}
