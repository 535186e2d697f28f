//! The routes of the process: pages, and the endpoint of assistants.

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::{mcp, web};

/// Builds all routes. `pages` are routes of pages; once `stop` is cancelled, waiting calls of assistants are answered.
pub fn router(pages: Router<App>, app: App, stop: CancellationToken) -> Router {
    web::with_layers(pages, app.clone()).merge(mcp::router(app, stop))
}
