//! The store of `saved_inputs`. Every statement of a person names them and the owner in whose space they act.

use sqlx::PgConnection;

use super::{ListedInput, MAX_SAVED_INPUTS, NewInput, SavedInput, ToolRef};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId, SavedInputId};

pub(super) async fn list(conn: &mut PgConnection, actor: &Actor, tool: ToolRef<'_>) -> sqlx::Result<Vec<ListedInput>> {
    sqlx::query_as!(
        ListedInput,
        r#"
        SELECT id AS "id: SavedInputId", name, saved_at
        FROM saved_inputs
        WHERE owner_id = $1 AND user_id = $2 AND connector_id = $3 AND tool_name = $4
        ORDER BY lower(name)
        LIMIT $5
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        tool.connector as _,
        tool.name,
        i64::try_from(MAX_SAVED_INPUTS).unwrap_or(i64::MAX),
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn find(
    conn: &mut PgConnection,
    actor: &Actor,
    tool: ToolRef<'_>,
    id: SavedInputId,
) -> sqlx::Result<Option<SavedInput>> {
    sqlx::query_as!(
        SavedInput,
        r#"
        SELECT id AS "id: SavedInputId", name, tool_version_id AS "tool_version_id: _", input, saved_at
        FROM saved_inputs
        WHERE owner_id = $1 AND user_id = $2 AND connector_id = $3 AND tool_name = $4 AND id = $5
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        tool.connector as _,
        tool.name,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    tool: ToolRef<'_>,
    id: SavedInputId,
    (new, now): (NewInput<'_>, Timestamp),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO saved_inputs
            (owner_id, id, user_id, connector_id, tool_name, tool_version_id, name, input, saved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        actor.owner_id() as _,
        id as _,
        actor.user_id() as _,
        tool.connector as _,
        tool.name,
        new.tool_version_id as _,
        new.name,
        new.input,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the values under a name, and returns their key; `None` if there are none.
pub(super) async fn replace(
    conn: &mut PgConnection,
    actor: &Actor,
    tool: ToolRef<'_>,
    new: NewInput<'_>,
    now: Timestamp,
) -> sqlx::Result<Option<SavedInputId>> {
    sqlx::query_scalar!(
        r#"
        UPDATE saved_inputs
        SET name = $5, tool_version_id = $6, input = $7, saved_at = $8
        WHERE owner_id = $1 AND user_id = $2 AND connector_id = $3 AND tool_name = $4 AND lower(name) = lower($5)
        RETURNING id AS "id: SavedInputId"
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        tool.connector as _,
        tool.name,
        new.name,
        new.tool_version_id as _,
        new.input,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn delete(
    conn: &mut PgConnection,
    actor: &Actor,
    tool: ToolRef<'_>,
    id: SavedInputId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        DELETE FROM saved_inputs
        WHERE owner_id = $1 AND user_id = $2 AND connector_id = $3 AND tool_name = $4 AND id = $5
        RETURNING name
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        tool.connector as _,
        tool.name,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn delete_of_connector(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM saved_inputs WHERE owner_id = $1 AND connector_id = $2", owner as _, connector as _)
        .execute(conn)
        .await?;
    Ok(())
}
