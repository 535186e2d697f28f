//! The number of entries of a list. A log of a million entries is not counted for each page: the count stops at a bound.

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use super::keys;
use super::list::Listing;
use crate::actor::Actor;
use crate::error::Result;

/// The largest number that is counted, so that the count costs little beside the page.
const MAX_COUNTED_ENTRIES: u16 = 500;

/// A number of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryCount {
    /// There are so many.
    Exactly(u64),
    /// There are more.
    MoreThan(u64),
    /// So many were found in the part that was searched.
    SoFar(u64),
}

/// Counts the entries of a list that begins with the newest, in the caller's transaction. If an index alone does not answer the
/// filter, only the page is counted.
pub async fn count(conn: &mut PgConnection, actor: &Actor, filter: &Filter, page: &Listing) -> Result<EntryCount> {
    let shown = page.rows.len() as u64;
    if page.older.is_none() {
        return Ok(EntryCount::Exactly(shown));
    }
    if page.stopped_at.is_some() {
        return Ok(EntryCount::SoFar(shown));
    }
    let (owner, range, source) = (actor.owner_id(), keys::range(filter, None), filter.source());
    let limit = i64::from(MAX_COUNTED_ENTRIES) + 1;
    let count = match source {
        _ if !filter.is_all_of(source) => return Ok(EntryCount::MoreThan(shown)),
        Source::Newest => u64::try_from(keys::count(conn, owner, range, limit).await?).unwrap_or_default(),
        _ => keys::read(conn, owner, source, range, limit).await?.0.len() as u64,
    };
    let most = u64::from(MAX_COUNTED_ENTRIES);
    Ok(if count > most { EntryCount::MoreThan(most) } else { EntryCount::Exactly(count) })
}
