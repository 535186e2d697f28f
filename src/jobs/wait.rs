//! Waiting for the end of a job, within a time limit.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::status::JobStatus;
use super::store::Job;
use crate::actor::Actor;
use crate::db::Db;
use crate::error::Result;
use crate::ids::JobId;
use crate::live::Live;

/// Returns a job once it has ended or waits for its owner, or as it is when the time is over.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) if the actor has no such job.
pub async fn wait_for_end(db: &Db, live: &Live, actor: &Actor, id: JobId, limit: Duration) -> Result<Job> {
    let mut changes = live.subscribe_job(id);
    let deadline = Instant::now() + limit;
    loop {
        let job = super::find(db, actor, id).await?;
        if job.status.is_final() || job.status == JobStatus::WaitingInput {
            return Ok(job);
        }
        if timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(job);
        }
    }
}
