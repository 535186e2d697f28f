//! Jobs by the connection that they use.

use sqlx::PgConnection;

use super::QUEUE;
use super::store::of_connection as store;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{ConnectionId, JobId, UserId};
use crate::live::Live;

/// Returns at most `most` of the actor's unfinished jobs, each with its connection.
pub async fn list_unfinished(
    conn: &mut PgConnection,
    actor: &Actor,
    connections: &[ConnectionId],
    most: i64,
) -> Result<Vec<(ConnectionId, JobId)>> {
    Ok(store::list_unfinished(conn, QUEUE, actor.user_id(), connections, most).await?)
}

/// Jobs that were made ready. The caller announces them after its commit.
#[derive(Debug)]
#[must_use]
pub struct ReleasedJobs {
    owner: UserId,
    jobs: Vec<JobId>,
}

impl ReleasedJobs {
    /// Notifies claimers, and subscribers of the jobs.
    pub fn announce(&self, live: &Live) {
        if !self.jobs.is_empty() {
            live.notify_queue();
        }
        for job in &self.jobs {
            live.notify_job(self.owner, *job);
        }
    }

    /// The number of jobs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// True if no job has waited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
}

/// Releases the actor's jobs that wait for this connection to be connected again, in the caller's transaction.
pub async fn release_awaiting_reauth(
    conn: &mut PgConnection,
    actor: &Actor,
    connection: ConnectionId,
) -> Result<ReleasedJobs> {
    let owner = actor.user_id();
    let jobs = store::release_awaiting_reauth(conn, QUEUE, owner, connection).await?;
    Ok(ReleasedJobs { owner, jobs })
}
