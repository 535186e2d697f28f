//! The routes of the process: pages, and the endpoint of assistants.

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::web::WebSettings;
use crate::{authorization_endpoints, mcp, web};

/// Builds all routes. `pages` are routes of pages; once `stop` is cancelled, waiting calls of assistants are answered.
pub fn router(pages: Router<App>, app: App, stop: CancellationToken) -> Router {
    let settings = WebSettings { public_url: app.public_url.clone() };
    let programs = mcp::router(app.clone(), stop).merge(authorization_endpoints::router(app.clone()));
    let programs = web::with_program_layers(programs, &settings);
    web::with_layers(pages, app).merge(programs)
}
