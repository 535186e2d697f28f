//! Synchronisation of the stored tools with those that a server lists. Versions are never changed.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::definition::fingerprint;
use super::store_versions::{self as store, ListedTool, NewVersion};
use crate::audit::Action;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, OwnerId, ToolId};
use crate::upstream::ToolDefinition;

/// The numbers of tools that a discovery found changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolChangeCounts {
    /// Tools that are listed for the first time, or again.
    pub added: usize,
    /// Tools that are listed with another definition.
    pub changed: usize,
    /// Tools that are no longer listed.
    pub removed: usize,
    /// True for the first discovery: every tool is new to the owner.
    pub is_first: bool,
}

impl ToolChangeCounts {
    /// Reports whether no tool changed.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.added + self.changed + self.removed == 0
    }

    /// Returns the audit action.
    pub(super) fn as_action(self, connector: ConnectorId, tools: usize) -> Action {
        Action::ToolsDiscovered { connector, tools, changed: self.added + self.changed, removed: self.removed }
    }
}

/// Stores new and changed definitions as new versions, and hides tools that are no longer listed.
pub(super) async fn save(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
    listed: &[ToolDefinition],
    now: Timestamp,
) -> Result<ToolChangeCounts> {
    let stored: HashMap<_, _> =
        store::list_stored(conn, owner, connector).await?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let is_first = stored.is_empty();
    let stored = |tool: &ToolDefinition| stored.get(&tool.name);
    let id_of = |tool| stored(tool).map_or_else(|| ToolId::new(now), |row| row.id);
    let tools: Vec<_> = listed.iter().map(|definition| ListedTool { id: id_of(definition), definition }).collect();
    store::upsert(conn, owner, connector, &tools, now).await?;

    let (mut new, mut counts) = (Vec::new(), ToolChangeCounts { is_first, ..ToolChangeCounts::default() });
    for ListedTool { id: tool, definition } in tools {
        let (hash, row) = (fingerprint(definition), stored(definition));
        let differs = row.and_then(|row| row.hash.as_deref()) != Some(hash.as_slice());
        if row.is_none_or(|row| !row.is_active) {
            counts.added += 1;
        } else if differs {
            counts.changed += 1;
        }
        if differs {
            new.push(NewVersion { tool, definition, hash });
        }
    }
    store::insert_versions(conn, owner, &new, now).await?;

    let names: Vec<_> = listed.iter().map(|tool| tool.name.clone()).collect();
    counts.removed = store::hide_unlisted(conn, owner, connector, &names, now).await?;
    Ok(counts)
}
