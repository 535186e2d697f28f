//! Statements on the changes of an owner's tools: what a discovery found, and what waits for the owner.

use sqlx::PgConnection;

use super::compare::ToolDescription;
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

/// A tool that is held back: its current version, and the one that its owner has not accepted.
pub(super) struct HeldTool {
    pub(super) name: String,
    pub(super) pending: ToolVersionId,
    pub(super) before: ToolDescription,
    pub(super) after: ToolDescription,
}

/// A connector with tools that are held back.
#[derive(Clone, Debug)]
pub struct ChangedConnector {
    /// Name of the connector.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// Number of tools that are held back.
    pub tools: i64,
}

/// A version that its owner accepted.
pub(super) struct AcceptedVersion {
    pub(super) tool: String,
    pub(super) version: i32,
}

/// Lists the tools that the discovery at this time found for the first time, or again as they were.
pub(super) async fn list_added(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<AddedTool>> {
    sqlx::query_as!(
        AddedTool,
        r#"
        SELECT t.name, v.description
        FROM connector_tools t
        JOIN connector_tool_versions v ON v.id = t.current_version_id
        WHERE t.owner_id = $1
          AND t.connector_id = $2
          AND (t.created_at = $3 OR t.returned_at = $3)
          AND t.is_active
          AND t.pending_version_id IS NULL
        ORDER BY t.position
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

/// Lists the names of the tools whose version of the discovery at this time was accepted.
pub(super) async fn list_accepted(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT t.name
        FROM connector_tools t
        JOIN connector_tool_versions v ON v.id = t.current_version_id
        WHERE t.owner_id = $1 AND t.connector_id = $2 AND t.is_active AND v.created_at = $3 AND v.version > 1
        ORDER BY t.position
        "#,
        owner as _,
        connector as _,
        at,
    )
    .fetch_all(conn)
    .await
}

/// Lists the tools that are held back, at most `limit`.
pub(super) async fn list_held(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    limit: i64,
) -> sqlx::Result<Vec<HeldTool>> {
    let rows = sqlx::query!(
        r#"
        SELECT t.name,
               new.id AS "pending!: ToolVersionId",
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
        JOIN connector_tool_versions new ON new.id = t.pending_version_id
        JOIN connector_tool_versions old ON old.id = t.current_version_id
        WHERE t.owner_id = $1 AND t.connector_id = $2 AND t.pending_version_id IS NOT NULL AND t.is_active
        ORDER BY t.position
        LIMIT $3
        "#,
        owner as _,
        connector as _,
        limit,
    )
    .fetch_all(conn)
    .await?;
    let held = rows.into_iter().map(|row| HeldTool {
        name: row.name,
        pending: row.pending,
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
    Ok(held.collect())
}

/// Lists the connectors of which tools are held back, at most `limit`.
pub(super) async fn list_connectors(
    conn: &mut PgConnection,
    owner: OwnerId,
    limit: i64,
) -> sqlx::Result<Vec<ChangedConnector>> {
    sqlx::query_as!(
        ChangedConnector,
        r#"
        SELECT c.name, c.slug, held.tools AS "tools!"
        FROM (
            SELECT connector_id, count(*) AS tools
            FROM connector_tools
            WHERE owner_id = $1 AND pending_version_id IS NOT NULL AND is_active
            GROUP BY connector_id
        ) held
        JOIN connectors c ON c.id = held.connector_id
        WHERE (c.owner_id IS NULL OR c.owner_id = $1) AND c.is_active
        ORDER BY lower(c.name), c.id
        LIMIT $2
        "#,
        owner as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Makes pending versions current. A version that is no longer pending is left out.
pub(super) async fn accept(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    versions: &[ToolVersionId],
) -> sqlx::Result<Vec<AcceptedVersion>> {
    let ids: Vec<_> = versions.iter().map(|id| id.uuid()).collect();
    sqlx::query_as!(
        AcceptedVersion,
        r#"
        UPDATE connector_tools t
        SET current_version_id = v.id, pending_version_id = NULL
        FROM connector_tool_versions v
        WHERE t.owner_id = $1
          AND t.connector_id = $2
          AND t.is_active
          AND v.id = t.pending_version_id
          AND v.owner_id = $1
          AND v.id = ANY($3::uuid[])
        RETURNING t.name AS tool, v.version
        "#,
        owner as _,
        connector as _,
        &ids,
    )
    .fetch_all(conn)
    .await
}
