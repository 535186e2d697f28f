//! Tools as the list of jobs is filtered by them: by a text in the name, or in the title that pages show.

use sqlx::PgConnection;

use super::filter::ToolFilter;
use super::store_keys;
use crate::actor::Actor;
use crate::connectors;
use crate::error::Result;

/// Most tools that are compared with the text.
const MAX_TOOL_NAMES: i64 = 1_000;

/// Returns the tools whose name or title contains the text, whatever its case. Jobs of a removed connector are found by the
/// name of their tool.
pub async fn find_tools(conn: &mut PgConnection, actor: &Actor, text: &str) -> Result<ToolFilter> {
    let listed = connectors::find_tool_names(conn, actor, text).await?;
    let used = store_keys::tool_names(conn, actor.owner_id(), MAX_TOOL_NAMES).await?;
    let sought = text.to_lowercase();
    Ok(ToolFilter::new(listed.into_iter().chain(used.into_iter().filter(|name| name.to_lowercase().contains(&sought)))))
}
