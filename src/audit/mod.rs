//! The audit log: action, actor, target and outcome.
//!
//! An entry is recorded in the transaction of its change and never changes. Its body (redacted request and response, address,
//! user agent) lies in another table, where retention and erasure may delete it. The entry keeps salted digests of the body.
//! [`Action`] has typed fields, so an entry cannot lack one.

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

/// Records one entry in the caller's transaction.
pub async fn record(conn: &mut PgConnection, actor: &Actor, action: &Action, now: Timestamp) -> Result<()> {
    store::insert(conn, &PreparedEntry::new(actor, action, now)).await?;
    Ok(())
}

/// Returns one entry with the stored part of its body.
pub async fn find(db: &Db, actor: &Actor, id: AuditId) -> Result<EntryDetail> {
    let mut tx = db.as_user(actor).await?;
    store::find(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("audit entry"))
}

/// Returns the entry of a finished job, if there is one.
pub async fn find_for_job(db: &Db, actor: &Actor, job: JobId) -> Result<Option<AuditId>> {
    let mut tx = db.as_user(actor).await?;
    Ok(store::find_for_job(&mut tx, actor.user_id(), job).await?)
}
