//! Connectors: descriptions of services that the hub can call, and their tools.
//!
//! A connector is shipped (without owner, visible to all users) or added by a user (visible to them only). Tools that come with
//! the hub have no owner; tools that a discovery finds at a server belong to the owner who discovered them. A tool version
//! is immutable: a changed tool gets a new version, and a job names the version that it runs.
//!
//! Pages read connectors here, `connections` adds servers and stores what a discovery found, and `serve` ships connectors at
//! start. This module calls no server and knows no credential; `connections` and `upstream` do.

mod auth_kinds;
mod changed_texts;
mod changes;
mod compare;
mod definition;
mod discoveries;
mod edits;
mod server_key;
mod service;
mod shipped;
mod slug;
mod store;
mod store_changes;
mod store_discoveries;
mod store_edits;
mod store_providers;
mod store_tools;
mod store_versions;
mod tools;
mod transport;
mod versions;
mod visibility;
mod word_diff;

pub use auth_kinds::{AuthKind, Category};
pub use changed_texts::{ChangedText, TextKind};
pub use changes::{ChangedTool, ToolChanges, accept_changes, find_changes, list_changed_connectors};
pub use compare::{ChangedPart, ToolDescription, compare};
pub use definition::Effect;
pub use discoveries::{
    claim_discovery, find_image, mark_tools_changed, record_discovery_failure, record_era, store_tools,
};
pub use edits::{change_url, remove, rename};
pub use server_key::{
    FilledKey, KeyForm, ServerField, ServerHeader, ServerKey, ValuePart, fill_parts, key_form, server_key,
    validate_fields,
};
pub use service::{address_fields, descriptor, list_names_of_provider};
pub use shipped::{
    APPLICATION_PREFIX, Account, AfterToken, Check, ClientCredentials, DescriptionSource, Descriptor, Field, FieldKind,
    FileFault, Hosted, Key, Shipped, ShippedTool, Sunset, parse_shipped, popularity, shipped,
};
pub use slug::Slug;
pub use store::Connector;
pub use store_changes::{AddedTool, ChangedConnector};
pub use tools::{Tool, ToolVersion};
pub use transport::Transport;
pub use versions::ToolChangeCounts;
pub use visibility::Visibility;
pub use word_diff::{Span, WordDiff};

use std::borrow::Borrow;

use anyhow::Context;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::audit::{self, Action, ConnectorChange, NamedConnector};
use crate::clock::Timestamp;
use crate::db::{Db, OnConstraint, SystemDb, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, OwnerId, ToolVersionId};
use crate::oauth::Provider;
use crate::upstream::{Discovery, ProtocolEra, ToolDefinition};

/// Most tools that are found by a text.
const MAX_FOUND_TOOLS: i64 = 1_000;

/// A connector that a user adds by its URL.
#[derive(Clone, Debug)]
pub struct NewConnector {
    /// Name.
    pub name: String,
    /// Description from the server.
    pub description: String,
    /// URL of its MCP server.
    pub url: String,
    /// Kind of authentication.
    pub auth: AuthKind,
    /// OAuth description of its provider, if users sign in there.
    pub provider: Option<Provider>,
    /// Era of the server, if it has answered.
    pub era: Option<ProtocolEra>,
    /// Headers that it asks for, if it takes no bearer token.
    pub server_key: Option<ServerKey>,
}

/// Finds a connector that is on by its slug. The actor's own connectors take precedence over shipped ones.
pub async fn find(db: &Db, actor: &Actor, slug: &str) -> Result<Connector> {
    let mut tx = db.enter(actor).await?;
    let connector = find_by_slug(&mut tx, actor, slug).await?.ok_or(Error::NotFound("connector"))?;
    connector.check_is_on()?;
    Ok(connector)
}

/// Finds a connector by its slug, in the caller's transaction, also if it is off. Returns `None` if there is no such connector.
pub async fn find_by_slug(conn: &mut PgConnection, actor: &Actor, slug: &str) -> Result<Option<Connector>> {
    Ok(store::find_by_slug(conn, actor, slug).await?)
}

/// Finds the MCP server that the provider of a shipped service hosts, which people can connect instead or besides.
pub async fn find_hosted_beside(
    conn: &mut PgConnection,
    actor: &Actor,
    service: &Connector,
) -> Result<Option<Connector>> {
    if service.owner_id.is_some() {
        return Ok(None);
    }
    let hosted = store::find_beside(conn, actor, &service.slug).await?;
    Ok(hosted.filter(|hosted| hosted.turned_off_at.is_none()))
}

/// Lists the tools that the server lists now, in the server's order, in the caller's transaction.
pub async fn tools(conn: &mut PgConnection, actor: &Actor, connector: ConnectorId) -> Result<Vec<Tool>> {
    Ok(store_tools::list(conn, actor.owner_id(), connector).await?)
}

/// Finds the current version of a tool of a connector that is on by the names in its URL, also if the server no longer lists the tool.
pub async fn find_tool(db: &Db, actor: &Actor, slug: &str, tool: &str) -> Result<(Connector, ToolVersion)> {
    let mut tx = db.enter(actor).await?;
    let connector = find_by_slug(&mut tx, actor, slug).await?.ok_or(Error::NotFound("connector"))?;
    connector.check_is_on()?;
    let version = store_tools::current_version(&mut tx, actor.owner_id(), connector.id, tool).await?;
    Ok((connector, version.ok_or(Error::NotFound("tool"))?))
}

/// Finds a version of a tool that the actor may see, such as the version that a job ran.
pub async fn version(conn: &mut PgConnection, actor: &Actor, id: ToolVersionId) -> Result<ToolVersion> {
    store_tools::version(conn, actor.owner_id(), id).await?.ok_or(Error::NotFound("tool version"))
}

/// Returns the JSON Schema of the structured result of a tool version, if its server declared one.
pub async fn output_schema(
    conn: &mut PgConnection,
    actor: &Actor,
    id: ToolVersionId,
) -> Result<Option<serde_json::Value>> {
    Ok(store_tools::output_schema(conn, actor.owner_id(), id).await?)
}

/// Returns the names of tools whose name or title contains the text, whatever its case, in the caller's transaction.
pub async fn find_tool_names(conn: &mut PgConnection, actor: &Actor, text: &str) -> Result<Vec<String>> {
    Ok(store_tools::names_with_text(conn, actor.owner_id(), text, MAX_FOUND_TOOLS).await?)
}

/// Finds a connector by its id, if the actor may see it, also if it is off.
pub async fn get(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Connector> {
    store::find(conn, actor, id).await?.ok_or(Error::NotFound("connector"))
}

/// Adds a connector in the caller's transaction. `found` is what its server listed; `None` if it lists its tools only after a
/// sign-in. The name must be new to the actor.
pub async fn add(
    tx: &mut Tx,
    actor: &Actor,
    new: &NewConnector,
    found: Option<&Discovery>,
    now: Timestamp,
) -> Result<Connector> {
    // of two identical forms at once, the second finds the name of the first taken, or violates the constraint
    let slug = free_slug(tx, actor.owner_id(), &new.name).await?;
    if store::is_name_taken(tx, actor.owner_id(), &new.name, None).await? {
        return Err(name_taken(&new.name));
    }
    let id = ConnectorId::new(now);
    let provider = new.provider.as_ref().map(as_json).transpose()?;
    let server_key = new.server_key.as_ref().map(serde_json::to_value).transpose().map_err(Error::internal)?;
    let row = store::NewRow { id, slug: &slug, new, provider, server_key };
    let stored = store::insert(tx, actor.owner_id(), row, now).await;
    stored.on_constraint("connectors_owner_id_slug_key", || name_taken(&new.name))?;
    store_discoveries::update_era(tx, actor.owner_id(), id, new.era).await?;
    audit::record(
        tx,
        actor,
        &Action::ConnectorAdded(NamedConnector { connector: id, name: new.name.clone(), url: new.url.clone() }),
        now,
    )
    .await?;
    if let Some(found) = found {
        let changed = versions::save(tx, Some(actor.owner_id()), id, &found.tools, now).await?;
        discoveries::store_image(tx, actor, id, &found.image).await?;
        audit::record(tx, actor, &changed.as_action(id, found.tools.len()), now).await?;
    }
    get(tx, actor, id).await
}

fn name_taken(name: &str) -> Error {
    Error::field("name", format!("You already have a connector called “{name}”. Choose another name"))
}

/// Returns a slug for this name that neither the owner nor a shipped connector uses.
async fn free_slug(conn: &mut PgConnection, owner: OwnerId, name: &str) -> Result<Slug> {
    let slug = Slug::from_name(name);
    let taken = store::list_slugs_with_prefix(conn, owner, slug.as_str()).await?;
    Ok(slug.first_free(&taken))
}

/// Returns the OAuth description of the connector's provider, if users sign in there.
pub async fn provider(conn: &mut PgConnection, actor: &Actor, id: ConnectorId) -> Result<Option<Provider>> {
    let stored = store_providers::find(conn, actor.owner_id(), id).await?.flatten();
    let read = stored.map(serde_json::from_value).transpose();
    Ok(read.context("the description of a provider cannot be read")?)
}

/// Makes the actor's own connector, which needed no authentication until now, require a sign-in. Runs in the caller's
/// transaction. Returns `false` for any other connector.
pub async fn require_sign_in(
    conn: &mut PgConnection,
    actor: &Actor,
    id: ConnectorId,
    provider: &Provider,
) -> Result<bool> {
    Ok(store_providers::require_sign_in(conn, actor.owner_id(), id, &as_json(provider)?).await?)
}

/// Replaces the OAuth description of the actor's own connector, or the actor's one of a shipped MCP server, and records that, in
/// the caller's transaction. Does nothing if the description is the same. The first one is no change.
pub async fn replace_provider(
    tx: &mut Tx,
    actor: &Actor,
    id: ConnectorId,
    provider: &Provider,
    now: Timestamp,
) -> Result<()> {
    let (owner, former, stored) = (actor.owner_id(), self::provider(tx, actor, id).await?, as_json(provider)?);
    if former.as_ref() == Some(provider)
        || !(store_providers::replace(tx, owner, id, &stored).await?
            || store_providers::replace_discovered(tx, owner, id, &stored).await?)
    {
        return Ok(());
    }
    let Some(former) = former else { return Ok(()) };
    let (from, to) = (former.issuer().to_owned(), provider.issuer().to_owned());
    audit::record(tx, actor, &Action::ProviderChanged(ConnectorChange { connector: id, from, to }), now).await
}

fn as_json(provider: &Provider) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(provider).context("the description of a provider cannot be written")?)
}

/// Stores the shipped connectors at start; `builtin` are the tools of the built-in one. A connector whose file was removed
/// is hidden, so that its jobs can still be read. The connectors are taken one after the other: all at once need 40 MB.
pub async fn ship<T: Borrow<Shipped> + Send>(
    system: &SystemDb,
    shipped: impl Iterator<Item = Result<T>> + Send,
    builtin: &[ToolDefinition],
    now: Timestamp,
) -> Result<()> {
    let (mut tx, mut slugs) = (system.begin().await?, Vec::new());
    for connector in shipped {
        let connector = connector?;
        let connector = connector.borrow();
        slugs.push(connector.slug.as_str().to_owned());
        let columns = service::store::DescriptorColumns::from_shipped(connector)?;
        let id = service::store::upsert(&mut tx, ConnectorId::new(now), connector, &columns, now).await?;
        match &connector.descriptor {
            Some(descriptor) => ship_tools(&mut tx, id, &descriptor.tools, now).await?,
            None if connector.transport == Transport::Builtin => {
                versions::save(&mut tx, None, id, builtin, now).await?;
            }
            None => {}
        }
    }
    service::store::hide_unshipped(&mut tx, &slugs).await?;
    Ok(tx.commit().await?)
}

/// Stores the tools of a REST service.
async fn ship_tools(conn: &mut PgConnection, id: ConnectorId, tools: &[ShippedTool], now: Timestamp) -> Result<()> {
    let listed = tools.iter().map(|tool| {
        let request = serde_json::to_value(&tool.rest).context("the request of a tool cannot be written")?;
        Ok(versions::Listed { definition: &tool.definition, request: Some(request) })
    });
    let listed: Vec<_> = listed.collect::<Result<_>>()?;
    versions::save_with_requests(conn, None, id, &listed, now).await?;
    Ok(())
}
