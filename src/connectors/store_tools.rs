//! Statements that read `connector_tools` and `connector_tool_versions`. `owner` is the user who reads; rows without an owner
//! are shared.

use sqlx::PgConnection;

use super::tools::{Tool, ToolVersion};
use crate::ids::{ConnectorId, OwnerId, ToolVersionId};

pub(super) async fn list(conn: &mut PgConnection, owner: OwnerId, connector: ConnectorId) -> sqlx::Result<Vec<Tool>> {
    sqlx::query_as!(
        Tool,
        r#"
        SELECT t.name AS "name!",
               v.title,
               v.description AS "description!",
               v.annotations,
               t.pending_version_id IS NOT NULL AS "is_held!",
               COALESCE(GREATEST(t.created_at, t.returned_at) = d.tools_changed_at, false) AS "is_new!"
        FROM connector_tools t
        JOIN connector_tool_versions v ON v.id = t.current_version_id
        LEFT JOIN connector_discoveries d ON d.owner_id = t.owner_id AND d.connector_id = t.connector_id
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
                   v.request_mapping AS request,
                   t.is_active AS "is_listed!",
                   t.removed_at,
                   t.pending_version_id IS NOT NULL AS "is_held!",
                   t.owner_id IS NOT NULL AND t.current_version_id IS DISTINCT FROM v.id AS "is_outdated!"
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

/// Returns the schema of a version's structured result, if the version declares one.
pub(super) async fn output_schema(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ToolVersionId,
) -> sqlx::Result<Option<serde_json::Value>> {
    sqlx::query_scalar!(
        r#"
        SELECT output_schema AS "output_schema!"
        FROM connector_tool_versions
        WHERE (owner_id IS NULL OR owner_id = $1) AND id = $2 AND output_schema IS NOT NULL
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}
