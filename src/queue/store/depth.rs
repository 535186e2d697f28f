//! The statements that measure the queue: `job_ready`, `job_later` and `job_lease`. They read a bounded number of rows.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::queue::QUEUE;

/// Most jobs of a state that are counted.
const MAX_COUNTED_JOBS: i64 = 100_000;

/// The number of jobs in a state.
pub(in crate::queue) struct JobCount {
    pub(in crate::queue) state: String,
    pub(in crate::queue) jobs: i64,
}

/// Counts the jobs of all owners by state: `ready`, `running`, or the reason why they wait.
pub(in crate::queue) async fn count_jobs(conn: &mut PgConnection) -> sqlx::Result<Vec<JobCount>> {
    sqlx::query_as!(
        JobCount,
        r#"
        SELECT 'ready' AS "state!", count(*) AS "jobs!"
        FROM (SELECT FROM job_ready WHERE queue = $1 LIMIT $2) ready
        UNION ALL
        SELECT 'running', count(*)
        FROM (SELECT FROM job_lease WHERE queue = $1 LIMIT $2) lease
        UNION ALL
        SELECT reason, count(*)
        FROM (SELECT reason FROM job_later WHERE queue = $1 LIMIT $2) later
        GROUP BY reason
        "#,
        QUEUE,
        MAX_COUNTED_JOBS,
    )
    .fetch_all(conn)
    .await
}

/// The jobs that have waited longest.
pub(in crate::queue) struct OldestJobs {
    /// The oldest job that is ready and has never run; its id holds its time.
    pub(in crate::queue) oldest_ready: Option<JobId>,
    /// The earliest time at which a waiting job runs again.
    pub(in crate::queue) first_due: Option<Timestamp>,
}

/// Finds the jobs of all owners that have waited longest.
pub(in crate::queue) async fn find_oldest(conn: &mut PgConnection) -> sqlx::Result<OldestJobs> {
    sqlx::query_as!(
        OldestJobs,
        r#"
        SELECT (
                SELECT r.job_id
                FROM (SELECT job_id, run_no FROM job_ready WHERE queue = $1 ORDER BY job_id LIMIT $2) r
                WHERE r.run_no = 0
                ORDER BY r.job_id
                LIMIT 1
            ) AS "oldest_ready: JobId",
            (SELECT run_at FROM job_later WHERE queue = $1 ORDER BY run_at LIMIT 1) AS first_due
        "#,
        QUEUE,
        MAX_COUNTED_JOBS,
    )
    .fetch_one(conn)
    .await
}
