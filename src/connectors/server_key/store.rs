//! Statements on the column of `connectors` with the headers of a server.

use serde_json::Value;
use sqlx::PgConnection;

use crate::ids::{ConnectorId, OwnerId};

pub(super) async fn find(conn: &mut PgConnection, owner: OwnerId, id: ConnectorId) -> sqlx::Result<Option<Value>> {
    let found =
        sqlx::query_scalar!("SELECT server_key FROM connectors WHERE id = $1 AND owner_id = $2", id as _, owner as _,);
    Ok(found.fetch_optional(conn).await?.flatten())
}
