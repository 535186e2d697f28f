//! The log, newest first: all entries, or those that match a [`Filter`].
//!
//! A list is read in two steps. One index, which the filter chooses, gives the keys. One statement then reads the entries of these
//! keys and checks the other conditions. If the index answers the whole filter, a page costs the same for any length of the log.
//! Otherwise a page scans at most [`MAX_SCANNED_ENTRIES`] entries, and the list says where it stopped.

use sqlx::PgConnection;

use super::entry::AuditEntry;
use super::filter::{Filter, Source};
use super::keys;
use super::store;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{AuditId, OwnerId};
use crate::page::{self, KeyRange, PAGE_LIMIT};

/// Maximum number of keys that are scanned for a page.
const MAX_SCANNED_ENTRIES: i64 = 2_000;

/// A page of the log.
pub type Listing = page::Listing<AuditEntry, AuditId>;

/// Returns the actor's entries that match and are older than `before`, newest first, in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor, filter: &Filter, before: Option<AuditId>) -> Result<Listing> {
    let (owner, range) = (actor.owner_id(), keys::range(filter, before));
    let source = filter.source();
    let (rows, last) = match (source, filter.is_all_of(source)) {
        (Source::Newest, true) => (store::newest(conn, owner, range, PAGE_LIMIT).await?, None),
        (_, true) => matching(conn, owner, filter, range, PAGE_LIMIT).await?,
        (_, false) => matching(conn, owner, filter, range, MAX_SCANNED_ENTRIES).await?,
    };
    Ok(Listing::cut(rows, last, |row| row.id))
}

/// Returns true if the actor has this entry.
pub async fn exists(conn: &mut PgConnection, actor: &Actor, id: AuditId) -> Result<bool> {
    Ok(store::exists(conn, actor.owner_id(), id).await?)
}

/// Scans at most `scan_limit` entries of the range and returns the matching ones, at most a page and one. Also returns the last
/// scanned entry if older ones may match.
async fn matching(
    conn: &mut PgConnection,
    owner: OwnerId,
    filter: &Filter,
    range: KeyRange<AuditId>,
    scan_limit: i64,
) -> sqlx::Result<(Vec<AuditEntry>, Option<AuditId>)> {
    let (keys, last) = keys::read(conn, owner, filter.source(), range, scan_limit).await?;
    let rows = match &keys[..] {
        [] => Vec::new(),
        keys => store::of_keys(conn, owner, keys, filter, PAGE_LIMIT).await?,
    };
    Ok((rows, last))
}
