//! SQL of the leader: election, due jobs, clean-up.

use sqlx::{PgConnection, PgPool};

use crate::clock::Timestamp;
use crate::ids::{JobId, UserId, WorkerId};
use crate::queue::QUEUE;

/// Takes or renews the lead for 10 seconds; false if another process has it.
pub(in crate::queue) async fn lead(pool: &PgPool, worker: WorkerId) -> sqlx::Result<bool> {
    let won = sqlx::query!(
        r#"
        INSERT INTO leader AS now (name, worker_id, expires_at)
        VALUES ($1, $2, clock_timestamp() + interval '10 seconds')
        ON CONFLICT (name) DO UPDATE
        SET worker_id = excluded.worker_id,
            expires_at = excluded.expires_at
        WHERE now.worker_id = excluded.worker_id OR now.expires_at < clock_timestamp()
        "#,
        QUEUE,
        worker as _,
    )
    .execute(pool)
    .await?;
    Ok(won.rows_affected() > 0)
}

/// Ends this process's lead.
pub(in crate::queue) async fn resign(pool: &PgPool, worker: WorkerId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM leader WHERE name = $1 AND worker_id = $2", QUEUE, worker as _).execute(pool).await?;
    Ok(())
}

/// Makes due jobs ready, at most `most` of them.
pub(in crate::queue) async fn promote(pool: &PgPool, now: Timestamp, most: i64) -> sqlx::Result<Vec<(UserId, JobId)>> {
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
        INSERT INTO job_ready (user_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable)
        SELECT user_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable
        FROM due
        ORDER BY run_at
        RETURNING user_id AS "user_id: UserId", job_id AS "job_id: JobId"
        "#,
        now,
        most,
    )
    .fetch_all(pool)
    .await?;
    Ok(due.into_iter().map(|row| (row.user_id, row.job_id)).collect())
}

/// Deletes expired idempotency keys, at most 5,000.
pub(in crate::queue) async fn drop_keys(pool: &PgPool, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM idem_key
        WHERE (user_id, key) IN (
            SELECT user_id, key
            FROM idem_key
            WHERE expires_at <= $1
            LIMIT 5000
        )
        "#,
        now,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes rows of processes that have been silent for an hour and have no lease.
pub(in crate::queue) async fn drop_workers(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM worker w
        WHERE w.heartbeat_at < clock_timestamp() - interval '1 hour'
          AND NOT EXISTS (SELECT FROM job_lease l WHERE l.worker_id = w.id)
        "#,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes requests to cancel jobs that have finished.
pub(in crate::queue) async fn drop_cancels(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM job_cancel c
        WHERE EXISTS (SELECT FROM job_result r WHERE r.user_id = c.user_id AND r.job_id = c.job_id)
        "#,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Lanes without work, locked so that no enqueue gives them some.
pub(in crate::queue) async fn lock_drained_lanes(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        SELECT l.lane
        FROM lane l
        WHERE NOT l.paused
          AND NOT EXISTS (SELECT FROM job_ready r WHERE r.queue = l.queue AND r.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_later t WHERE t.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_lease s WHERE s.lane = l.lane)
        ORDER BY l.lane
        LIMIT 5000
        FOR UPDATE OF l SKIP LOCKED
        "#,
    )
    .fetch_all(conn)
    .await
}

/// Drops those of them that are still without work: an enqueue may have been faster than the lock.
pub(in crate::queue) async fn drop_lanes(conn: &mut PgConnection, lanes: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM lane l
        WHERE l.lane = ANY($1)
          AND NOT EXISTS (SELECT FROM job_ready r WHERE r.queue = l.queue AND r.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_later t WHERE t.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_lease s WHERE s.lane = l.lane)
        "#,
        lanes,
    )
    .execute(conn)
    .await?;
    Ok(())
}
