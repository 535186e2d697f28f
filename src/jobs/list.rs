//! Lists of jobs, newest first: whole, narrowed by a [`Filter`], or the recent ones of a connector.
//!
//! A filter is answered in two steps. One index gives the keys (which one, the filter decides), and one statement reads
//! the jobs of those keys and checks what the index did not. So a part that alone is answered by an index costs a page
//! of it however long the history; where two parts meet, at most [`MAX_SCANNED_JOBS`] keys are read for a page, and the
//! list says where it stopped.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use super::store_keys::{self, ToolJob};
use super::store_rows::{self, JobRow};
use super::unfinished::{self, JobCounts, MAX_PINNED, PINNED_LIMIT, PinnedJobs};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, JobId, OwnerId};
use crate::page::{self, KeyRange, PAGE_LIMIT, last_of_full_scan};

/// Most keys that are read for a page.
pub(super) const MAX_SCANNED_JOBS: i64 = 1_000;

/// A page of a list.
pub type Listing = page::Listing<JobRow, JobId>;

/// A page of the list with what happens now.
#[derive(Clone, Debug)]
pub struct JobList {
    /// The numbers of the views.
    pub counts: JobCounts,
    /// Unfinished jobs, unless the filter asks for a status. Only the first page has them.
    pub pinned: PinnedJobs,
    /// The jobs of the asked status; without one, the finished jobs.
    pub listing: Listing,
}

/// Returns the actor's jobs that match and are older than `before`, newest first, in the caller's transaction. Failures are
/// counted from `since` on.
pub async fn list(
    conn: &mut PgConnection,
    actor: &Actor,
    filter: &Filter,
    before: Option<JobId>,
    since: Timestamp,
) -> Result<JobList> {
    let (owner, range) = (actor.owner_id(), store_keys::range(filter, before));
    let unfinished = unfinished::read_keys(conn, actor, since).await?;
    let is_pinning = filter.status.is_none() && before.is_none();
    let is_whole = filter.source() == Source::Newest && filter.is_all_of(Source::Newest);
    let (keys, has_more) = if !is_pinning {
        (Vec::new(), false)
    } else if is_whole {
        unfinished.choose_pinned()
    } else {
        (unfinished.in_order().collect(), false)
    };
    // before the finished jobs: one that finishes in between is in both lists, and never in none
    let mut pinned = matching_pinned(conn, owner, filter, &keys).await?;
    pinned.has_more |= has_more;
    let (mut rows, last) = if is_whole {
        (store_rows::finished(conn, owner, range, PAGE_LIMIT).await?, None)
    } else {
        matching(conn, owner, filter, range).await?
    };
    pinned.rows.retain(|row| store_keys::range(filter, None).contains(row.id));
    // the finished ones only, each once: unfinished jobs of later pages are pinned on the first, and a job may have finished since
    if filter.status.is_none() {
        rows.retain(|row| row.status.is_final() && pinned.rows.iter().all(|it| it.id != row.id));
    }
    let listing = Listing::cut(rows, last, |row| row.id);
    let stopped_at = listing.stopped_at.filter(|_| !filter.is_all_of(filter.source()));
    Ok(JobList { counts: JobCounts::from(&unfinished), pinned, listing: Listing { stopped_at, ..listing } })
}

/// Returns the actor's newest jobs, in the caller's transaction.
pub async fn list_newest(conn: &mut PgConnection, actor: &Actor, limit: i64) -> Result<Vec<JobRow>> {
    Ok(store_rows::newest(conn, actor.owner_id(), store_keys::range(&Filter::default(), None), limit).await?)
}

/// Recent jobs of a connector, each list newest first.
#[derive(Clone, Debug, Default)]
pub struct RecentJobs {
    /// The newest jobs of all tools.
    pub newest: Vec<JobRow>,
    /// The newest job of each tool, among the newest `MAX_SCANNED_JOBS` jobs.
    pub last: Vec<JobRow>,
    /// Figures of each tool by its name, from the same jobs.
    pub figures: HashMap<String, ToolFigures>,
    /// Older jobs exist, which no figure counts.
    pub is_cut: bool,
}

/// The number of runs of a tool, and of those that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolFigures {
    /// Number of jobs.
    pub runs: u64,
    /// Number of jobs that failed.
    pub failed: u64,
}

fn count_by_tool(jobs: &[ToolJob]) -> HashMap<String, ToolFigures> {
    let mut counts = HashMap::<String, ToolFigures>::new();
    for job in jobs {
        let figures = counts.entry(job.tool_name.clone()).or_default();
        figures.runs += 1;
        figures.failed += u64::from(job.has_failed);
    }
    counts
}

/// Returns the actor's jobs of one connector: the `most` newest, and the last of each tool with its figures. It reads a bounded
/// part of one index, however many tools there are and however long the history is. In the caller's transaction.
pub async fn list_recent(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    most: usize,
) -> Result<RecentJobs> {
    let jobs = store_keys::newest_with_tools(conn, actor.owner_id(), connector, MAX_SCANNED_JOBS).await?;
    let mut seen = HashSet::new();
    let last: HashSet<_> = jobs.iter().filter(|job| seen.insert(job.tool_name.as_str())).map(|job| job.id).collect();
    let newest: HashSet<_> = jobs.iter().take(most).map(|job| job.id).collect();
    let keys: Vec<_> = last.union(&newest).copied().collect();
    if keys.is_empty() {
        return Ok(RecentJobs::default());
    }
    let rows = store_rows::of_keys(conn, actor.owner_id(), &keys, &Filter::default(), MAX_SCANNED_JOBS).await?;
    Ok(RecentJobs {
        newest: rows.iter().filter(|row| newest.contains(&row.id)).cloned().collect(),
        last: rows.into_iter().filter(|row| last.contains(&row.id)).collect(),
        figures: count_by_tool(&jobs),
        is_cut: i64::try_from(jobs.len()).is_ok_and(|jobs| jobs >= MAX_SCANNED_JOBS),
    })
}

/// Returns the matching jobs in the range, and the last scanned key if older jobs may match.
async fn matching(
    conn: &mut PgConnection,
    owner: OwnerId,
    filter: &Filter,
    range: KeyRange<JobId>,
) -> sqlx::Result<(Vec<JobRow>, Option<JobId>)> {
    let source = filter.source();
    let limit = if filter.is_all_of(source) { PAGE_LIMIT } else { MAX_SCANNED_JOBS };
    let keys = store_keys::read(conn, owner, source, range, limit).await?;
    let rows = match &keys[..] {
        [] => Vec::new(),
        keys => store_rows::of_keys(conn, owner, keys, filter, PAGE_LIMIT).await?,
    };
    Ok((rows, last_of_full_scan(&keys, limit)))
}

/// Returns the matching ones of these jobs that have not finished, as many as can be pinned.
async fn matching_pinned(
    conn: &mut PgConnection,
    owner: OwnerId,
    filter: &Filter,
    keys: &[JobId],
) -> sqlx::Result<PinnedJobs> {
    let mut rows = match keys {
        [] => Vec::new(),
        keys => store_rows::of_keys(conn, owner, keys, filter, PINNED_LIMIT).await?,
    };
    rows.retain(|row| !row.status.is_final());
    let has_more = rows.len() > MAX_PINNED;
    rows.truncate(MAX_PINNED);
    Ok(PinnedJobs { rows, has_more })
}
