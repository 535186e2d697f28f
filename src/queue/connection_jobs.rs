//! Unfinished jobs of a connection: listed, and released when the owner has connected again.

use sqlx::PgConnection;

use super::store;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{ConnectionId, JobId, OwnerId};
use crate::live::Live;

/// Returns at most `limit` of the actor's unfinished jobs, each with its connection.
pub async fn list_unfinished(
    conn: &mut PgConnection,
    actor: &Actor,
    connections: &[ConnectionId],
    limit: i64,
) -> Result<Vec<(ConnectionId, JobId)>> {
    Ok(store::lane::list_unfinished(conn, actor.owner_id(), connections, limit).await?)
}

/// Jobs that were made ready. The caller announces them after its commit.
#[derive(Debug)]
#[must_use]
pub struct ReleasedJobs {
    owner: OwnerId,
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
    let owner = actor.owner_id();
    let jobs = store::job_later::release_awaiting_reauth(conn, owner, connection).await?;
    Ok(ReleasedJobs { owner, jobs })
}
