//! Changes that discoveries found, and their acceptance.
//!
//! A tool whose definition has changed does not run until its owner has seen the difference and accepted it: a server can change
//! what a tool does after somebody began to trust it.

use sqlx::PgConnection;

use super::changed_texts::{ChangedText, compare_texts};
use super::compare::{ChangedPart, compare};
use super::store;
use super::store_changes::{self, AcceptedVersion, AddedTool, ChangedConnector, HeldTool};
use super::word_diff::Budget;
use crate::actor::Actor;
use crate::audit::{self, AcceptedTool, Action};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, ToolVersionId};

/// Maximum number of tools whose difference is shown at once; a definition may be large.
const MAX_COMPARED_TOOLS: i64 = 20;

/// Maximum number of connectors that are listed with their changed tools.
const MAX_CHANGED_CONNECTORS: i64 = 20;

/// The changes of a connector's tools.
#[derive(Clone, Debug)]
pub struct ToolChanges {
    /// Time of the discovery that found the latest changes; `None` if there were none since the first.
    pub at: Option<Timestamp>,
    /// Tools that it found for the first time, or again.
    pub added: Vec<AddedTool>,
    /// Names of tools that it no longer found.
    pub removed: Vec<String>,
    /// Names of tools whose change of that time was accepted.
    pub accepted: Vec<String>,
    /// Tools that are held back, whenever their change was found.
    pub held: Vec<ChangedTool>,
    /// Set if `held` is incomplete.
    pub has_more: bool,
}

/// A tool that is held back because its definition has changed.
#[derive(Clone, Debug)]
pub struct ChangedTool {
    /// Name at the upstream.
    pub name: String,
    /// The version that waits for its owner.
    pub pending: ToolVersionId,
    /// The parts that changed.
    pub parts: Vec<ChangedPart>,
    /// The texts that changed, word by word.
    pub texts: Vec<ChangedText>,
}

/// Returns the latest changes of the actor's tools of a connector, and those that wait for the actor.
pub async fn find_changes(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<ToolChanges> {
    let mut tx = db.enter(actor).await?;
    let owner = actor.owner_id();
    let found = store::find(&mut tx, actor, connector).await?.ok_or(Error::NotFound("connector"))?;
    let mut held = store_changes::list_held(&mut tx, owner, connector, MAX_COMPARED_TOOLS + 1).await?;
    let max = usize::try_from(MAX_COMPARED_TOOLS).unwrap_or(usize::MAX);
    let has_more = held.len() > max;
    held.truncate(max);
    let (mut added, mut removed, mut accepted) = (vec![], vec![], vec![]);
    if let Some(at) = found.tools_changed_at {
        added = store_changes::list_added(&mut tx, owner, connector, at).await?;
        removed = store_changes::list_removed(&mut tx, owner, connector, at).await?;
        accepted = store_changes::list_accepted(&mut tx, owner, connector, at).await?;
    }
    drop(tx);
    let mut budget = Budget::default();
    let held = held.into_iter().map(|tool| tool.compare(&mut budget)).collect();
    Ok(ToolChanges { at: found.tools_changed_at, added, removed, accepted, held, has_more })
}

/// Lists the connectors of which tools wait for the actor, in the caller's transaction.
pub async fn list_changed_connectors(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<ChangedConnector>> {
    Ok(store_changes::list_connectors(conn, actor.owner_id(), MAX_CHANGED_CONNECTORS).await?)
}

/// Accepts changes: the versions become those that run. Returns the names of the tools, without those that have changed again, or
/// were accepted, since the actor saw them.
///
/// # Errors
/// [`Error::Stale`] if none of the versions waits any more.
pub async fn accept_changes(
    db: &Db,
    actor: &Actor,
    connector: ConnectorId,
    versions: &[ToolVersionId],
    now: Timestamp,
) -> Result<Vec<String>> {
    let mut tx = db.enter(actor).await?;
    let accepted = store_changes::accept(&mut tx, actor.owner_id(), connector, versions).await?;
    if accepted.is_empty() {
        return Err(Error::stale(
            "What you accepted is no longer what the server offers, or was accepted already",
            "Look at the changes again",
        ));
    }
    for AcceptedVersion { tool, version } in &accepted {
        let action = Action::ToolChangeAccepted(AcceptedTool { connector, tool: tool.clone(), version: *version });
        audit::record(&mut tx, actor, &action, now).await?;
    }
    tx.commit().await?;
    Ok(accepted.into_iter().map(|version| version.tool).collect())
}

impl HeldTool {
    fn compare(self, budget: &mut Budget) -> ChangedTool {
        ChangedTool {
            parts: compare(&self.before, &self.after),
            texts: compare_texts(&self.before, &self.after, budget),
            name: self.name,
            pending: self.pending,
        }
    }
}
