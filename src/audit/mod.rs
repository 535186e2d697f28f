//! The audit log: what was done, by whom, to what, with which outcome.
//!
//! An entry is recorded in the transaction of what it records, and never changes. Beside it lies a body (redacted
//! request and response, address, agent) that retention and erasure may delete; the entry keeps salted digests of it.
//! [`Action`] has typed fields, so that an entry cannot lack what belongs to it.

mod action;
mod export;
mod filter;
mod keys;
mod list;
mod newest;
mod prepared;
mod store;

pub use action::{Action, ActionOutcome};
pub use export::{Export, ExportedEntry, export};
pub use filter::{AuditOutcome, Filter, TextFilter};
pub use list::{Listing, exists, list};
pub use newest::{RecentEntry, list_newest};
pub use prepared::PreparedEntry;
pub use store::{AuditEntry, EntryContext, EntryDetail};

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{AuditId, JobId};

/// Writes one entry in the caller's transaction.
pub async fn record(conn: &mut PgConnection, actor: &Actor, action: &Action, now: Timestamp) -> Result<()> {
    store::insert(conn, &PreparedEntry::new(actor, action, now)).await?;
    Ok(())
}

/// One entry with what is still kept of its bodies.
pub async fn find(db: &Db, actor: &Actor, id: AuditId) -> Result<EntryDetail> {
    let mut tx = db.as_user(actor).await?;
    store::find(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("audit entry"))
}

/// The entry that a job left when it ended, if it has.
pub async fn find_for_job(db: &Db, actor: &Actor, job: JobId) -> Result<Option<AuditId>> {
    let mut tx = db.as_user(actor).await?;
    Ok(store::find_for_job(&mut tx, actor.user_id(), job).await?)
}
