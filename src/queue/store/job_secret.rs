//! The statement that reads `job_secret`. Enqueuing writes it; finishing and cancelling delete from it.

use sqlx::PgConnection;

use crate::ids::{JobId, OwnerId};

/// Returns the sealed secrets of an unfinished job.
pub(in crate::queue) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    job: JobId,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT sealed FROM job_secret WHERE owner_id = $1 AND job_id = $2", owner as _, job as _,)
        .fetch_optional(conn)
        .await
}
