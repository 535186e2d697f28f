//! What waits for a connection, or runs through it.

use sqlx::PgConnection;

use super::QUEUE;
use super::store::of_connection as store;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{ConnectionId, JobId, UserId};
use crate::live::Live;

/// The actor's jobs that have not ended, with the connection that each goes through; `most` of them.
pub async fn unfinished(
    conn: &mut PgConnection,
    actor: &Actor,
    connections: &[ConnectionId],
    most: i64,
) -> Result<Vec<(ConnectionId, JobId)>> {
    Ok(store::unfinished(conn, QUEUE, actor.user_id(), connections, most).await?)
}

/// Jobs that have become ready. Once that is committed, they are to be announced.
#[derive(Debug)]
#[must_use]
pub struct Released {
    owner: UserId,
    jobs: Vec<JobId>,
}

impl Released {
    /// Tells whoever claims, and whoever watches.
    pub fn announce(&self, live: &Live) {
        if !self.jobs.is_empty() {
            live.wake_queue();
        }
        for job in &self.jobs {
            live.job_changed(self.owner, *job);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// True if nothing has waited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
}

/// Makes the actor's jobs ready that wait for their owner to connect again, in the caller's transaction.
pub async fn release_parked(conn: &mut PgConnection, actor: &Actor, connection: ConnectionId) -> Result<Released> {
    let owner = actor.user_id();
    let jobs = store::release_parked(conn, QUEUE, owner, connection).await?;
    Ok(Released { owner, jobs })
}
