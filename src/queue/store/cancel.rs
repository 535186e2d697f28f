//! Cancels a job that does not run: `job_ready`, `job_later`, `job_cancel`, `job_secret`, `job_result`, `job_hours` and
//! `pipeline_events`, in one statement.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{EventId, JobId, OwnerId};

/// Ends a job that is ready or waits. Returns false if it is neither.
pub(in crate::queue) async fn cancel_waiting(
    conn: &mut PgConnection,
    owner: OwnerId,
    job: JobId,
    message: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let canceled = sqlx::query!(
        r#"
        WITH ready AS (DELETE FROM job_ready WHERE job_id = $2 AND owner_id = $1 RETURNING run_no),
        later AS (DELETE FROM job_later WHERE job_id = $2 AND owner_id = $1 RETURNING run_no),
        canceled AS (SELECT run_no FROM ready UNION ALL SELECT run_no FROM later),
        cancel_request AS (DELETE FROM job_cancel WHERE job_id = $2 AND owner_id = $1),
        secrets AS (
            DELETE FROM job_secret WHERE owner_id = $1 AND job_id = ANY(ARRAY(SELECT $2::uuid FROM canceled))
        ),
        -- whoever holds the row is the only writer of the last run's events
        event AS (
            INSERT INTO pipeline_events (owner_id, job_id, run_no, n, id, level, message, ts)
            SELECT $1, $2, c.run_no, COALESCE(last.n, -1) + 1, $3, 'info', $4, $5
            FROM canceled c
            CROSS JOIN LATERAL (
                SELECT max(e.n) AS n
                FROM pipeline_events e
                WHERE e.owner_id = $1 AND e.job_id = $2 AND e.run_no = c.run_no
            ) last
        ),
        hours AS (
            INSERT INTO job_hours AS h (owner_id, hour, succeeded, failed, canceled, unknown, latency_ms)
            SELECT $1, date_trunc('hour', $5::timestamptz, 'UTC'), 0, 0, 1, 0, 0
            FROM canceled
            ON CONFLICT (owner_id, hour) DO UPDATE SET canceled = h.canceled + excluded.canceled
        )
        INSERT INTO job_result (owner_id, job_id, run_no, outcome, error_class, error, finished_at)
        SELECT $1, $2, run_no, 'canceled', 'canceled', $4, $5
        FROM canceled
        "#,
        owner as _,
        job as _,
        EventId::new(now) as _,
        message,
        now,
    )
    .execute(conn)
    .await?;
    Ok(canceled.rows_affected() > 0)
}

/// Returns whether a job has finished, or `None` if the owner has no such job.
pub(in crate::queue) async fn is_finished(
    conn: &mut PgConnection,
    owner: OwnerId,
    job: JobId,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"
        SELECT r.job_id IS NOT NULL AS "finished!"
        FROM job j
        LEFT JOIN job_result r ON r.owner_id = j.owner_id AND r.job_id = j.id
        WHERE j.owner_id = $1 AND j.id = $2
        "#,
        owner as _,
        job as _,
    )
    .fetch_optional(conn)
    .await
}
