//! The process's own rows: its beat, and its leases as the database sees them.

use sqlx::PgPool;

use crate::ids::{JobId, WorkerId};

/// Writes the process's heartbeat, by the database's clock.
pub(in crate::queue) async fn beat(pool: &PgPool, worker: WorkerId, info: &str) -> sqlx::Result<()> {
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

/// A lease of this process.
pub(in crate::queue) struct HeldLease {
    pub(in crate::queue) job_id: JobId,
    pub(in crate::queue) run_no: i32,
    /// Its owner has asked to stop it.
    pub(in crate::queue) canceled: bool,
}

pub(in crate::queue) async fn leases(pool: &PgPool, worker: WorkerId) -> sqlx::Result<Vec<HeldLease>> {
    sqlx::query_as!(
        HeldLease,
        r#"
        SELECT l.job_id AS "job_id: JobId",
               l.run_no,
               c.job_id IS NOT NULL AS "canceled!"
        FROM job_lease l
        LEFT JOIN job_cancel c ON c.job_id = l.job_id
        WHERE l.worker_id = $1
        "#,
        worker as _,
    )
    .fetch_all(pool)
    .await
}
