//! Brings the stored tools in step with what a server lists, without ever changing a version.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::definition::fingerprint;
use super::store;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, ToolId, ToolVersionId, UserId};
use crate::upstream::ToolDefinition;

/// Stores new and changed definitions as new versions and hides tools that are no longer listed.
/// Returns how many were new or changed.
pub(super) async fn save(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
    tools: &[ToolDefinition],
    now: Timestamp,
) -> Result<usize> {
    let known: HashMap<_, _> =
        store::fingerprints(conn, owner, connector).await?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let mut changed = 0;
    for (tool, position) in tools.iter().zip(0..) {
        let hash = fingerprint(tool);
        let id = known.get(&tool.name).map_or_else(|| ToolId::new(now), |row| row.id);
        store::upsert_tool(conn, owner, connector, id, tool, position, now).await?;
        if known.get(&tool.name).and_then(|row| row.hash.as_deref()) != Some(hash.as_slice()) {
            store::insert_version(conn, owner, id, ToolVersionId::new(now), tool, &hash, now).await?;
            changed += 1;
        }
    }
    let listed: Vec<_> = tools.iter().map(|tool| tool.name.clone()).collect();
    store::hide_unlisted(conn, owner, connector, &listed).await?;
    Ok(changed)
}
