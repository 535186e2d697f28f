//! The statements on `job_cancel`: requests to stop running jobs.

use sqlx::{PgConnection, PgPool};

use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId};

/// Records a request to stop a running job. Returns false if it does not run.
pub(in crate::queue) async fn request(
    conn: &mut PgConnection,
    owner: OwnerId,
    job: JobId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let requested = sqlx::query!(
        r#"
        INSERT INTO job_cancel (job_id, owner_id, requested_at)
        SELECT job_id, owner_id, $3
        FROM job_lease
        WHERE job_id = $2 AND owner_id = $1
        ON CONFLICT (job_id) DO UPDATE SET requested_at = job_cancel.requested_at
        "#,
        owner as _,
        job as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(requested.rows_affected() > 0)
}

/// Deletes the requests of jobs that have finished.
pub(in crate::queue) async fn delete_finished(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM job_cancel c
        WHERE EXISTS (SELECT FROM job_result r WHERE r.owner_id = c.owner_id AND r.job_id = c.job_id)
        "#,
    )
    .execute(pool)
    .await?;
    Ok(())
}
