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
    pub(super) hash: Option<Vec<u8>>,
    pub(super) is_active: bool,
}

pub(super) async fn list_stored(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
) -> sqlx::Result<Vec<StoredTool>> {
    sqlx::query_as!(
        StoredTool,
        r#"
        SELECT t.id AS "id!: ToolId",
               t.name AS "name!",
               v.definition_hash AS "hash?",
               t.is_active AS "is_active!"
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
    let descriptions: Vec<_> = tools.iter().map(|tool| description(tool.definition)).collect();
    // as text: a jsonb parameter loses the order of the properties, and so of the form's fields
    let schemas: Vec<_> = tools.iter().map(|tool| tool.definition.input_schema.to_string()).collect();
    sqlx::query!(
        r#"
        INSERT INTO connector_tools (id, connector_id, owner_id, name, description, schema, position, created_at)
        SELECT listed.id, $1, $2, listed.name, listed.description, listed.schema::json, listed.position, $3
        FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[])
            WITH ORDINALITY AS listed (id, name, description, schema, position)
        ON CONFLICT (owner_id, connector_id, name) DO UPDATE
        SET description = EXCLUDED.description,
            schema = EXCLUDED.schema,
            position = EXCLUDED.position,
            returned_at = CASE WHEN connector_tools.is_active THEN connector_tools.returned_at ELSE EXCLUDED.created_at END,
            removed_at = NULL,
            is_active = true
        "#,
        connector as _,
        owner as _,
        now,
        &ids,
        &names,
        &descriptions,
        &schemas,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new definition of a stored tool.
pub(super) struct NewVersion<'a> {
    pub(super) tool: ToolId,
    pub(super) definition: &'a ToolDefinition,
    pub(super) hash: Vec<u8>,
}

/// Inserts each definition as the next version of its tool, and makes it current. A tool occurs once in `new`.
pub(super) async fn insert_versions(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    new: &[NewVersion<'_>],
    now: Timestamp,
) -> sqlx::Result<()> {
    let json = |value: Option<&Value>| value.map(Value::to_string);
    let ids: Vec<_> = new.iter().map(|_| ToolVersionId::new(now).uuid()).collect();
    let tools: Vec<_> = new.iter().map(|version| version.tool.uuid()).collect();
    let titles: Vec<_> = new.iter().map(|version| version.definition.title.clone()).collect();
    let descriptions: Vec<_> = new.iter().map(|version| description(version.definition)).collect();
    let schemas: Vec<_> = new.iter().map(|version| version.definition.input_schema.to_string()).collect();
    let outputs: Vec<_> = new.iter().map(|version| json(version.definition.output_schema.as_ref())).collect();
    let hints: Vec<_> = new.iter().map(|version| json(version.definition.annotations.as_ref())).collect();
    let hashes: Vec<_> = new.iter().map(|version| version.hash.clone()).collect();
    sqlx::query!(
        r#"
        WITH added AS (
            INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, title, description, schema,
                output_schema, annotations, definition_hash, created_at)
            SELECT new.id, new.tool_id, $1, (
                    SELECT COALESCE(max(old.version), 0) + 1
                    FROM connector_tool_versions old
                    WHERE old.tool_id = new.tool_id
                ), new.title, new.description, new.schema::json, new.output::json, new.hints::json, new.hash, $2
            FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[])
                AS new (id, tool_id, title, description, schema, output, hints, hash)
            RETURNING id, tool_id
        )
        UPDATE connector_tools
        SET current_version_id = added.id
        FROM added
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
        &hashes,
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
