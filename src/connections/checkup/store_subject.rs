//! The statement that reads the connection of a check-up.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::connectors::{AuthKind, Transport};
use crate::ids::{ConnectionId, ConnectorId, OwnerId};
use crate::upstream::Server;

/// A connection that is checked, with its connector.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) id: ConnectionId,
    pub(super) connector_id: ConnectorId,
    /// The connector's name.
    pub(super) service: String,
    pub(super) transport: Transport,
    pub(super) auth: AuthKind,
    pub(super) url: Option<String>,
    pub(super) key_header: Option<String>,
    pub(super) status: ConnectionStatus,
    pub(super) health: ConnectionHealth,
    pub(super) last_error: Option<String>,
    pub(super) version: i32,
    pub(super) can_be_refreshed: bool,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) requested: Vec<String>,
    pub(super) granted: Vec<String>,
    /// The stored values: entered ones, and those that came with the grant.
    pub(super) captured: Option<Value>,
}

impl Subject {
    /// Returns the MCP server, if there is one.
    pub(super) fn server(&self) -> Option<Server> {
        Server::from_stored(self.url.as_deref(), self.key_header.as_deref())
    }
}

pub(super) async fn find(conn: &mut PgConnection, owner: OwnerId, id: ConnectionId) -> sqlx::Result<Option<Subject>> {
    sqlx::query_as!(
        Subject,
        r#"
        SELECT u.id AS "id: ConnectionId",
               u.connector_id AS "connector_id: ConnectorId",
               c.name AS service,
               c.transport AS "transport: Transport",
               c.auth_type AS "auth: AuthKind",
               c.mcp_server_url AS url,
               CASE WHEN c.transport = 'mcp' THEN c.auth_style ->> 'name' END AS key_header,
               u.status AS "status: ConnectionStatus",
               u.health AS "health: ConnectionHealth",
               u.last_error,
               u.version,
               u.secret_ref_refresh IS NOT NULL AS "can_be_refreshed!",
               u.expires_at,
               u.requested_scopes || ARRAY(
                   SELECT unnest(t.requested_scopes)
                   FROM connection_tokens t
                   WHERE t.owner_id = u.owner_id AND t.connection_id = u.id
               ) AS "requested!",
               u.scopes || ARRAY(
                   SELECT unnest(t.scopes)
                   FROM connection_tokens t
                   WHERE t.owner_id = u.owner_id AND t.connection_id = u.id
               ) AS "granted!",
               u.captured
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.owner_id = $1 AND u.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}
