//! Two connections of one user to one account of a service: both work, and are rarely combine meant.

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::error::Result;
use crate::ids::ConnectionId;

/// The label of another of the actor's connections that leads to the same account as this one; in the caller's transaction.
pub async fn twin(conn: &mut PgConnection, actor: &Actor, id: ConnectionId) -> Result<Option<String>> {
    let label = sqlx::query_scalar!(
        r#"
        SELECT o.label
        FROM user_connections u
        JOIN user_connections o ON o.user_id = u.user_id AND o.connector_id = u.connector_id AND o.external_id = u.external_id
        WHERE u.user_id = $1 AND u.id = $2 AND o.id <> u.id AND o.status <> 'revoked'
        ORDER BY o.id
        LIMIT 1
        "#,
        actor.user_id() as _,
        id as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(label)
}
