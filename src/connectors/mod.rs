//! Services the hub can reach, and their tools.
//!
//! A connector is shipped (no owner, seen by all) or added by a user (seen by them alone). A tool's definition is
//! immutable: a changed one is a new version, and a job names the version it runs.

mod auth_kinds;
mod changes;
mod compare;
mod definition;
mod discoveries;
mod service;
mod shipped;
mod slug;
mod store;
mod tools;
mod versions;
mod visibility;

pub use auth_kinds::{AuthKind, Category};
pub use changes::{Added, ChangedTool, Changes, changes};
pub use compare::{Described, Part, compare};
pub use definition::Effect;
pub use discoveries::{claim_discovery, mark_tools_changed, record_discovery_failure, store_tools};
pub use service::{descriptor, of_provider};
pub use shipped::{Account, Api, Check, Descriptor, Fault, Field, FieldKind, Key, Shipped, shipped};
pub use slug::Slug;
pub use store::{Connector, Transport};
pub use tools::{Tool, ToolVersion};
pub use versions::Changed;
pub use visibility::Visibility;

use anyhow::Context;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, OnConstraint, SystemDb, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, ToolVersionId};
use crate::oauth::Provider;
use crate::upstream::ToolDefinition;

/// A connector that a user adds by its URL.
#[derive(Clone, Debug)]
pub struct NewConnector {
    /// What to call it.
    pub name: String,
    /// What it is for, as the server says.
    pub description: String,
    /// Where its MCP server answers.
    pub url: String,
    /// How one connects.
    pub auth: AuthKind,
    /// How its provider does OAuth, if one signs in there.
    pub provider: Option<Provider>,
}

/// The connector at this place in the URL space: one's own is found before a shipped one.
pub async fn find(db: &Db, actor: &Actor, slug: &str) -> Result<Connector> {
    let mut tx = db.as_user(actor).await?;
    find_by_slug(&mut tx, actor, slug).await?.ok_or(Error::NotFound("connector"))
}

/// The connector at this place, if there is one, in the caller's transaction.
pub async fn find_by_slug(conn: &mut PgConnection, actor: &Actor, slug: &str) -> Result<Option<Connector>> {
    Ok(store::find(conn, actor.user_id(), slug).await?)
}

/// The connector's tools that its server lists now, in the server's order.
pub async fn tools(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<Vec<Tool>> {
    let mut tx = db.as_user(actor).await?;
    Ok(tools::list(&mut tx, actor.user_id(), connector).await?)
}

/// A tool's current version, by the names in its URL; also of one that is no longer listed, which then says so.
pub async fn find_tool(db: &Db, actor: &Actor, slug: &str, tool: &str) -> Result<(Connector, ToolVersion)> {
    let mut tx = db.as_user(actor).await?;
    let connector = store::find(&mut tx, actor.user_id(), slug).await?.ok_or(Error::NotFound("connector"))?;
    let version = tools::current_version(&mut tx, actor.user_id(), connector.id, tool).await?;
    Ok((connector, version.ok_or(Error::NotFound("tool"))?))
}

/// Any version of a tool that the actor may see: what a job ran.
pub async fn version(conn: &mut PgConnection, actor: &Actor, id: ToolVersionId) -> Result<ToolVersion> {
    tools::version(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("tool version"))
}

/// The connector with this id, if the actor may see it.
pub async fn get(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Connector> {
    store::get(conn, actor.user_id(), id).await?.ok_or(Error::NotFound("connector"))
}

/// Adds a connector with the tools its server listed (none: it tells nobody before they have signed in), in the caller's
/// transaction. Its name must be new to the actor.
pub async fn add(
    tx: &mut Tx,
    actor: &Actor,
    new: &NewConnector,
    tools: Option<&[ToolDefinition]>,
    now: Timestamp,
) -> Result<Connector> {
    let taken =
        || Error::field("name", format!("You already have a connector called “{}”. Choose another name", new.name));
    // the same form sent twice at once: the second finds the first one's name, as the place was chosen before it looked,
    // or its place taken
    let slug = slug::free(tx, actor.user_id(), &new.name).await?;
    if store::name_is_taken(tx, actor.user_id(), &new.name).await? {
        return Err(taken());
    }
    let id = ConnectorId::new(now);
    let provider = new.provider.as_ref().map(as_json).transpose()?;
    let stored = store::insert(tx, actor.user_id(), id, &slug, new, provider, now).await;
    stored.on_constraint("connectors_owner_id_slug_key", taken)?;
    audit::record(
        tx,
        actor,
        &Action::ConnectorAdded { connector: id, name: new.name.clone(), url: new.url.clone() },
        now,
    )
    .await?;
    if let Some(tools) = tools {
        let changed = versions::save(tx, Some(actor.user_id()), id, tools, now).await?;
        audit::record(tx, actor, &changed.as_action(id, tools.len()), now).await?;
    }
    get(tx, actor, id).await
}

/// How the connector's provider does OAuth, if one signs in there.
pub async fn provider(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<Provider>> {
    let stored = store::provider(conn, actor.user_id(), id).await?.flatten();
    let read = stored.map(serde_json::from_value).transpose();
    Ok(read.context("the description of a provider cannot be read")?)
}

/// Makes the actor's own connector, which asked for nothing so far, one that is signed in to, in the caller's transaction;
/// false if it is none.
pub async fn require_sign_in(
    conn: &mut PgConnection,
    actor: &Actor,
    id: ConnectorId,
    provider: &Provider,
) -> Result<bool> {
    Ok(store::require_sign_in(conn, actor.user_id(), id, &as_json(provider)?).await?)
}

fn as_json(provider: &Provider) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(provider).context("the description of a provider cannot be written")?)
}

/// Makes the stored connectors what their files say, at start; `builtin` are the tools of what is built in. One whose
/// file is gone is hidden, so that its jobs can still be read.
pub async fn ship(system: &SystemDb, shipped: &[Shipped], builtin: &[ToolDefinition], now: Timestamp) -> Result<()> {
    let mut tx = system.begin().await?;
    for connector in shipped {
        let said = service::store::Said::of(connector)?;
        let id = service::store::ship(&mut tx, ConnectorId::new(now), connector, &said, now).await?;
        if connector.transport == Transport::Builtin {
            versions::save(&mut tx, None, id, builtin, now).await?;
        }
    }
    let slugs: Vec<_> = shipped.iter().map(|connector| connector.slug.as_str().to_owned()).collect();
    service::store::hide_unshipped(&mut tx, &slugs).await?;
    Ok(tx.commit().await?)
}
