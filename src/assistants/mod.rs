//! Assistants: the programs that call an owner's tools for a person, and the tools that they are offered.
//!
//! An assistant sees every tool that its person can run, by one name: the prefix of a connection, and the tool's own name. The
//! prefix is stored with the connection and never changes. A connector that needs no credential is offered before its first
//! call, which creates the connection, with the prefix that this connection will get.
//!
//! Endpoints and pages call this module. It starts no job: `jobs` does, with the ids of an [`OfferedTool`].

mod store_tools;
mod tool_name;
mod wire_schema;

pub use tool_name::ToolName;
pub use wire_schema::{SchemaChange, WireSchema};

use serde_json::Value;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ConnectionId, ConnectorId, ToolVersionId};

/// Most names of one tool that a page shows.
const MAX_NAMES: i64 = 20;

/// A tool that assistants can call, through one connection.
#[derive(Clone, Debug)]
pub struct OfferedTool {
    /// The connection of its calls; `None` if the first call creates it.
    pub connection: Option<ConnectionId>,
    /// Tells several accounts of one service apart.
    pub connection_label: Option<String>,
    /// The connector.
    pub connector_id: ConnectorId,
    /// The connector's place in URLs.
    pub slug: String,
    /// The connector's name.
    pub connector: String,
    /// Prefix of the connection.
    pub prefix: String,
    /// Name of the tool at the upstream.
    pub name: String,
    /// The current version.
    pub version: ToolVersionId,
    /// Display name.
    pub title: Option<String>,
    /// Description from the upstream.
    pub description: String,
    /// JSON Schema of the arguments, as the upstream wrote it. See [`WireSchema::from_input`].
    pub schema: Value,
    /// JSON Schema of the structured result, if declared. See [`WireSchema::from_output`].
    pub output_schema: Option<Value>,
    /// MCP annotations.
    pub annotations: Option<Value>,
    /// The reason why it cannot be called now. Listed tools have none.
    pub obstacle: Option<Obstacle>,
}

/// The reason why a tool with a known name cannot be called now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Obstacle {
    /// Its connection stopped working, or its owner has disconnected it.
    NotConnected,
    /// Its server offers another definition, which waits for its owner.
    Changed,
}

impl OfferedTool {
    /// Returns the name that assistants call the tool by.
    #[must_use]
    pub fn tool_name(&self) -> ToolName {
        ToolName::new(&self.prefix, &self.name)
    }

    /// Returns the place of the tool in the list.
    #[must_use]
    pub fn key(&self) -> ToolKey {
        ToolKey { prefix: self.prefix.clone(), tool: self.name.clone() }
    }
}

/// The place of a tool in the list of an owner's tools, which is sorted by bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolKey {
    /// Prefix of the connection.
    pub prefix: String,
    /// Name of the tool at the upstream.
    pub tool: String,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct OfferedTools {
    /// The tools, by their keys.
    pub tools: Vec<OfferedTool>,
    /// The key after which the next page begins, if there is one.
    pub next: Option<ToolKey>,
}

/// Lists the tools that the actor's assistants can call, at most `limit`, after a key.
pub async fn list_offered(db: &Db, actor: &Actor, after: Option<&ToolKey>, limit: u16) -> Result<OfferedTools> {
    let mut tx = db.enter(actor).await?;
    // a tool more than the page shows that there is another page
    let mut tools = store_tools::list(&mut tx, actor, after, i64::from(limit) + 1).await?;
    let has_more = tools.len() > usize::from(limit);
    tools.truncate(limit.into());
    let next = tools.last().filter(|_| has_more).map(OfferedTool::key);
    Ok(OfferedTools { tools, next })
}

/// Finds the tool with this name for assistants, also if something keeps it from being called: see [`Obstacle`]. `None` if the
/// actor has no such tool.
pub async fn find_offered(db: &Db, actor: &Actor, name: &str) -> Result<Option<OfferedTool>> {
    let Some((prefix, rest)) = ToolName::split(name) else { return Ok(None) };
    let is_name_of = |tool: &str| ToolName::new(prefix, tool).as_str() == name;
    let key = |tool: &str| ToolKey { prefix: prefix.to_owned(), tool: tool.to_owned() };
    let mut tx = db.enter(actor).await?;
    if is_name_of(rest) {
        let found = store_tools::find(&mut tx, actor, &key(rest)).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    if !ToolName::is_changed(rest) {
        return Ok(None);
    }
    let names = store_tools::list_names(&mut tx, actor, prefix).await?;
    match names.iter().filter(|tool| is_name_of(tool)).min() {
        Some(tool) => Ok(store_tools::find(&mut tx, actor, &key(tool)).await?),
        None => Ok(None),
    }
}

/// Returns a tool once for each connection through which assistants can call it, in the caller's transaction. Empty if they
/// cannot.
pub async fn list_offers(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    tool: &str,
) -> Result<Vec<OfferedTool>> {
    Ok(store_tools::list_of_tool(conn, actor, connector, tool, MAX_NAMES).await?)
}
