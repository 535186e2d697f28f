//! The statements of connections.

pub(super) mod details;
pub(super) mod own;

use sqlx::PgConnection;

use super::status::ConnectionStatus;
use crate::clock::Timestamp;
use crate::ids::{ConnectionId, ConnectorId, UserId};
use crate::vault::SecretRef;

/// A user's link to a connector.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Key.
    pub id: ConnectionId,
    /// Tells several accounts of one service apart.
    pub label: String,
    /// Where it is in its life.
    pub status: ConnectionStatus,
    /// True if calls present a stored credential.
    pub has_secret: bool,
    /// Last call.
    pub last_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The one that is used by default first, then the oldest.
pub(super) async fn of_connector(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
) -> sqlx::Result<Vec<Connection>> {
    sqlx::query_as!(
        Connection,
        r#"
        SELECT id AS "id: ConnectionId",
               label,
               status AS "status: ConnectionStatus",
               secret_ref_access IS NOT NULL AS "has_secret!",
               last_used_at,
               created_at
        FROM user_connections
        WHERE user_id = $1 AND connector_id = $2
        ORDER BY is_default DESC, id
        "#,
        owner as _,
        connector as _,
    )
    .fetch_all(conn)
    .await
}

/// A service that a user is linked to, by its names.
#[derive(Clone, Debug)]
pub struct LinkedConnector {
    /// The service.
    pub id: ConnectorId,
    /// What people call it.
    pub name: String,
    /// Its place in URLs.
    pub slug: String,
}

pub(super) async fn linked(conn: &mut PgConnection, owner: UserId, most: i64) -> sqlx::Result<Vec<LinkedConnector>> {
    sqlx::query_as!(
        LinkedConnector,
        r#"
        SELECT DISTINCT c.id AS "id: ConnectorId",
               c.name,
               c.slug
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.user_id = $1
        ORDER BY c.name, c.slug
        LIMIT $2
        "#,
        owner as _,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Returns the id that holds the label: the new one, or that of whoever was first.
pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    connector: ConnectorId,
    label: &str,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> sqlx::Result<ConnectionId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO user_connections (user_id, id, connector_id, label, status, secret_ref_access, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $6, $6)
        -- an update that changes nothing, so that the row of whoever was first is returned
        ON CONFLICT (user_id, connector_id, label) WHERE status <> 'revoked' DO UPDATE SET label = EXCLUDED.label
        RETURNING id AS "id: ConnectionId"
        "#,
        owner as _,
        id as _,
        connector as _,
        label,
        secret as _,
        now,
    )
    .fetch_one(conn)
    .await
}
