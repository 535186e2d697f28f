//! The statements that move rows from `job_later` to `job_ready`. Finishing writes `job_later`.

use sqlx::{PgConnection, PgPool};

use crate::clock::Timestamp;
use crate::ids::{ConnectionId, JobId, OwnerId};
use crate::queue::QUEUE;

/// Makes due jobs ready, at most `limit` of them.
pub(in crate::queue) async fn promote_due(
    pool: &PgPool,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<(OwnerId, JobId)>> {
    let due = sqlx::query!(
        r#"
        WITH due AS (
            DELETE FROM job_later
            WHERE job_id = ANY(ARRAY(
                SELECT job_id
                FROM job_later
                WHERE run_at <= $1
                ORDER BY run_at
                LIMIT $2
                FOR UPDATE SKIP LOCKED
            ))
            RETURNING *
        )
        INSERT INTO job_ready (owner_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable)
        SELECT owner_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable
        FROM due
        ORDER BY run_at
        RETURNING owner_id AS "owner_id: OwnerId", job_id AS "job_id: JobId"
        "#,
        now,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(due.into_iter().map(|row| (row.owner_id, row.job_id)).collect())
}

/// Makes jobs ready that wait for their connection to be connected again.
pub(in crate::queue) async fn release_awaiting_reauth(
    conn: &mut PgConnection,
    owner: OwnerId,
    connection: ConnectionId,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        WITH due AS (
            DELETE FROM job_later
            WHERE job_id = ANY(ARRAY(
                SELECT t.job_id
                FROM lane l
                JOIN job_later t ON t.lane = l.lane
                WHERE l.queue = $1 AND l.owner_id = $2 AND l.connection_id = $3 AND t.reason = 'reauth'
                FOR UPDATE OF t SKIP LOCKED
            ))
            RETURNING *
        )
        INSERT INTO job_ready (owner_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable)
        SELECT owner_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable
        FROM due
        ORDER BY job_id
        RETURNING job_id AS "job_id: JobId"
        "#,
        QUEUE,
        owner as _,
        connection as _,
    )
    .fetch_all(conn)
    .await
}
