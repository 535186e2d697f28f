//! Updates of a list that is shown: rows that can still change, and the number of new jobs.
//!
//! An update is the present state, not an event, so a client that reconnects has missed nothing.

use sqlx::PgConnection;

use super::filter::Filter;
use super::list::MAX_SCANNED_JOBS;
use super::store_keys;
use super::store_rows::{self, JobRow};
use super::unfinished::{self, JobCounts};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{JobId, OwnerId};
use crate::page::PAGE_LIMIT;

/// The rows of a page that is open: at most a page, and those that are pinned.
#[derive(Clone, Debug, Default)]
pub struct ShownRows {
    /// Unfinished jobs: only they can change.
    pub open: Vec<JobId>,
    /// Finished jobs.
    pub finished: Vec<JobId>,
    /// Key before which the next page begins; older jobs are not new.
    pub older: Option<JobId>,
}

/// Changes since the page was rendered.
#[derive(Clone, Debug)]
pub struct JobListUpdate {
    /// The open rows, as they are now.
    pub rows: Vec<JobRow>,
    /// Number of matching jobs on the first page that are not shown; at most one more than a page.
    pub unseen: usize,
    /// The numbers of the views; a later page shows them as they were.
    pub counts: Option<JobCounts>,
}

impl ShownRows {
    fn has(&self, id: JobId) -> bool {
        self.open.contains(&id) || self.finished.contains(&id)
    }
}

/// Returns the update of a list's first page, with failures counted from the moment on. For a later page there is no moment, and
/// the update is that of its rows only.
pub async fn list_update(
    db: &Db,
    actor: &Actor,
    filter: &Filter,
    shown: &ShownRows,
    since: Option<Timestamp>,
) -> Result<JobListUpdate> {
    let mut tx = db.enter(actor).await?;
    let rows = match &shown.open[..] {
        [] => Vec::new(),
        open => store_rows::of_keys(&mut tx, actor.owner_id(), open, &Filter::default(), PAGE_LIMIT).await?,
    };
    let Some(since) = since else { return Ok(JobListUpdate { rows, unseen: 0, counts: None }) };
    let unseen = unseen(&mut tx, actor.owner_id(), filter, shown).await?;
    Ok(JobListUpdate { rows, unseen, counts: Some(unfinished::count(&mut tx, actor, since).await?) })
}

/// Returns the finished rows of a page, whose times in words have become older.
pub async fn finished_rows(db: &Db, actor: &Actor, shown: &ShownRows) -> Result<Vec<JobRow>> {
    let mut tx = db.enter(actor).await?;
    Ok(store_rows::of_keys(&mut tx, actor.owner_id(), &shown.finished, &Filter::default(), PAGE_LIMIT).await?)
}

/// Counts matching jobs that are not shown, by key alone where the index answers the filter. A job may also enter a list
/// late, when it fails or starts.
async fn unseen(conn: &mut PgConnection, owner: OwnerId, filter: &Filter, shown: &ShownRows) -> sqlx::Result<usize> {
    let source = filter.source();
    let is_all = filter.is_all_of(source);
    let range = store_keys::range_after(filter, shown.older);
    let mut keys =
        store_keys::read(conn, owner, source, range, if is_all { PAGE_LIMIT } else { MAX_SCANNED_JOBS }).await?;
    keys.retain(|key| !shown.has(*key));
    if is_all || keys.is_empty() {
        return Ok(keys.len());
    }
    Ok(store_rows::of_keys(conn, owner, &keys, filter, PAGE_LIMIT).await?.len())
}
