//! Cancels a job: at once if it does not run, by a request to its process if it runs.

use sqlx::PgConnection;

use super::event::storable;
use super::store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::JobId;

/// Most attempts to find the job's current state: it may be claimed or released between two statements.
const MAX_ATTEMPTS: usize = 4;

/// The result of a request to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelResult {
    /// The job did not run: it has ended as canceled.
    Canceled,
    /// The job is running: its worker was asked to stop it.
    Requested,
    /// The job had already finished.
    AlreadyFinished,
}

/// Cancels the actor's job in the caller's transaction. `message` becomes the last event and the error of a job that
/// does not run; a running job ends with the message of its worker. After the commit, the caller notifies
/// [`crate::live::Live`]: `notify_cancels` if [`CancelResult::Requested`], and `notify_job`.
///
/// # Errors
/// [`Error::NotFound`] if the actor has no such job.
pub async fn cancel(
    conn: &mut PgConnection,
    actor: &Actor,
    job: JobId,
    message: &str,
    now: Timestamp,
) -> Result<CancelResult> {
    let (owner, message) = (actor.owner_id(), storable(message.to_owned()));
    for _ in 0..MAX_ATTEMPTS {
        // each statement sees what was committed before it, and waits for a transaction that moves the job
        if store::cancel::cancel_waiting(conn, owner, job, &message, now).await? {
            return Ok(CancelResult::Canceled);
        }
        if store::job_cancel::request(conn, owner, job, now).await? {
            return Ok(CancelResult::Requested);
        }
        match store::cancel::is_finished(conn, owner, job).await? {
            None => return Err(Error::NotFound("job")),
            Some(true) => return Ok(CancelResult::AlreadyFinished),
            Some(false) => {}
        }
    }
    Err(Error::stale("The job changed while it was being cancelled", "Try again"))
}
