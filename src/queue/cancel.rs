//! Stopping a job, wherever it is.

use sqlx::PgConnection;

use super::events::storable;
use super::store::cancel as store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::JobId;

/// A job may be claimed, or handed back, between two looks; nobody does so three times in a row.
const LOOKS: usize = 4;

/// What the wish came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceled {
    /// It had not begun, or was waiting: it has ended.
    Ended,
    /// It is running: its worker has been asked to stop it.
    Asked,
    /// It was over before.
    TooLate,
}

/// Cancels the actor's job in the caller's transaction; `words` is what its log says. After the commit, tell
/// [`crate::live::Live`]: `wake_cancels` if [`Canceled::Asked`], and `job_changed`.
///
/// # Errors
/// [`Error::NotFound`] if the actor has no such job.
pub async fn cancel(
    conn: &mut PgConnection,
    actor: &Actor,
    job: JobId,
    words: &str,
    now: Timestamp,
) -> Result<Canceled> {
    let (owner, words) = (actor.user_id(), storable(words.to_owned()));
    for _ in 0..LOOKS {
        // each statement sees what was committed before it, and waits for whoever is moving the job
        if store::end_waiting(conn, owner, job, &words, now).await? {
            return Ok(Canceled::Ended);
        }
        if store::ask_running(conn, owner, job, now).await? {
            return Ok(Canceled::Asked);
        }
        match store::is_over(conn, owner, job).await? {
            None => return Err(Error::NotFound("job")),
            Some(true) => return Ok(Canceled::TooLate),
            Some(false) => {}
        }
    }
    Err(Error::Conflict("The job is moving too fast to be canceled. Try again".to_owned()))
}
