//! Connections that cannot be used until their owner acts.

use sqlx::PgConnection;

use super::status::ConnectionStatus;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::ConnectionId;

/// Connections in one list.
const MAX_PROBLEMS: i64 = 20;

/// A connection that cannot be used until its owner acts.
#[derive(Clone, Debug)]
pub struct ConnectionProblem {
    /// Key.
    pub id: ConnectionId,
    /// Name of the connector.
    pub connector: String,
    /// The owner's label for the account.
    pub label: String,
    /// Expired, error, or revoked by the provider.
    pub status: ConnectionStatus,
    /// Reason in words, if it is known.
    pub cause: Option<String>,
}

/// Lists the actor's connections that need them, the longest waiting first, in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<ConnectionProblem>> {
    let problems = sqlx::query_as!(
        ConnectionProblem,
        r#"
        SELECT u.id AS "id: ConnectionId",
               c.name AS connector,
               u.label,
               u.status AS "status: ConnectionStatus",
               COALESCE(u.reason, u.last_error) AS cause
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.user_id = $1
          -- a connection that its owner has disconnected is no problem; one that the provider has revoked is
          AND (u.status IN ('expired', 'error') OR u.health = 'by_provider')
          AND c.is_active
        ORDER BY u.updated_at, u.id
        LIMIT $2
        "#,
        actor.user_id() as _,
        MAX_PROBLEMS,
    )
    .fetch_all(conn)
    .await?;
    Ok(problems)
}
