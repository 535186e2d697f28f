//! The form of a key: of a shipped service, or of a server that an owner added.

use anyhow::Context;
use sqlx::PgConnection;

use super::{ServerKey, store};
use crate::actor::Actor;
use crate::connectors::{Descriptor, descriptor};
use crate::error::Result;
use crate::ids::ConnectorId;

/// The description of a form that asks for a key.
#[derive(Clone, Debug)]
pub enum KeyForm {
    /// A REST service of the catalogue.
    Service(Box<Descriptor>),
    /// An MCP server with headers.
    Server(ServerKey),
}

/// Returns the form that asks for the key of a connector; `None` if it takes none.
pub async fn key_form(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<KeyForm>> {
    if let Some(descriptor) = descriptor(conn, actor, id).await? {
        return Ok(Some(KeyForm::Service(Box::new(descriptor))));
    }
    Ok(server_key(conn, actor, id).await?.map(KeyForm::Server))
}

/// Returns the headers that an MCP server asks for; `None` if it takes a bearer token or nothing.
pub async fn server_key(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<ServerKey>> {
    let stored = store::find(conn, actor.owner_id(), id).await?;
    let parsed = stored.map(serde_json::from_value).transpose();
    Ok(parsed.context("the headers of a server cannot be read")?)
}
