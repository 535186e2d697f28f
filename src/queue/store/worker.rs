//! The statements on `worker`: the heartbeat of each process.

use sqlx::PgPool;

use crate::ids::WorkerId;

/// Writes the process's heartbeat, by the database's clock.
pub(in crate::queue) async fn record_heartbeat(pool: &PgPool, worker: WorkerId, info: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO worker (id, heartbeat_at, info)
        VALUES ($1, clock_timestamp(), $2)
        ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at
        "#,
        worker as _,
        info,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes the row of a process that ends.
pub(in crate::queue) async fn delete(pool: &PgPool, worker: WorkerId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM worker WHERE id = $1", worker as _).execute(pool).await?;
    Ok(())
}

/// Deletes rows of processes that have been silent for an hour and have no lease.
pub(in crate::queue) async fn delete_silent(pool: &PgPool) -> sqlx::Result<()> {
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
