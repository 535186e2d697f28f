//! Pages of connectors: the list, one connector with its tools, adding a server, running a tool.

mod index;
mod new;
mod search;
mod tool;
mod views;

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use self::views::ShowPage;
use crate::app::App;
use crate::connections;
use crate::connectors;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::respond::{page, see_other};
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/connectors", get(index::index))
        .route("/connectors/new", get(choose))
        .route("/connectors/new/mcp", get(new::new).post(new::create))
        .route("/connectors/{slug}", get(show))
        .route("/connectors/{slug}/tools/{tool}", get(tool::new).post(tool::create))
}

/// An MCP server is the one kind that can be added today.
async fn choose(_: SignedIn) -> Result {
    Ok(see_other("/connectors/new/mcp"))
}

async fn show(State(app): State<App>, me: SignedIn, Path(slug): Path<String>) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    let tools = connectors::tools(&app.db, &me.actor, connector.id).await?;
    let connections = connections::of_connector(&app.db, &me.actor, connector.id).await?;
    let shell = me.shell(connector.name.clone()).await.section(Section::Connectors).under("Connectors", "/connectors");
    Ok(page(&ShowPage::new(shell, &connector, &tools, &connections, &me.calendar(app.clock.now()))))
}
