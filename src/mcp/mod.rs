//! The MCP endpoint: the assistants of a person list and call the tools that the person has connected.
//!
//! `/mcp` is a person's own space, `/orgs/{org}/mcp` that of an organisation. An assistant authenticates with an access token,
//! and never with a cookie. Every call is a job, with the checks, events and audit of one that a page starts.
//!
//! `endpoint` checks a request before rmcp sees it: its sender, its token, its size, its message. rmcp speaks the protocol, of
//! 2026-07-28 and of three revisions before it. `server` answers its methods: `tools` lists tools, `call` runs one as a job,
//! `job_tools` starts and reads jobs without a wait, `progress` reports the steps of a job, `call_result` makes its answer, and
//! `output_check` compares the answer with the output schema.

mod call;
mod call_result;
mod caller;
mod endpoint;
mod envelope;
mod failure;
mod guard;
mod job_tools;
mod meta;
mod output_check;
mod progress;
mod refusal;
mod revisions;
mod scopes;
mod server;
mod tools;

use axum::Router;
use axum::routing::any;
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, Method};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;

/// Largest body of a request, in bytes. Arguments of a tool may have 256 kB.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Builds the routes of the endpoint. Once `stop` is cancelled, waiting calls are answered, and their jobs continue.
pub fn router(app: App, stop: CancellationToken) -> Router {
    Router::new()
        .route("/mcp", any(endpoint::serve_own))
        .route("/orgs/{org}/mcp", any(endpoint::serve_organisation))
        .with_state(endpoint::Endpoint::new(app, stop))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(cors())
}

/// Lets assistants in browsers call the endpoint. They send their token themselves: cookies play no part.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST, Method::GET, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([WWW_AUTHENTICATE])
}
