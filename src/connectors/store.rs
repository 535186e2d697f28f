//! The statements of connectors and tools. `owner` is who looks; rows without an owner are everybody's.

use serde_json::Value;
use sqlx::PgConnection;

use super::NewConnector;
use super::definition::Effect;
use super::slug::Slug;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, ToolId, ToolVersionId, UserId};
use crate::upstream::ToolDefinition;

/// How calls reach a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Transport {
    /// A server inside this process.
    Builtin,
    /// MCP over streamable HTTP.
    Mcp,
    /// Plain HTTP requests.
    Rest,
}

/// A service the hub can reach.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Key.
    pub id: ConnectorId,
    /// Who added it; none: shipped.
    pub owner_id: Option<UserId>,
    /// What people call it.
    pub name: String,
    /// Its place in URLs.
    pub slug: String,
    /// One sentence of purpose.
    pub description: String,
    /// `oauth`, `api_key` or `none`.
    pub auth_type: String,
    /// How calls reach it.
    pub transport: Transport,
    /// Where its MCP server answers.
    pub mcp_server_url: Option<String>,
    /// How many tools it lists now.
    pub tool_count: i64,
}

/// A tool of the list.
#[derive(Clone, Debug)]
pub struct Tool {
    /// The upstream's name for it.
    pub name: String,
    /// Display name, if any.
    pub title: Option<String>,
    /// The upstream's words.
    pub description: String,
    /// MCP hints.
    pub annotations: Option<Value>,
}

/// One immutable definition of a tool.
#[derive(Clone, Debug)]
pub struct ToolVersion {
    /// Key.
    pub id: ToolVersionId,
    /// The upstream's name for the tool.
    pub name: String,
    /// Counts from 1 in a tool.
    pub version: i32,
    /// Display name, if any.
    pub title: Option<String>,
    /// The upstream's words.
    pub description: String,
    /// JSON Schema of the arguments.
    pub schema: Value,
    /// MCP hints.
    pub annotations: Option<Value>,
}

impl Tool {
    /// What to call it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// What running it does, as the server says.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::from_annotations(self.annotations.as_ref())
    }
}

impl ToolVersion {
    /// What to call it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// What running it does, as the server says.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::from_annotations(self.annotations.as_ref())
    }

    /// True if a call that was cut off may be made again without asking.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        Effect::is_repeatable(self.annotations.as_ref())
    }
}

/// What is stored of a tool, for comparison with what its server lists.
pub(super) struct Known {
    pub(super) id: ToolId,
    pub(super) name: String,
    pub(super) hash: Option<Vec<u8>>,
}

macro_rules! connectors {
    ($conn:expr, $owner:expr, $condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Connector,
            r#"
            SELECT id AS "id!: ConnectorId",
                   owner_id AS "owner_id: UserId",
                   name AS "name!",
                   slug AS "slug!",
                   description AS "description!",
                   auth_type AS "auth_type!",
                   transport AS "transport!: Transport",
                   mcp_server_url,
                   (SELECT count(*) FROM connector_tools t WHERE t.connector_id = c.id AND t.is_active) AS "tool_count!"
            FROM connectors c
            WHERE (owner_id IS NULL OR owner_id = $1) AND is_active AND "# + $condition,
            $owner as _,
            $($argument),*
        )
    };
}

pub(super) async fn list(conn: &mut PgConnection, owner: UserId) -> sqlx::Result<Vec<Connector>> {
    connectors!(conn, owner, "true ORDER BY owner_id NULLS LAST, lower(name)",).fetch_all(conn).await
}

pub(super) async fn find(conn: &mut PgConnection, owner: UserId, slug: &str) -> sqlx::Result<Option<Connector>> {
    connectors!(conn, owner, "slug = $2 ORDER BY owner_id NULLS LAST LIMIT 1", slug).fetch_optional(conn).await
}

pub(super) async fn get(conn: &mut PgConnection, owner: UserId, id: ConnectorId) -> sqlx::Result<Option<Connector>> {
    connectors!(conn, owner, "id = $2", id as _).fetch_optional(conn).await
}

pub(super) async fn name_is_taken(conn: &mut PgConnection, owner: UserId, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM connectors WHERE owner_id = $1 AND lower(name) = lower($2)) AS "taken!""#,
        owner as _,
        name,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn slugs_like(conn: &mut PgConnection, owner: UserId, base: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT slug FROM connectors WHERE (owner_id IS NULL OR owner_id = $1) AND starts_with(slug, $2)",
        owner as _,
        base,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectorId,
    slug: &Slug,
    new: &NewConnector,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connectors (id, owner_id, name, slug, description, auth_type, transport, mcp_server_url, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'mcp', $7, $8)
        "#,
        id as _,
        owner as _,
        new.name,
        slug.as_str(),
        new.description,
        if new.needs_key { "api_key" } else { "none" },
        new.url,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn ship(
    conn: &mut PgConnection,
    id: ConnectorId,
    slug: &str,
    name: &str,
    description: &str,
    now: Timestamp,
) -> sqlx::Result<ConnectorId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO connectors (id, visibility, name, slug, description, category, auth_type, transport, created_at)
        VALUES ($1, 'everyone', $2, $3, $4, 'built-in', 'none', 'builtin', $5)
        ON CONFLICT (owner_id, slug) DO UPDATE SET name = EXCLUDED.name, description = EXCLUDED.description
        RETURNING id AS "id: ConnectorId"
        "#,
        id as _,
        name,
        slug,
        description,
        now,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn tools(conn: &mut PgConnection, owner: UserId, connector: ConnectorId) -> sqlx::Result<Vec<Tool>> {
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

macro_rules! versions {
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
                   v.annotations
            FROM connector_tools t
            JOIN connector_tool_versions v ON "# + $condition,
            $owner as _,
            $($argument),*
        )
    };
}

pub(super) async fn current_version(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    tool: &str,
) -> sqlx::Result<Option<ToolVersion>> {
    versions!(
        conn,
        owner,
        "v.id = t.current_version_id
         WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND t.connector_id = $2 AND t.name = $3 AND t.is_active",
        connector as _,
        tool,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn version(
    conn: &mut PgConnection,
    owner: UserId,
    id: ToolVersionId,
) -> sqlx::Result<Option<ToolVersion>> {
    versions!(conn, owner, "v.tool_id = t.id WHERE (t.owner_id IS NULL OR t.owner_id = $1) AND v.id = $2", id as _,)
        .fetch_optional(conn)
        .await
}

pub(super) async fn fingerprints(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"
        SELECT t.id AS "id!: ToolId",
               t.name AS "name!",
               v.definition_hash AS "hash?"
        FROM connector_tools t
        LEFT JOIN connector_tool_versions v ON v.id = t.current_version_id
        WHERE t.owner_id IS NOT DISTINCT FROM $1 AND t.connector_id = $2
        "#,
        owner as _,
        connector as _,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn upsert_tool(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
    id: ToolId,
    tool: &ToolDefinition,
    position: i32,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connector_tools (id, connector_id, owner_id, name, description, schema, source, position, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'mcp', $7, $8)
        ON CONFLICT (connector_id, name) DO UPDATE
        SET description = EXCLUDED.description,
            schema = EXCLUDED.schema,
            position = EXCLUDED.position,
            is_active = true
        "#,
        id as _,
        connector as _,
        owner as _,
        tool.name,
        tool.description.as_deref().unwrap_or_default(),
        tool.input_schema,
        position,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_version(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    tool_id: ToolId,
    id: ToolVersionId,
    tool: &ToolDefinition,
    hash: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH version AS (
            INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, title, description, schema,
                output_schema, annotations, definition_hash, created_at)
            SELECT $1, $2, $3, COALESCE(max(version), 0) + 1, $4, $5, $6, $7, $8, $9, $10
            FROM connector_tool_versions
            WHERE tool_id = $2
            RETURNING id, tool_id
        )
        UPDATE connector_tools
        SET current_version_id = version.id
        FROM version
        WHERE connector_tools.id = version.tool_id AND connector_tools.owner_id IS NOT DISTINCT FROM $3
        "#,
        id as _,
        tool_id as _,
        owner as _,
        tool.title,
        tool.description.as_deref().unwrap_or_default(),
        tool.input_schema,
        tool.output_schema,
        tool.annotations,
        hash,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn hide_unlisted(
    conn: &mut PgConnection,
    owner: Option<UserId>,
    connector: ConnectorId,
    listed: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connector_tools
        SET is_active = false
        WHERE owner_id IS NOT DISTINCT FROM $1 AND connector_id = $2 AND NOT (name = ANY($3)) AND is_active
        "#,
        owner as _,
        connector as _,
        listed,
    )
    .execute(conn)
    .await?;
    Ok(())
}
