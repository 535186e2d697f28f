//! Statements on the descriptions of the providers at which users sign in.

use serde_json::Value;
use sqlx::PgConnection;

use crate::ids::{ConnectorId, OwnerId};

pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
) -> sqlx::Result<Option<Option<Value>>> {
    sqlx::query_scalar!(
        r#"
        SELECT COALESCE(d.oauth_config, c.oauth_config)
        FROM connectors c
        LEFT JOIN connector_discoveries d ON d.owner_id = $1 AND d.connector_id = c.id
        WHERE (c.owner_id IS NULL OR c.owner_id = $1) AND c.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn require_sign_in(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    provider: &Value,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        r#"
        UPDATE connectors
        SET auth_type = 'oauth', oauth_config = $3
        WHERE owner_id = $1 AND id = $2 AND auth_type = 'none'
        "#,
        owner as _,
        id as _,
        provider,
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Replaces the owner's description of the provider of a shipped MCP server. Returns `false` for any other connector.
pub(super) async fn replace_discovered(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    provider: &Value,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        r#"
        INSERT INTO connector_discoveries (owner_id, connector_id, oauth_config)
        SELECT $1, id, $3
        FROM connectors
        WHERE owner_id IS NULL AND id = $2 AND auth_type = 'oauth' AND transport = 'mcp'
        ON CONFLICT (owner_id, connector_id) DO UPDATE SET oauth_config = EXCLUDED.oauth_config
        "#,
        owner as _,
        id as _,
        provider,
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Replaces the description of the provider of an own connector. Returns `false` if that is no connector with a sign-in.
pub(super) async fn replace(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    provider: &Value,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE connectors SET oauth_config = $3 WHERE owner_id = $1 AND id = $2 AND auth_type = 'oauth'",
        owner as _,
        id as _,
        provider,
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}
