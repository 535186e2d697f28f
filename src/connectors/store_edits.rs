//! Statements by which owners change the connectors that they added. None of them touches a shipped connector, or one that
//! was removed.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId};

/// A connector whose row is locked until the transaction ends.
pub(super) struct OwnConnector {
    pub(super) name: String,
    pub(super) url: String,
}

pub(super) async fn lock(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
) -> sqlx::Result<Option<OwnConnector>> {
    sqlx::query_as!(
        OwnConnector,
        r#"
        SELECT name, mcp_server_url AS "url!"
        FROM connectors
        WHERE owner_id = $1 AND id = $2 AND transport = 'mcp' AND is_active
        FOR UPDATE
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn rename(conn: &mut PgConnection, owner: OwnerId, id: ConnectorId, name: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE connectors SET name = $3 WHERE owner_id = $1 AND id = $2", owner as _, id as _, name)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn change_url(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    url: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE connectors SET mcp_server_url = $3 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        url,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hides a connector with its tools, and frees its slug.
pub(super) async fn remove(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    slug: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH tools AS (
            UPDATE connector_tools
            SET is_active = false, removed_at = $4
            WHERE owner_id = $1 AND connector_id = $2 AND is_active
        )
        UPDATE connectors SET is_active = false, slug = $3 WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        slug,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
