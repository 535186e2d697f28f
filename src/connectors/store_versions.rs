//! Statements on `connector_tools` and `connector_tool_versions` that store what a server lists. Called by `versions`.
//! `owner` is whose discovery found the tools; `None` for tools that come with the hub.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId, ToolId, ToolVersionId};
use crate::upstream::ToolDefinition;

/// A stored tool, for comparison with the tool that its server lists.
pub(super) struct StoredTool {
    pub(super) id: ToolId,
    pub(super) name: String,
    pub(super) is_active: bool,
    pub(super) current: Option<StoredVersion>,
    pub(super) pending: Option<StoredVersion>,
}

/// A stored version.
pub(super) struct StoredVersion {
    pub(super) id: ToolVersionId,
    pub(super) hash: Vec<u8>,
}

pub(super) async fn list_stored(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
) -> sqlx::Result<Vec<StoredTool>> {
    let rows = sqlx::query!(
        r#"
        SELECT t.id AS "id!: ToolId",
               t.name AS "name!",
               t.is_active AS "is_active!",
               c.id AS "current_id?: ToolVersionId",
               c.definition_hash AS "current_hash?",
               p.id AS "pending_id?: ToolVersionId",
               p.definition_hash AS "pending_hash?"
        FROM connector_tools t
        LEFT JOIN connector_tool_versions c ON c.id = t.current_version_id
        LEFT JOIN connector_tool_versions p ON p.id = t.pending_version_id
        WHERE t.owner_id IS NOT DISTINCT FROM $1 AND t.connector_id = $2
        -- so that nobody accepts a version meanwhile
        FOR UPDATE OF t
        "#,
        owner as _,
        connector as _,
    )
    .fetch_all(conn)
    .await?;
    let version = |id: Option<ToolVersionId>, hash: Option<Vec<u8>>| Some(StoredVersion { id: id?, hash: hash? });
    let tools = rows.into_iter().map(|row| StoredTool {
        id: row.id,
        name: row.name,
        is_active: row.is_active,
        current: version(row.current_id, row.current_hash),
        pending: version(row.pending_id, row.pending_hash),
    });
    Ok(tools.collect())
}

/// Returns the definitions of these versions, each as its server wrote it.
pub(super) async fn list_definitions(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    versions: &[ToolVersionId],
) -> sqlx::Result<Vec<(ToolVersionId, ToolDefinition)>> {
    let ids: Vec<_> = versions.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        SELECT v.id AS "id!: ToolVersionId",
               t.name,
               v.title,
               v.description,
               v.schema,
               v.output_schema,
               v.annotations
        FROM connector_tool_versions v
        JOIN connector_tools t ON t.id = v.tool_id
        WHERE v.owner_id IS NOT DISTINCT FROM $1 AND v.id = ANY($2::uuid[])
        "#,
        owner as _,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let definitions = rows.into_iter().map(|row| {
        let definition = ToolDefinition {
            name: row.name,
            title: row.title,
            description: Some(row.description),
            input_schema: row.schema,
            output_schema: row.output_schema,
            annotations: row.annotations,
        };
        (row.id, definition)
    });
    Ok(definitions.collect())
}

/// A tool that the server lists, with its stored or new id.
pub(super) struct ListedTool<'a> {
    pub(super) id: ToolId,
    pub(super) definition: &'a ToolDefinition,
}

/// Inserts or updates the listed tools in one statement. Names are unique in `tools`.
pub(super) async fn upsert(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
    tools: &[ListedTool<'_>],
    now: Timestamp,
) -> sqlx::Result<()> {
    let ids: Vec<_> = tools.iter().map(|tool| tool.id.uuid()).collect();
    let names: Vec<_> = tools.iter().map(|tool| tool.definition.name.clone()).collect();
    sqlx::query!(
        r#"
        INSERT INTO connector_tools (id, connector_id, owner_id, name, position, created_at)
        SELECT listed.id, $1, $2, listed.name, listed.position, $3
        FROM unnest($4::uuid[], $5::text[]) WITH ORDINALITY AS listed (id, name, position)
        ON CONFLICT (owner_id, connector_id, name) DO UPDATE
        SET position = EXCLUDED.position,
            returned_at = CASE WHEN connector_tools.is_active THEN connector_tools.returned_at ELSE EXCLUDED.created_at END,
            removed_at = NULL,
            is_active = true
        "#,
        connector as _,
        owner as _,
        now,
        &ids,
        &names,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new definition of a stored tool.
pub(super) struct NewVersion<'a> {
    pub(super) tool: ToolId,
    pub(super) definition: &'a ToolDefinition,
    pub(super) request: Option<&'a Value>,
    pub(super) hash: Vec<u8>,
    /// The version waits until its owner accepts it.
    pub(super) is_held: bool,
}

/// Inserts each definition as the next version of its tool, and makes it current, or pending if it is held back. A tool occurs once
/// in `new`.
pub(super) async fn insert_versions(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    new: &[NewVersion<'_>],
    now: Timestamp,
) -> sqlx::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let json = |value: Option<&Value>| value.map(Value::to_string);
    let ids: Vec<_> = new.iter().map(|_| ToolVersionId::new(now).uuid()).collect();
    let tools: Vec<_> = new.iter().map(|version| version.tool.uuid()).collect();
    let held: Vec<_> = new.iter().map(|version| version.is_held).collect();
    let titles: Vec<_> = new.iter().map(|version| version.definition.title.clone()).collect();
    let descriptions: Vec<_> = new.iter().map(|version| description(version.definition)).collect();
    // as text: a jsonb parameter loses the order of the properties, and so of the form's fields
    let schemas: Vec<_> = new.iter().map(|version| version.definition.input_schema.to_string()).collect();
    let outputs: Vec<_> = new.iter().map(|version| json(version.definition.output_schema.as_ref())).collect();
    let hints: Vec<_> = new.iter().map(|version| json(version.definition.annotations.as_ref())).collect();
    let requests: Vec<_> = new.iter().map(|version| json(version.request)).collect();
    let hashes: Vec<_> = new.iter().map(|version| version.hash.clone()).collect();
    sqlx::query!(
        r#"
        WITH added AS (
            INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, title, description, schema,
                output_schema, annotations, request_mapping, definition_hash, created_at)
            SELECT new.id, new.tool_id, $1, (
                    SELECT COALESCE(max(old.version), 0) + 1
                    FROM connector_tool_versions old
                    WHERE old.tool_id = new.tool_id
                ), new.title, new.description, new.schema::json, new.output::json, new.hints::json, new.request::json, new.hash, $2
            FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[])
                AS new (id, tool_id, title, description, schema, output, hints, request, hash)
            RETURNING id, tool_id
        )
        UPDATE connector_tools
        SET current_version_id = CASE WHEN new.is_held THEN current_version_id ELSE added.id END,
            pending_version_id = CASE WHEN new.is_held THEN added.id END
        FROM added
        JOIN unnest($4::uuid[], $12::boolean[]) AS new (tool_id, is_held) ON new.tool_id = added.tool_id
        WHERE connector_tools.id = added.tool_id AND connector_tools.owner_id IS NOT DISTINCT FROM $1
        "#,
        owner as _,
        now,
        &ids,
        &tools,
        &titles as _,
        &descriptions,
        &schemas,
        &outputs as _,
        &hints as _,
        &requests as _,
        &hashes,
        &held,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the pending versions of these tools: their server offers the current ones again.
pub(super) async fn withdraw_pending(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    tools: &[ToolId],
) -> sqlx::Result<()> {
    if tools.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = tools.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        r#"
        UPDATE connector_tools
        SET pending_version_id = NULL
        WHERE owner_id IS NOT DISTINCT FROM $1 AND id = ANY($2::uuid[])
        "#,
        owner as _,
        &ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hides tools that are not among `listed`. Returns the number of hidden tools.
pub(super) async fn hide_unlisted(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
    listed: &[String],
    now: Timestamp,
) -> sqlx::Result<usize> {
    let hidden = sqlx::query!(
        r#"
        UPDATE connector_tools
        SET is_active = false, removed_at = $4
        WHERE owner_id IS NOT DISTINCT FROM $1 AND connector_id = $2 AND NOT (name = ANY($3)) AND is_active
        "#,
        owner as _,
        connector as _,
        listed,
        now,
    )
    .execute(conn)
    .await?;
    Ok(usize::try_from(hidden.rows_affected()).unwrap_or(usize::MAX))
}

fn description(tool: &ToolDefinition) -> String {
    tool.description.clone().unwrap_or_default()
}
