//! The audit log: action, actor, target and outcome of every change.
//!
//! Every module that changes something calls [`record`] in the transaction of the change. The queue instead stores a
//! [`PreparedEntry`] with each finished job. An entry never changes. Its body (redacted request and response, address, user
//! agent) lies in another table, where retention and erasure may delete it; the entry keeps salted digests of the body.
//!
//! [`Action`] has typed fields, so an entry cannot lack one, and [`ActionName`] is the table of their names and titles. Nothing
//! here may update or delete an entry, or store a credential: callers redact request and response first.

mod action;
mod action_columns;
mod action_name;
mod action_outcome;
mod connection_change;
mod connector_change;
mod count;
mod entry;
mod export;
mod filter;
mod hub_log;
mod keys;
mod list;
mod newest;
mod prepared;
mod store;
mod stored;
mod token_change;

pub use action::Action;
pub use action_name::{ActionName, Category};
pub use action_outcome::{ActionOutcome, OutcomeCause};
pub use connection_change::AffectedConnection;
pub use connector_change::{AcceptedTool, ConnectorChange, NamedConnector};
pub use count::{EntryCount, count};
pub use entry::{AuditEntry, EntryContext, EntryDetail, RecentEntry};
pub use export::{Export, ExportedEntry, export};
pub use filter::{Filter, TextFilter, ToolFilter};
pub use hub_log::{HubEntry, list_of_hub};
pub use list::{Listing, exists, list};
pub use newest::list_newest;
pub use prepared::PreparedEntry;
pub use stored::{ActorKind, AuditOutcome, Stored, StoredText};
pub use token_change::{NamedGrant, NamedToken};

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
    let mut tx = db.enter(actor).await?;
    store::find(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("audit entry"))
}

/// Returns the entry of a finished job, if there is one.
pub async fn find_for_job(conn: &mut PgConnection, actor: &Actor, job: JobId) -> Result<Option<AuditId>> {
    Ok(store::find_for_job(conn, actor.owner_id(), job).await?)
}
