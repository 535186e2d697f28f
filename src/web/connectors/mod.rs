//! Pages of connectors: the catalogue, a connector with its tools, connecting, adding a server, and running a tool.
//!
//! The router of the web layer mounts them. They call [`crate::connectors`], [`crate::connections`] and [`crate::jobs`], and
//! never call a server themselves.

mod application;
mod connect_method;
mod connection;
mod connection_picker;
mod discovery;
mod index;
mod key;
mod new;
mod search;
mod show;
mod sign_in;
mod tool;
mod views;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::connections;
use crate::connectors::Connector;
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::respond::see_other;
use crate::web::shell::{Section, Shell};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/connectors", get(index::index))
        .route("/connectors/new", get(new_connector))
        .route("/connectors/new/mcp", get(new::new).post(new::create))
        .route("/connectors/{slug}", get(show::show))
        .route("/connectors/{slug}/connection/continue", get(sign_in::show_continue))
        .route("/oauth/callback", get(sign_in::callback))
        .route("/oauth/client.json", get(sign_in::client))
        .route("/connectors/{slug}/connection", get(connection::new).post(connection::create))
        .route("/connectors/{slug}/application", get(application::edit).post(application::update))
        .route("/connectors/{slug}/discovery", get(discovery::show).post(discovery::create))
        .route("/connectors/{slug}/tools/{tool}", get(tool::new).post(tool::create))
}

/// Redirects to the form for MCP servers, the only kind that users can add.
async fn new_connector(_: SignedIn) -> Result {
    Ok(see_other("/connectors/new/mcp"))
}

/// Returns the shell of a page below the page of the connector.
async fn below(me: &SignedIn, title: impl Into<String>, connector: &Connector) -> Shell {
    me.shell(title)
        .await
        .section(Section::Connectors)
        .breadcrumb("Connectors", "/connectors")
        .breadcrumb(connector.name.clone(), format!("/connectors/{}", connector.slug))
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
