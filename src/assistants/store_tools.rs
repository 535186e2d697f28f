//! Statements on the tools that an owner can run, each with the connection of its calls.

use sqlx::PgConnection;

use super::{Obstacle, OfferedTool, ToolKey};
use crate::actor::Actor;
use crate::connections::label;
use crate::ids::{ConnectionId, ConnectorId, ToolVersionId};

/// Builds a query over tools `t` of connectors `c` and the ways `w` to reach them: connections, and connectors whose first call
/// creates the connection. An owner's own tool comes before a shared one of the same name, whatever its state. The versions are
/// read last, because schemas are large. The parameters of a condition begin with the fifth.
macro_rules! tools {
    ($condition:literal, $actor:expr, $limit:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            OfferedTool,
            r#"
            WITH ways AS (
                SELECT u.id AS connection_id, u.label, u.connector_id, u.tool_prefix AS prefix, u.status
                FROM user_connections u
                WHERE u.owner_id = $1
                UNION ALL
                SELECT NULL, NULL, o.id, choose_tool_prefix($1, o.id, $3), 'active'
                FROM connectors o
                WHERE (o.owner_id IS NULL OR o.owner_id = $1)
                  AND o.auth_type = 'none'
                  AND o.is_active
                  AND NOT EXISTS (SELECT 1 FROM user_connections u WHERE u.owner_id = $1 AND u.connector_id = o.id)
            ), found AS (
                SELECT w.connection_id, w.label, w.prefix, w.status, c.id AS connector_id, c.slug, c.name AS connector, t.name,
                       t.current_version_id, t.is_held
                FROM ways w
                JOIN connectors c ON c.id = w.connector_id
                CROSS JOIN LATERAL (
                    SELECT own.name, own.current_version_id, own.is_active, own.pending_version_id IS NOT NULL AS is_held
                    FROM connector_tools own
                    WHERE own.owner_id = $1 AND own.connector_id = c.id
                    UNION ALL
                    SELECT shared.name, shared.current_version_id, shared.is_active, shared.pending_version_id IS NOT NULL
                    FROM connector_tools shared
                    WHERE shared.owner_id IS NULL AND shared.connector_id = c.id AND NOT EXISTS (
                        SELECT 1 FROM connector_tools own
                        WHERE own.owner_id = $1 AND own.connector_id = c.id AND own.name = shared.name
                    )
                ) t
                WHERE (c.owner_id IS NULL OR c.owner_id = $1)
                  AND c.is_active
                  AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $2 AND a.is_admin))
                  AND t.is_active
                  AND t.current_version_id IS NOT NULL
                  AND "#
                + $condition
                + r#"
                -- the last two part only connections that their owner has disconnected
                ORDER BY w.prefix COLLATE "C", t.name COLLATE "C", w.status = 'revoked', w.connection_id DESC
                LIMIT $4
            )
            SELECT f.connection_id AS "connection: ConnectionId",
                   f.label AS connection_label,
                   f.connector_id AS "connector_id!: ConnectorId",
                   f.slug AS "slug!",
                   f.connector AS "connector!",
                   f.prefix AS "prefix!",
                   f.name AS "name!",
                   v.id AS "version: ToolVersionId",
                   v.title,
                   v.description,
                   v.schema,
                   v.output_schema,
                   v.annotations,
                   CASE WHEN f.status <> 'active' THEN 'not_connected' WHEN f.is_held THEN 'changed' END AS "obstacle: Obstacle"
            FROM found f
            JOIN connector_tool_versions v ON v.id = f.current_version_id AND (v.owner_id IS NULL OR v.owner_id = $1)
            ORDER BY f.prefix COLLATE "C", f.name COLLATE "C", f.status = 'revoked', f.connection_id DESC
            "#,
            $actor.owner_id() as _,
            $actor.user_id() as _,
            label::FIRST,
            $limit,
            $($more),*
        )
    };
}

/// Lists the tools that can be called, after a key.
pub(super) async fn list(
    conn: &mut PgConnection,
    actor: &Actor,
    after: Option<&ToolKey>,
    limit: i64,
) -> sqlx::Result<Vec<OfferedTool>> {
    tools!(
        r#"
        w.status = 'active' AND NOT t.is_held
        AND ($5::text IS NULL OR (w.prefix COLLATE "C", t.name COLLATE "C") > ($5, $6::text))
        "#,
        actor,
        limit,
        after.map(|key| key.prefix.as_str()),
        after.map(|key| key.tool.as_str())
    )
    .fetch_all(conn)
    .await
}

/// Lists the ways in which one tool can be called.
pub(super) async fn list_of_tool(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    tool: &str,
    limit: i64,
) -> sqlx::Result<Vec<OfferedTool>> {
    tools!("w.status = 'active' AND NOT t.is_held AND c.id = $5 AND t.name = $6", actor, limit, connector as _, tool)
        .fetch_all(conn)
        .await
}

/// Finds a tool by its own name, also if something keeps it from being called. A connection that is not disconnected comes first.
pub(super) async fn find(conn: &mut PgConnection, actor: &Actor, key: &ToolKey) -> sqlx::Result<Option<OfferedTool>> {
    tools!("w.prefix = $5 AND t.name = $6", actor, 1, key.prefix, key.tool).fetch_optional(conn).await
}

/// Returns the own names of the tools behind a prefix, also of connections that cannot be used.
pub(super) async fn list_names(conn: &mut PgConnection, actor: &Actor, prefix: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        WITH ways AS (
            SELECT u.connector_id FROM user_connections u WHERE u.owner_id = $1 AND u.tool_prefix = $2
            UNION
            SELECT o.id
            FROM connectors o
            WHERE (o.owner_id IS NULL OR o.owner_id = $1)
              AND o.auth_type = 'none'
              AND o.is_active
              AND NOT EXISTS (SELECT 1 FROM user_connections u WHERE u.owner_id = $1 AND u.connector_id = o.id)
              AND choose_tool_prefix($1, o.id, $3) = $2
        )
        SELECT t.name AS "name!"
        FROM ways w
        JOIN connector_tools t ON t.connector_id = w.connector_id AND t.owner_id = $1 AND t.is_active
        -- not OR: each half reads the index, and other owners can have many tools of the connector
        UNION ALL
        SELECT t.name
        FROM ways w
        JOIN connector_tools t ON t.connector_id = w.connector_id AND t.owner_id IS NULL AND t.is_active
        "#,
        actor.owner_id() as _,
        prefix,
        label::FIRST,
    )
    .fetch_all(conn)
    .await
}
