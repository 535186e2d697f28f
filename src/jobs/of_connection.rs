//! What depends on connections: jobs that run through them or wait for them. They end with them.

use sqlx::PgConnection;

use super::filter::Filter;
use super::store::{self, JobRow};
use super::{Canceled, cancel_in};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, JobId};
use crate::live::Live;
use crate::queue;
use crate::vault::Vault;

/// Jobs that are shown, or end at once. Of a longer queue the rest end when their turn comes: they find no connection.
const MOST: i64 = 500;

/// Jobs that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependants {
    /// Each with the connection that it goes through, newest first.
    pub jobs: Vec<(ConnectionId, JobRow)>,
    /// True if there may be more of them.
    pub is_cut: bool,
}

/// The actor's jobs that depend on these connections, in the caller's transaction.
pub async fn dependants(conn: &mut PgConnection, actor: &Actor, connections: &[ConnectionId]) -> Result<Dependants> {
    let found = queue::unfinished(conn, actor, connections, MOST).await?;
    let keys: Vec<_> = found.iter().map(|(_, job)| *job).collect();
    let rows = store::of_keys(conn, actor.user_id(), &keys, &Filter::default(), MOST).await?;
    let through: std::collections::HashMap<JobId, ConnectionId> =
        found.iter().map(|(connection, job)| (*job, *connection)).collect();
    // one may have ended between the two looks
    let unfinished = rows.into_iter().filter(|row| !row.status.is_final());
    let jobs = unfinished.filter_map(|row| Some((*through.get(&row.id)?, row))).collect();
    Ok(Dependants { jobs, is_cut: keys.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) })
}

/// What came of disconnecting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disconnected {
    /// Connections that were not disconnected before.
    pub connections: usize,
    /// Jobs that had not begun: they have ended.
    pub ended: usize,
    /// Jobs that run: they were asked to stop.
    pub asked: usize,
}

/// Disconnects these connections of the actor, and stops what depends on them.
pub async fn disconnect(
    db: &Db,
    live: &Live,
    vault: &Vault,
    actor: &Actor,
    ids: &[ConnectionId],
    now: Timestamp,
) -> Result<Disconnected> {
    let mut tx = db.as_user(actor).await?;
    let mut done = Disconnected::default();
    for id in ids {
        done.connections += usize::from(connections::disconnect(&mut tx, vault, actor, *id, now).await?);
    }
    let jobs = queue::unfinished(&mut tx, actor, ids, MOST).await?;
    for (_, job) in &jobs {
        let job = store::find(&mut tx, actor.user_id(), *job).await?.ok_or(Error::NotFound("job"))?;
        match cancel_in(&mut tx, actor, job, "Its connection was disconnected", now).await? {
            Canceled::Ended => done.ended += 1,
            Canceled::Asked => done.asked += 1,
            Canceled::TooLate => {}
        }
    }
    tx.commit().await?;
    if done.asked > 0 {
        live.wake_cancels();
    }
    live.user_changed(actor.user_id());
    for (_, job) in jobs {
        live.job_changed(actor.user_id(), job);
    }
    Ok(done)
}
