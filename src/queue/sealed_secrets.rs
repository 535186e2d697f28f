//! Secret arguments of jobs: written when the job is enqueued, and deleted in the statement that ends it. The queue cannot
//! open them.

use sqlx::PgConnection;

use super::store;
use crate::error::Result;
use crate::ids::{JobId, OwnerId};

/// Returns the sealed secrets of an unfinished job, for its run. `None` if it was given none, or has ended.
pub async fn find_sealed_secrets(conn: &mut PgConnection, owner: OwnerId, job: JobId) -> Result<Option<Vec<u8>>> {
    Ok(store::job_secret::find(conn, owner, job).await?)
}
