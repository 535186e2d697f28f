//! Brings the stored tools in step with what a server lists, without ever changing a version.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::definition::fingerprint;
use super::tools::{self, NewVersion};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, ToolId, UserId};
use crate::upstream::ToolDefinition;

/// Stores new and changed definitions as new versions and hides tools that are no longer listed.
/// Returns how many were new or changed.
pub(super) async fn save(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
    listed: &[ToolDefinition],
    now: Timestamp,
) -> Result<usize> {
    let known: HashMap<_, _> =
        tools::fingerprints(conn, owner, connector).await?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let known = |tool: &ToolDefinition| known.get(&tool.name);
    let ids: Vec<_> = listed.iter().map(|tool| known(tool).map_or_else(|| ToolId::new(now), |row| row.id)).collect();
    tools::upsert(conn, owner, connector, &ids, listed, now).await?;

    let mut new = Vec::new();
    for (definition, &tool) in listed.iter().zip(&ids) {
        let hash = fingerprint(definition);
        if known(definition).and_then(|row| row.hash.as_deref()) != Some(hash.as_slice()) {
            new.push(NewVersion { tool, definition, hash });
        }
    }
    tools::insert_versions(conn, owner, &new, now).await?;

    let names: Vec<_> = listed.iter().map(|tool| tool.name.clone()).collect();
    tools::hide_unlisted(conn, owner, connector, &names).await?;
    Ok(new.len())
}
