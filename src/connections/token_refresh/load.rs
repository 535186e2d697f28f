//! Step 1, load: reads the state of a connection's credential.

use sqlx::PgConnection;

use super::connection_token::ConnectionToken;
use super::state::RefreshState;
use super::{store_connections, store_tokens};
use crate::actor::Actor;
use crate::connectors;
use crate::error::{Error, Result};
use crate::ids::OwnerId;

/// Reads a token of a connection without a lock.
pub(super) async fn load(conn: &mut PgConnection, actor: &Actor, token: &ConnectionToken) -> Result<RefreshState> {
    let mut state = find(conn, actor.owner_id(), token).await?.ok_or(Error::NotFound("connection"))?;
    if state.is_missing() && state.reason.is_none() {
        state.reason = Some(format!("Not granted: {}", describe_token(conn, actor, &state).await?));
    }
    Ok(state)
}

/// Reads a token of a connection without a lock; `None` if there is no such connection.
pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    token: &ConnectionToken,
) -> sqlx::Result<Option<RefreshState>> {
    match &token.name {
        None => store_connections::find(conn, owner, token.connection).await,
        Some(name) => store_tokens::find(conn, owner, token.connection, name).await,
    }
}

/// Describes what a further token permits.
pub(super) async fn describe_token(conn: &mut PgConnection, actor: &Actor, state: &RefreshState) -> Result<String> {
    let provider = connectors::provider(conn, actor, state.connector_id).await?;
    let name = state.token.as_deref().unwrap_or_default();
    let described = provider.as_ref().and_then(|it| it.tokens.get(name));
    Ok(described.map_or_else(|| name.to_owned(), |it| it.in_words(&it.scopes)))
}
