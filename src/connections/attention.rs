//! Connections that cannot be used until their owner acts. Called by the dashboard.

use sqlx::PgConnection;

use super::store_details;
pub use super::store_details::ConnectionProblem;
use crate::actor::Actor;
use crate::error::Result;

/// Connections in one list.
const MAX_PROBLEMS: i64 = 20;

/// Lists the actor's connections that need them, the longest waiting first, in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<ConnectionProblem>> {
    Ok(store_details::list_problems(conn, actor.owner_id(), MAX_PROBLEMS).await?)
}
