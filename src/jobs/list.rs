//! Lists of jobs, newest first: whole, or narrowed by a [`Filter`].
//!
//! A filter is answered in two steps. One index gives the keys (which one, the filter decides), and one statement reads
//! the jobs of those keys and checks what the index did not. So a part that alone is answered by an index costs a page
//! of it however long the history; where two parts meet, at most [`MAX_SCANNED_JOBS`] keys are looked through for a page, and the
//! list says where it stopped.

use sqlx::PgConnection;

use super::filter::Filter;
use super::keys::{self, Span};
use super::store::{self, JobRow};
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{JobId, UserId};
use crate::page::{PAGE_LIMIT, PAGE_SIZE};

/// Most keys that a page is picked from.
pub(super) const MAX_SCANNED_JOBS: i64 = 1_000;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Listing {
    /// At most [`PAGE_SIZE`] jobs, newest first.
    pub rows: Vec<JobRow>,
    /// Where the next page begins, if there may be one.
    pub older: Option<JobId>,
    /// The last job that was looked at, if the page was given up before it was full: older ones may match.
    pub stopped_at: Option<JobId>,
}

/// The actor's jobs that match, newest first, older than `before`; in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor, filter: &Filter, before: Option<JobId>) -> Result<Listing> {
    let (owner, span) = (actor.user_id(), Span::of(filter, before));
    if filter.status.is_none() && filter.connector.is_none() && filter.tool.is_none() {
        let rows = store::newest(conn, owner, span, PAGE_LIMIT).await?;
        return Ok(cut(rows, None));
    }
    let (rows, last) = matching(conn, owner, filter, span).await?;
    let stopped_at = last.filter(|_| !filter.is_all_of(filter.source()));
    Ok(Listing { stopped_at: stopped_at.filter(|_| rows.len() <= PAGE_SIZE), ..cut(rows, last) })
}

/// The actor's newest jobs, in the caller's transaction.
pub async fn list_newest(conn: &mut PgConnection, actor: &Actor, most: i64) -> Result<Vec<JobRow>> {
    Ok(store::newest(conn, actor.user_id(), Span::of(&Filter::default(), None), most).await?)
}

/// The matching jobs in the span, and the last key that was looked at if there may be more behind it.
async fn matching(
    conn: &mut PgConnection,
    owner: UserId,
    filter: &Filter,
    span: Span,
) -> sqlx::Result<(Vec<JobRow>, Option<JobId>)> {
    let source = filter.source();
    let most = if filter.is_all_of(source) { PAGE_LIMIT } else { MAX_SCANNED_JOBS };
    let keys = keys::read(conn, owner, source, span, most).await?;
    let rows = match &keys[..] {
        [] => Vec::new(),
        keys => store::of_keys(conn, owner, keys, filter, PAGE_LIMIT).await?,
    };
    let full = i64::try_from(keys.len()).is_ok_and(|found| found == most);
    Ok((rows, keys.last().copied().filter(|_| full)))
}

/// `last` is where to go on if the rows do not fill the page.
fn cut(mut rows: Vec<JobRow>, last: Option<JobId>) -> Listing {
    let is_full = rows.len() > PAGE_SIZE;
    rows.truncate(PAGE_SIZE);
    let older = if is_full { rows.last().map(|row| row.id) } else { last };
    Listing { rows, older, stopped_at: None }
}
