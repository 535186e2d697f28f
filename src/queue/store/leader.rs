//! The statements on `leader`: one row, held by the process that maintains the queue.

use sqlx::PgPool;

use crate::ids::WorkerId;
use crate::queue::QUEUE;

/// Elects this process, or renews its leadership, for 10 seconds. Returns false if another process leads.
pub(in crate::queue) async fn elect(pool: &PgPool, worker: WorkerId) -> sqlx::Result<bool> {
    let elected = sqlx::query!(
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
    Ok(elected.rows_affected() > 0)
}

/// Ends this process's leadership.
pub(in crate::queue) async fn resign(pool: &PgPool, worker: WorkerId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM leader WHERE name = $1 AND worker_id = $2", QUEUE, worker as _).execute(pool).await?;
    Ok(())
}
