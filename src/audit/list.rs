//! The log, newest first: whole, or narrowed by a [`Filter`].
//!
//! As with jobs, a filter is answered in two steps: one index, which the filter chooses, gives the keys, and one
//! statement reads the entries of those keys and checks what the index did not. What an index answers alone costs a
//! page of it however long the log; anything else looks through at most [`MAX_SCANNED_ENTRIES`] entries for a page, and the list says
//! where it stopped.

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use super::keys::{self, Span};
use super::store::{self, AuditEntry};
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{AuditId, UserId};
use crate::page::{PAGE_LIMIT, Page};

/// Most keys that a page is picked from.
const MAX_SCANNED_ENTRIES: i64 = 2_000;

/// One page of the log.
#[derive(Clone, Debug)]
pub struct Listing {
    /// A page of entries, newest first.
    pub rows: Vec<AuditEntry>,
    /// Where the next page begins, if there may be one.
    pub older: Option<AuditId>,
    /// The last entry that was looked at, if the page was given up before it was full: older ones may match.
    pub stopped_at: Option<AuditId>,
}

/// The actor's entries that match, newest first, older than `before`; in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor, filter: &Filter, before: Option<AuditId>) -> Result<Listing> {
    let (owner, span) = (actor.user_id(), Span::of(filter, before));
    let source = filter.source();
    let (rows, last) = match (source, filter.is_all_of(source)) {
        (Source::Newest, true) => (store::newest(conn, owner, span, PAGE_LIMIT).await?, None),
        (_, true) => matching(conn, owner, filter, span, PAGE_LIMIT).await?,
        (_, false) => matching(conn, owner, filter, span, MAX_SCANNED_ENTRIES).await?,
    };
    let Page { rows, more } = Page::cut(rows);
    let older = if more { rows.last().map(|row| row.id) } else { last };
    Ok(Listing { rows, older, stopped_at: older.filter(|_| !more) })
}

/// Whether the actor has this entry: what a list begins or ends at.
pub async fn exists(conn: &mut PgConnection, actor: &Actor, id: AuditId) -> Result<bool> {
    Ok(store::exists(conn, actor.user_id(), id).await?)
}

/// Of the first `look` entries in the span those that match, at most a page and one, and the last one that was looked at
/// if there may be more behind it.
async fn matching(
    conn: &mut PgConnection,
    owner: UserId,
    filter: &Filter,
    span: Span,
    look: i64,
) -> sqlx::Result<(Vec<AuditEntry>, Option<AuditId>)> {
    let (keys, last) = keys::read(conn, owner, filter.source(), span, look).await?;
    let rows = match &keys[..] {
        [] => Vec::new(),
        keys => store::of_keys(conn, owner, keys, filter, PAGE_LIMIT).await?,
    };
    Ok((rows, last))
}
