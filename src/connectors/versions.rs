//! Brings the stored tools in step with what a server lists, without ever changing a version.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::definition::fingerprint;
use super::tools::{self, NewVersion};
use crate::audit::Action;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, ToolId, UserId};
use crate::upstream::ToolDefinition;

/// How many tools a look has found different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Listed for the first time, or again.
    pub added: usize,
    /// Listed with another definition.
    pub changed: usize,
    /// No longer listed.
    pub removed: usize,
}

impl Changed {
    /// True if everything is as it was.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// What the audit log keeps of it.
    pub(super) fn as_action(self, connector: ConnectorId, tools: usize) -> Action {
        Action::ToolsDiscovered { connector, tools, changed: self.added + self.changed, removed: self.removed }
    }
}

/// Stores new and changed definitions as new versions and hides tools that are no longer listed.
pub(super) async fn save(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
    listed: &[ToolDefinition],
    now: Timestamp,
) -> Result<Changed> {
    let known: HashMap<_, _> =
        tools::fingerprints(conn, owner, connector).await?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let known = |tool: &ToolDefinition| known.get(&tool.name);
    let ids: Vec<_> = listed.iter().map(|tool| known(tool).map_or_else(|| ToolId::new(now), |row| row.id)).collect();
    tools::upsert(conn, owner, connector, &ids, listed, now).await?;

    let (mut new, mut found) = (Vec::new(), Changed::default());
    for (definition, &tool) in listed.iter().zip(&ids) {
        let (hash, row) = (fingerprint(definition), known(definition));
        let differs = row.and_then(|row| row.hash.as_deref()) != Some(hash.as_slice());
        if row.is_none_or(|row| !row.is_active) {
            found.added += 1;
        } else if differs {
            found.changed += 1;
        }
        if differs {
            new.push(NewVersion { tool, definition, hash });
        }
    }
    tools::insert_versions(conn, owner, &new, now).await?;

    let names: Vec<_> = listed.iter().map(|tool| tool.name.clone()).collect();
    found.removed = tools::hide_unlisted(conn, owner, connector, &names, now).await?;
    Ok(found)
}
