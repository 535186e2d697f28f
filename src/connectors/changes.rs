//! Changes that the latest discovery with changes found. The statements select tools and versions by its time.

use sqlx::PgConnection;

use super::compare::{ChangedPart, ToolDescription, compare};
use super::store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, UserId};

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

/// A tool that was added.
#[derive(Clone, Debug)]
pub struct AddedTool {
    /// Name at the upstream.
    pub name: String,
    /// Description from the upstream.
    pub description: String,
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
    let mut tx = db.as_user(actor).await?;
    let owner = actor.user_id();
    let found = store::find(&mut tx, owner, connector).await?.ok_or(Error::NotFound("connector"))?;
    let Some(at) = found.tools_changed_at else {
        return Ok(ToolChanges { at: None, added: vec![], removed: vec![], changed: vec![], more: false });
    };
    let mut changed = list_version_pairs(&mut tx, owner, connector, at).await?;
    let max = usize::try_from(MAX_COMPARED_TOOLS).unwrap_or(usize::MAX);
    let more = changed.len() > max;
    changed.truncate(max);
    Ok(ToolChanges {
        at: Some(at),
        added: list_added(&mut tx, owner, connector, at).await?,
        removed: list_removed(&mut tx, owner, connector, at).await?,
        changed: changed.into_iter().map(VersionPair::compare).collect(),
        more,
    })
}

async fn list_added(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<AddedTool>> {
    sqlx::query_as!(
        AddedTool,
        r#"
        SELECT name, description
        FROM connector_tools
        WHERE owner_id = $1 AND connector_id = $2 AND (created_at = $3 OR returned_at = $3) AND is_active
        ORDER BY position
        "#,
        owner as _,
        connector as _,
        at,
    )
    .fetch_all(conn)
    .await
}

async fn list_removed(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT name
        FROM connector_tools
        WHERE owner_id = $1 AND connector_id = $2 AND removed_at = $3
        ORDER BY position
        "#,
        owner as _,
        connector as _,
        at,
    )
    .fetch_all(conn)
    .await
}

/// A version that the discovery stored, and the version before it.
struct VersionPair {
    name: String,
    before: ToolDescription,
    after: ToolDescription,
}

impl VersionPair {
    fn compare(self) -> ChangedTool {
        ChangedTool { parts: compare(&self.before, &self.after), name: self.name }
    }
}

async fn list_version_pairs(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<VersionPair>> {
    let rows = sqlx::query!(
        r#"
        SELECT t.name,
               old.title AS old_title,
               old.description AS old_description,
               old.schema AS old_schema,
               old.output_schema AS old_output,
               old.annotations AS old_annotations,
               new.title,
               new.description,
               new.schema,
               new.output_schema,
               new.annotations
        FROM connector_tools t
        JOIN connector_tool_versions new ON new.owner_id = $1 AND new.tool_id = t.id AND new.created_at = $3
        JOIN connector_tool_versions old ON old.owner_id = $1 AND old.tool_id = t.id AND old.version = new.version - 1
        WHERE t.owner_id = $1 AND t.connector_id = $2 AND t.is_active AND t.returned_at IS DISTINCT FROM $3
        ORDER BY t.position
        LIMIT $4
        "#,
        owner as _,
        connector as _,
        at,
        MAX_COMPARED_TOOLS + 1,
    )
    .fetch_all(conn)
    .await?;
    let pairs = rows.into_iter().map(|row| VersionPair {
        name: row.name,
        before: ToolDescription {
            title: row.old_title,
            description: row.old_description,
            schema: row.old_schema,
            output_schema: row.old_output,
            annotations: row.old_annotations,
        },
        after: ToolDescription {
            title: row.title,
            description: row.description,
            schema: row.schema,
            output_schema: row.output_schema,
            annotations: row.annotations,
        },
    });
    Ok(pairs.collect())
}
