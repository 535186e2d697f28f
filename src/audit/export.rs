//! The log as a file: all that matches a filter, in batches, so that neither memory nor a connection is held for long.

use super::action::Action;
use super::filter::Filter;
use super::keys::{self, Span};
use super::prepared::PreparedEntry;
use super::store::{self, AuditEntry, EntryContext};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Result;
use crate::ids::AuditId;

/// Entries that are looked at, and so at most held, at a time.
const BATCH: i64 = 1_000;

/// An export under way: what is left of it.
#[derive(Debug)]
pub struct Export {
    db: Db,
    actor: Actor,
    filter: Filter,
    /// Older entries are still to come; none: it is over.
    before: Option<AuditId>,
}

/// Begins an export of what matches and is older than `before`. That it was made is in the log before its first entry
/// is read; what is newer than that is not part of it.
pub async fn export(
    db: &Db,
    actor: &Actor,
    filter: Filter,
    before: Option<AuditId>,
    action: &Action,
    now: Timestamp,
) -> Result<Export> {
    let noted = PreparedEntry::new(actor, action, now);
    let mut tx = db.as_user(actor).await?;
    store::insert(&mut tx, &noted).await?;
    tx.commit().await?;
    Ok(Export { db: db.clone(), actor: actor.clone(), filter, before: before.or(Some(noted.id)) })
}

/// An entry as it is exported: without its request and response, which may be of any size.
#[derive(Clone, Debug)]
pub struct ExportedEntry {
    /// What never changes.
    pub entry: AuditEntry,
    /// What may have been erased.
    pub circumstances: Option<EntryContext>,
}

impl Export {
    /// The next entries, newest first; an empty batch is not the end, none is. The connection is given back with it.
    pub async fn next(&mut self) -> Result<Option<Vec<ExportedEntry>>> {
        let Some(before) = self.before else { return Ok(None) };
        let (owner, span) = (self.actor.user_id(), Span::of(&self.filter, Some(before)));
        let mut tx = self.db.as_user(&self.actor).await?;
        let (keys, last) = keys::read(&mut tx, owner, self.filter.source(), span, BATCH).await?;
        let entries = store::of_keys(&mut tx, owner, &keys, &self.filter, BATCH).await?;
        let keys: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let kept = store::circumstances(&mut tx, owner, &keys).await?;
        self.before = last;
        Ok(Some(beside(entries, kept)))
    }
}

/// Puts what is kept beside its entry; both are in one order.
fn beside(entries: Vec<AuditEntry>, kept: Vec<EntryContext>) -> Vec<ExportedEntry> {
    let mut kept = kept.into_iter().peekable();
    let with = |entry: AuditEntry| {
        let circumstances = kept.next_if(|kept| kept.entry_id == entry.id);
        ExportedEntry { entry, circumstances }
    };
    entries.into_iter().map(with).collect()
}
