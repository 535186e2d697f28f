//! Connections that cannot be used until their owner acts.

use sqlx::PgConnection;

use super::status::ConnectionStatus;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::ConnectionId;

/// More are not told one by one.
const MOST: i64 = 20;

/// A connection that cannot be used until its owner acts.
#[derive(Clone, Debug)]
pub struct ConnectionProblem {
    /// Key.
    pub id: ConnectionId,
    /// The service's name.
    pub connector: String,
    /// Tells several accounts of one service apart.
    pub label: String,
    /// Where it is in its life.
    pub status: ConnectionStatus,
    /// The cause in words, if it is known.
    pub cause: Option<String>,
}

/// The actor's connections that need them, longest first, in the caller's transaction.
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
          -- one that its owner has disconnected does not need them; one that its service has, does
          AND (u.status IN ('expired', 'error') OR u.health = 'by_provider')
          AND c.is_active
        ORDER BY u.updated_at, u.id
        LIMIT $2
        "#,
        actor.user_id() as _,
        MOST,
    )
    .fetch_all(conn)
    .await?;
    Ok(problems)
}
