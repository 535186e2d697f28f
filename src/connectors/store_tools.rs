//! Statements that read `connector_tools` and `connector_tool_versions`. `owner` is the user who reads; rows without an owner
//! are shared.

use sqlx::PgConnection;

use super::compare::ToolDescription;
use super::tools::{Tool, ToolVersion};
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId, ToolVersionId};

/// A tool that was added.
#[derive(Clone, Debug)]
pub struct AddedTool {
    /// Name at the upstream.
    pub name: String,
    /// Description from the upstream.
    pub description: String,
}

/// A version that the discovery stored, and the version before it.
pub(super) struct VersionPair {
    pub(super) name: String,
    pub(super) before: ToolDescription,
    pub(super) after: ToolDescription,
}

pub(super) async fn list(conn: &mut PgConnection, owner: OwnerId, connector: ConnectorId) -> sqlx::Result<Vec<Tool>> {
    sqlx::query_as!(
        Tool,
        r#"
        SELECT t.name AS "name!",
               v.title,
               v.description AS "description!",
               v.annotations
        FROM connector_tools t
        JOIN connector_tool_versions v ON v.id = t.current_version_id
        WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND t.connector_id = $2 AND t.is_active
        ORDER BY t.position
        "#,
        owner as _,
        connector as _,
    )
    .fetch_all(conn)
    .await
}

/// Returns the names of tools whose name, or a title they have or had, contains the text, whatever its case; also of tools that are
/// no longer listed. Pages show a run under the title of its time.
pub(super) async fn names_with_text(
    conn: &mut PgConnection,
    owner: OwnerId,
    text: &str,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT DISTINCT t.name AS "name!"
        FROM connector_tools t
        JOIN connector_tool_versions v ON v.tool_id = t.id
        WHERE (t.owner_id IS NULL OR t.owner_id = $1)
          AND (strpos(lower(t.name), lower($2)) > 0 OR strpos(lower(v.title), lower($2)) > 0)
        ORDER BY 1
        LIMIT $3
        "#,
        owner as _,
        text,
        limit,
    )
    .fetch_all(conn)
    .await
}

macro_rules! select_versions {
    ($conn:expr, $owner:expr, $condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            ToolVersion,
            r#"
            SELECT v.id AS "id!: ToolVersionId",
                   t.name AS "name!",
                   v.version AS "version!",
                   v.title,
                   v.description AS "description!",
                   v.schema AS "schema!",
                   v.annotations,
                   t.is_active AS "is_listed!",
                   t.removed_at
            FROM connector_tools t
            JOIN connector_tool_versions v ON "# + $condition,
            $owner as _,
            $($argument),*
        )
    };
}

pub(super) async fn current_version(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    tool: &str,
) -> sqlx::Result<Option<ToolVersion>> {
    select_versions!(
        conn,
        owner,
        "v.id = t.current_version_id
         WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND t.connector_id = $2 AND t.name = $3
         ORDER BY t.owner_id NULLS LAST
         LIMIT 1",
        connector as _,
        tool,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn version(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ToolVersionId,
) -> sqlx::Result<Option<ToolVersion>> {
    select_versions!(
        conn,
        owner,
        "v.tool_id = t.id WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND v.id = $2",
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Lists the tools that the discovery at this time found for the first time, or again.
pub(super) async fn list_added(
    conn: &mut PgConnection,
    owner: OwnerId,
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

/// Lists the names of the tools that the discovery at this time no longer found.
pub(super) async fn list_removed(
    conn: &mut PgConnection,
    owner: OwnerId,
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

/// Lists the versions that the discovery at this time stored, at most `limit`.
pub(super) async fn list_version_pairs(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    at: Timestamp,
    limit: i64,
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
        limit,
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
