//! Pages of connectors: the catalogue, a connector with its tools, connecting, adding a server, and running a tool.
//!
//! The router of the web layer mounts them. They call [`crate::connectors`], [`crate::connections`] and [`crate::jobs`], and
//! never call a server themselves.

mod acceptance;
mod application;
mod callback;
mod changes;
mod choice;
mod connect_method;
mod connection;
mod connection_picker;
mod discovery;
mod edit;
mod image;
mod index;
mod key;
mod method_section;
mod new;
mod own_address;
mod registry;
mod removal;
mod search;
mod show;
mod sign_in;
mod tool;
mod tool_table;
mod views;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::connections::{self, AuthorizationService};
use crate::connectors::{self, Connector};
use crate::error::Error as DomainError;
use crate::ids::ConnectionId;
use crate::oauth::State;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::here::Here;
use crate::web::respond::see_other;
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/connectors", get(index::index))
        .route("/connectors/new", get(new_connector))
        .route("/connectors/new/mcp", get(new::new).post(new::create))
        .route("/connectors/new/registry", get(registry::index))
        .route("/connectors/new/registry/{id}", get(registry::show).post(registry::create))
        .route("/connectors/{slug}", get(show::show))
        .route("/connectors/{slug}/connection/continue", get(sign_in::show_continue))
        .route("/connectors/{slug}/connection/choice", get(choice::new).post(choice::create))
        .route("/connectors/{slug}/connection", get(connection::new).post(connection::create))
        .route("/connectors/{slug}/application", get(application::edit).post(application::update))
        .route("/connectors/{slug}/edit", get(edit::edit).post(edit::update))
        .route("/connectors/{slug}/removal", get(removal::new).post(removal::create))
        .route("/connectors/{slug}/discovery", get(changes::show).post(discovery::create))
        .route("/connectors/{slug}/discovery/acceptance", get(acceptance::new).post(acceptance::create))
        .route("/connectors/{slug}/image/{digest}", get(image::show))
        .route("/connectors/{slug}/tools/{tool}", get(tool::new).post(tool::create))
        .route("/connectors/{slug}/tools/{tool}/inputs/{id}", get(tool::saved::show).post(tool::saved::delete))
}

/// Builds the router of the addresses that providers know. They belong to no space.
pub(super) fn root_router() -> Router<App> {
    Router::new().route("/oauth/callback", get(callback::callback)).route("/oauth/client.json", get(callback::client))
}

/// Redirects to the form for MCP servers, the only kind that users can add.
async fn new_connector(me: SignedIn) -> Result {
    Ok(see_other(&me.here().path("/connectors/new/mcp")))
}

/// Returns the address of the page of a connector.
fn href(connector: &Connector, here: &Here) -> String {
    here.path(&format!("/connectors/{}", connector.slug))
}

/// Returns the tile of a connector, with the image of its server.
fn tile(connector: &Connector, here: &Here) -> Tile {
    Tile::new(&connector.name).with_image(&href(connector, here), connector.image_digest.as_deref())
}

/// Returns the address of the page on which the user of a sign-in chooses a site.
fn choice_href(me: &SignedIn, connector: &Connector, state: &State) -> String {
    format!("{}/connection/choice?state={}", href(connector, me.here()), state.expose())
}

/// Returns the connector if its server was added by the owner. Others have no such pages.
async fn find_own(app: &App, me: &SignedIn, slug: &str) -> Result<Connector> {
    let connector = connectors::find(&app.db, &me.actor, slug).await?;
    if connector.is_own() { Ok(connector) } else { Err(DomainError::NotFound("page").into()) }
}

/// Returns the connector if its tools come from a server. Others have no such pages.
async fn find_discoverable(app: &App, me: &SignedIn, slug: &str) -> Result<Connector> {
    let connector = connectors::find(&app.db, &me.actor, slug).await?;
    if connector.has_discovery() { Ok(connector) } else { Err(DomainError::NotFound("page").into()) }
}

/// Builds the service that signs users in at providers.
fn authorization(app: &App) -> AuthorizationService<'_> {
    AuthorizationService {
        db: &app.db,
        system: &app.system,
        vault: &app.vault,
        egress: &app.egress,
        refresher: &app.refresher,
        public_url: &app.public_url,
    }
}

/// Returns the shell of a page below the page of the connector.
async fn below(me: &SignedIn, title: impl Into<String>, connector: &Connector) -> Shell {
    me.shell(title)
        .await
        .section(Section::Connectors)
        .breadcrumb("Connectors", me.here().path("/connectors"))
        .breadcrumb(connector.name.clone(), href(connector, me.here()))
}

/// Adds a sentence to the message about a new connection if another connection leads to the same account.
async fn connected_message(app: &App, me: &SignedIn, id: ConnectionId, message: String) -> Result<String, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(match connections::duplicate_label(&mut tx, &me.actor, id).await? {
        Some(label) => {
            format!("{message} “{label}” leads to the same account: if one is enough, disconnect the other.")
        }
        None => message,
    })
}
