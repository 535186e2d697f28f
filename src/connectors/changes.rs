//! Changes that the latest discovery with changes found.

use super::compare::{ChangedPart, compare};
use super::store;
use super::store_tools::{self, AddedTool, VersionPair};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ConnectorId;

/// Maximum number of tools whose changes are compared part by part; a definition may be large.
const MAX_COMPARED_TOOLS: i64 = 100;

/// The changes of a connector's tools.
#[derive(Clone, Debug)]
pub struct ToolChanges {
    /// Time of the discovery; `None` if nothing has changed since the connector was added.
    pub at: Option<Timestamp>,
    /// Tools that were found for the first time, or again.
    pub added: Vec<AddedTool>,
    /// Names of tools that are no longer listed.
    pub removed: Vec<String>,
    /// Tools whose definition changed.
    pub changed: Vec<ChangedTool>,
    /// Set if `changed` is incomplete.
    pub more: bool,
}

/// A tool whose definition changed.
#[derive(Clone, Debug)]
pub struct ChangedTool {
    /// Name at the upstream.
    pub name: String,
    /// The parts that changed.
    pub parts: Vec<ChangedPart>,
}

/// Returns the latest changes of the tools of one of the actor's own connectors.
pub async fn find_changes(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<ToolChanges> {
    let mut tx = db.enter(actor).await?;
    let owner = actor.owner_id();
    let found = store::find(&mut tx, actor, connector).await?.ok_or(Error::NotFound("connector"))?;
    let Some(at) = found.tools_changed_at else {
        return Ok(ToolChanges { at: None, added: vec![], removed: vec![], changed: vec![], more: false });
    };
    let mut changed = store_tools::list_version_pairs(&mut tx, owner, connector, at, MAX_COMPARED_TOOLS + 1).await?;
    let max = usize::try_from(MAX_COMPARED_TOOLS).unwrap_or(usize::MAX);
    let more = changed.len() > max;
    changed.truncate(max);
    Ok(ToolChanges {
        at: Some(at),
        added: store_tools::list_added(&mut tx, owner, connector, at).await?,
        removed: store_tools::list_removed(&mut tx, owner, connector, at).await?,
        changed: changed.into_iter().map(VersionPair::compare).collect(),
        more,
    })
}

impl VersionPair {
    fn compare(self) -> ChangedTool {
        ChangedTool { parts: compare(&self.before, &self.after), name: self.name }
    }
}
