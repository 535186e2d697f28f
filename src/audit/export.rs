//! Exports of the log: all entries that match a filter, read in batches, so that memory and connections are held briefly.

use super::action::Action;
use super::entry::{AuditEntry, EntryContext};
use super::filter::Filter;
use super::keys;
use super::prepared::PreparedEntry;
use super::store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::AuditId;

/// Maximum number of entries read at a time.
const BATCH: i64 = 1_000;

/// An export in progress.
#[derive(Debug)]
pub struct Export {
    db: Db,
    actor: Actor,
    filter: Filter,
    /// The export's own entry, which is in the log for as long as the actor may read it.
    own_entry: AuditId,
    /// Key before which the next batch begins; `None` at the end.
    before: Option<AuditId>,
}

/// Begins an export of the entries that match and are older than `before`. The export's own entry is recorded before the first
/// batch is read, so newer entries are not part of it.
pub async fn export(
    db: &Db,
    actor: &Actor,
    filter: Filter,
    before: Option<AuditId>,
    action: &Action,
    now: Timestamp,
) -> Result<Export> {
    let noted = PreparedEntry::new(actor, action, now);
    let mut tx = db.enter(actor).await?;
    store::insert(&mut tx, &noted).await?;
    tx.commit().await?;
    let before = before.or(Some(noted.id));
    Ok(Export { db: db.clone(), actor: actor.clone(), filter, own_entry: noted.id, before })
}

/// An exported entry, without its request and response, which can be large.
#[derive(Clone, Debug)]
pub struct ExportedEntry {
    /// The immutable part.
    pub entry: AuditEntry,
    /// The erasable part.
    pub circumstances: Option<EntryContext>,
}

impl Export {
    /// Returns the next entries, newest first, or `None` at the end. A batch can be empty before the end. No connection is held
    /// afterwards.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the actor may no longer read the log, so that half a log is not taken for a whole one.
    pub async fn next(&mut self) -> Result<Option<Vec<ExportedEntry>>> {
        let Some(before) = self.before else { return Ok(None) };
        let (owner, range) = (self.actor.owner_id(), keys::range(&self.filter, Some(before)));
        let mut tx = self.db.enter(&self.actor).await?;
        if !store::exists(&mut tx, owner, self.own_entry).await? {
            return Err(Error::NotFound("audit log"));
        }
        let (keys, last) = keys::read(&mut tx, owner, self.filter.source(), range, BATCH).await?;
        let entries = store::of_keys(&mut tx, owner, &keys, &self.filter, BATCH).await?;
        let keys: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let kept = store::circumstances(&mut tx, owner, &keys).await?;
        self.before = last;
        Ok(Some(beside(entries, kept)))
    }
}

/// Joins entries with their erasable parts; both lists have the same order.
fn beside(entries: Vec<AuditEntry>, kept: Vec<EntryContext>) -> Vec<ExportedEntry> {
    let mut kept = kept.into_iter().peekable();
    let with = |entry: AuditEntry| {
        let circumstances = kept.next_if(|kept| kept.entry_id == entry.id);
        ExportedEntry { entry, circumstances }
    };
    entries.into_iter().map(with).collect()
}
