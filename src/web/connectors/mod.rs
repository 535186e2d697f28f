//! Pages of connectors: the list, one connector with its tools, adding a server, running a tool.

mod application;
mod connection;
mod connection_picker;
mod discovery;
pub(super) mod fields;
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
        .route("/connectors/new", get(choose))
        .route("/connectors/new/mcp", get(new::new).post(new::create))
        .route("/connectors/{slug}", get(show::show))
        .route("/connectors/{slug}/connection/continue", get(sign_in::go_on))
        .route("/oauth/callback", get(sign_in::callback))
        .route("/oauth/client.json", get(sign_in::client))
        .route("/connectors/{slug}/connection", get(connection::new).post(connection::create))
        .route("/connectors/{slug}/application", get(application::edit).post(application::update))
        .route("/connectors/{slug}/discovery", get(discovery::show).post(discovery::create))
        .route("/connectors/{slug}/tools/{tool}", get(tool::new).post(tool::create))
}

/// An MCP server is the one kind that can be added today.
async fn choose(_: SignedIn) -> Result {
    Ok(see_other("/connectors/new/mcp"))
}

/// The frame of a page about one connector, below the page of that connector.
async fn below(me: &SignedIn, thing: impl Into<String>, connector: &Connector) -> Shell {
    me.shell(thing)
        .await
        .section(Section::Connectors)
        .breadcrumb("Connectors", "/connectors")
        .breadcrumb(connector.name.clone(), format!("/connectors/{}", connector.slug))
}

/// What is said of a connection that was just made; and of another one to the same account, which its owner may have forgotten.
async fn with_twin(app: &App, me: &SignedIn, id: ConnectionId, words: String) -> Result<String, Error> {
    let mut tx = app.db.as_user(&me.actor).await?;
    Ok(match connections::duplicate_label(&mut tx, &me.actor, id).await? {
        Some(label) => format!("{words} “{label}” leads to the same account: if one is enough, disconnect the other."),
        None => words,
    })
}
