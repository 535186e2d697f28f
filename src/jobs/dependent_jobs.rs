//! Dependent jobs of a connection: they run through it or wait for it, and end when it is disconnected.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::filter::Filter;
use super::store;
use super::store_rows::{self, JobRow};
use super::{CancelResult, cancel_in, count_canceled};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, JobId};
use crate::live::Live;
use crate::queue;
use crate::vault::Vault;

/// Most jobs that are listed, or canceled at once. Further jobs fail when they run, because they find no connection.
const MAX_DEPENDENT_JOBS: i64 = 500;

/// Jobs that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DependentJobs {
    /// Each with the connection that it goes through, newest first.
    pub jobs: Vec<(ConnectionId, JobRow)>,
    /// True if more jobs may depend on the connections.
    pub is_cut: bool,
}

/// Returns the actor's jobs that depend on these connections, in the caller's transaction.
pub async fn find_dependent(
    conn: &mut PgConnection,
    actor: &Actor,
    connections: &[ConnectionId],
) -> Result<DependentJobs> {
    let found = queue::list_unfinished(conn, actor, connections, MAX_DEPENDENT_JOBS).await?;
    let keys: Vec<_> = found.iter().map(|(_, job)| *job).collect();
    let rows = store_rows::of_keys(conn, actor.owner_id(), &keys, &Filter::default(), MAX_DEPENDENT_JOBS).await?;
    let connection_of: HashMap<JobId, ConnectionId> =
        found.iter().map(|(connection, job)| (*job, *connection)).collect();
    // a job may have finished between the two statements
    let unfinished = rows.into_iter().filter(|row| !row.status.is_final());
    let jobs = unfinished.filter_map(|row| Some((*connection_of.get(&row.id)?, row))).collect();
    Ok(DependentJobs { jobs, is_cut: keys.len() >= usize::try_from(MAX_DEPENDENT_JOBS).unwrap_or(usize::MAX) })
}

/// Result of disconnecting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisconnectResult {
    /// Connections that were not disconnected before.
    pub connections: usize,
    /// Jobs that did not run: they ended as canceled.
    pub canceled_jobs: usize,
    /// Jobs that run: they were asked to stop.
    pub stopping_jobs: usize,
}

/// Disconnects these connections of the actor, and stops what depends on them.
pub async fn disconnect(
    db: &Db,
    live: &Live,
    vault: &Vault,
    actor: &Actor,
    ids: &[ConnectionId],
    now: Timestamp,
) -> Result<DisconnectResult> {
    let mut tx = db.enter(actor).await?;
    let ended = end_connections(&mut tx, vault, actor, ids, now).await?;
    tx.commit().await?;
    Ok(ended.notify(live, actor))
}

/// Connections that were ended in a transaction, with the jobs that depended on them.
#[must_use]
pub(super) struct EndedConnections {
    result: DisconnectResult,
    jobs: Vec<JobId>,
}

/// Disconnects connections and stops what depends on them, in the caller's transaction.
pub(super) async fn end_connections(
    tx: &mut Tx,
    vault: &Vault,
    actor: &Actor,
    ids: &[ConnectionId],
    now: Timestamp,
) -> Result<EndedConnections> {
    let mut result = DisconnectResult::default();
    for id in ids {
        result.connections += usize::from(connections::disconnect(tx, vault, actor, *id, now).await?);
    }
    let jobs = queue::list_unfinished(tx, actor, ids, MAX_DEPENDENT_JOBS).await?;
    for (_, job) in &jobs {
        let job = store::find(tx, actor.owner_id(), *job).await?.ok_or(Error::NotFound("job"))?;
        match cancel_in(tx, actor, job, "Its connection was disconnected", now).await? {
            CancelResult::Canceled => result.canceled_jobs += 1,
            CancelResult::Requested => result.stopping_jobs += 1,
            CancelResult::AlreadyFinished => {}
        }
    }
    Ok(EndedConnections { result, jobs: jobs.into_iter().map(|(_, job)| job).collect() })
}

impl EndedConnections {
    /// Tells the workers and the pages, after the commit.
    pub(super) fn notify(self, live: &Live, actor: &Actor) -> DisconnectResult {
        count_canceled(self.result.canceled_jobs);
        if self.result.stopping_jobs > 0 {
            live.notify_cancels();
        }
        live.notify_owner(actor.owner_id());
        for job in self.jobs {
            live.notify_job(actor.owner_id(), job);
        }
        self.result
    }
}
