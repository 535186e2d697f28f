//! Records of tool discovery: when it ran, how it failed, and that a server announced changes.
//!
//! Each owner discovers the tools of a server for themselves, also at a connector that is shipped with the hub.
//!
//! A discovery is claimed for an interval before the server is called. Discoveries therefore neither overlap nor follow
//! each other too fast. A failed discovery leaves the tools unchanged.

use std::time::Duration;

use sqlx::PgConnection;

use super::store_discoveries as store;
use super::versions::{self, ToolChangeCounts};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::ConnectorId;
use crate::upstream::{Discovery, ProtocolEra, ServerImage};

/// Claims a discovery. Returns `false` if one ran less than `interval` ago.
pub async fn claim_discovery(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    interval: Duration,
    now: Timestamp,
) -> Result<bool> {
    Ok(store::claim(conn, actor.owner_id(), connector, interval, now).await?)
}

/// Stores the tools that a discovery found, in the caller's transaction.
pub async fn store_tools(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    found: &Discovery,
    now: Timestamp,
) -> Result<ToolChangeCounts> {
    let changed = versions::save(tx, Some(actor.owner_id()), connector, &found.tools, now).await?;
    let has_changes = !changed.is_empty() && !changed.is_first;
    store::record(tx, actor.owner_id(), connector, has_changes, found.era, now).await?;
    store_image(tx, actor, connector, &found.image).await?;
    audit::record(tx, actor, &changed.as_action(connector, found.tools.len()), now).await?;
    Ok(changed)
}

/// Stores the image of a server. One that cannot be read now leaves the former.
pub(super) async fn store_image(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    image: &ServerImage,
) -> Result<()> {
    let png = match image {
        ServerImage::None => None,
        ServerImage::Png(png) => Some(png.as_slice()),
        ServerImage::Unreadable => return Ok(()),
    };
    Ok(store::record_image(conn, actor.owner_id(), connector, png).await?)
}

/// Returns the image of the connector's server as a PNG, if this is its digest.
///
/// # Errors
/// [`Error::NotFound`] if the actor knows no such image.
pub async fn find_image(tx: &mut Tx, actor: &Actor, connector: ConnectorId, digest: &str) -> Result<Vec<u8>> {
    store::image(tx, actor.owner_id(), connector, digest).await?.ok_or(Error::NotFound("image"))
}

/// Stores the era that a call found its server in.
pub async fn record_era(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    era: Option<ProtocolEra>,
) -> Result<()> {
    Ok(store::update_era(conn, actor.owner_id(), connector, era).await?)
}

/// Records that a discovery failed, in the caller's transaction.
pub async fn record_discovery_failure(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    class: &'static str,
    message: &str,
    now: Timestamp,
) -> Result<()> {
    store::record_error(tx, actor.owner_id(), connector, message, now).await?;
    let failed = Action::DiscoveryFailed { connector, class, message: message.to_owned() };
    audit::record(tx, actor, &failed, now).await
}

/// Records that the server announced changed tools.
pub async fn mark_tools_changed(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    now: Timestamp,
) -> Result<()> {
    Ok(store::mark_change_announced(conn, actor.owner_id(), connector, now).await?)
}
