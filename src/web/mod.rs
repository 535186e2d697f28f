//! The web layer: HTTP and HTML, no SQL. One module per feature, and the shell around the pages.
//!
//! [`crate::serve`] mounts it. A handler reads the request, calls one verb of the domain with the viewer's
//! [`Actor`](crate::actor::Actor), and renders a view. No module here decides who may see a row, or states a rule of the
//! domain. Features import each other only through leaf modules, such as `shell`, `stream` and `flash`.
//!
//! [`layers`] adds the middleware that every page needs: a request id, a span, security headers, compression, error pages,
//! the way to the public address, the cross-origin check, limits. Endpoints that are not pages (assistants, probes) stay outside.

pub mod accounts;
pub mod actor;
mod admin;
pub mod assets;
mod audit;
pub mod badge;
mod cause_words;
mod checkup_findings;
mod compression;
mod connection_links;
mod connections;
mod connectors;
mod consent;
mod cross_origin;
mod dashboard;
mod dead_link;
mod entry_subject;
pub mod error;
mod error_text;
pub mod extract;
mod filter_query;
mod filtering;
pub mod flash;
mod form_restore;
mod health;
pub mod here;
mod htmx_redirect;
mod job_row;
mod jobs;
mod live_bar;
mod path;
mod public_address;
mod request_id;
mod request_metrics;
mod request_summary;
pub mod respond;
mod row_ids;
mod search;
pub mod security;
mod service_fields;
pub mod session;
mod settings;
pub mod shell;
pub mod site;
mod stream;
#[cfg(test)]
mod tests;
mod tile;
pub mod when;

use std::future::ready;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::{Span, field};
use url::Url;

use actor::MaybeSignedIn;
use form_restore::FormPreserver;
use request_id::RequestId;

use crate::app::App;
use crate::telemetry::RequestMetrics;

/// The page after signing in, unless another one was requested.
pub const HOME: &str = "/dashboard";

/// Builds the router of every page and static file.
pub fn pages() -> Router<App> {
    Router::new()
        .merge(site::router())
        .merge(accounts::router())
        .merge(settings::router())
        .merge(consent::router())
        .merge(admin::router())
        .merge(assets::router())
        .merge(connectors::root_router())
        .merge(space_pages())
        .nest("/orgs/{org}", space_pages().fallback(not_found))
}

/// Builds the router of the pages of a space. One's own space has them at the root.
fn space_pages() -> Router<App> {
    Router::new()
        .merge(dashboard::router())
        .merge(connectors::router())
        .merge(connections::router())
        .merge(jobs::router())
        .merge(audit::router())
        .merge(search::router())
}

/// Adds sessions and the layers to the pages, and the endpoints for monitoring.
pub fn with_layers(pages: Router<App>, app: App) -> Router {
    let settings = WebSettings { public_url: app.public_url.clone() };
    let sessions = session::layer(app.system.clone(), app.clock.clone(), &app.public_url);
    let preserver = FormPreserver { app: app.clone(), show_sign_in: accounts::sign_in::show_with_sealed_form };
    let pages =
        pages.fallback(not_found).layer(from_fn_with_state(preserver, form_restore::preserve_form)).layer(sessions);
    layers(pages, &settings).merge(health::router()).layer(from_fn(public_address::require_host)).with_state(app)
}

/// Answers 404. The extractor finds the viewer, so that the error page keeps the navigation.
async fn not_found(_: MaybeSignedIn) -> error::Error {
    error::Error::not_found()
}

/// A handler without a response by then is cut off. Streams begin at once, so they are not.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// The settings that the layers need.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The public address of the hub.
    pub public_url: Url,
}

/// Adds the layers to a finished router of pages; add no route after this. The last layer is the outermost.
pub fn layers<S: Clone + Send + Sync + 'static>(pages: Router<S>, settings: &WebSettings) -> Router<S> {
    let https = settings.public_url.scheme() == "https";
    let public = cross_origin::PublicHost::new(&settings.public_url);
    let address = public_address::PublicAddress::new(settings.public_url.clone());
    let pages = pages
        .layer(DefaultBodyLimit::max(extract::MAX_FORM_BYTES))
        .layer(from_fn(htmx_redirect::answer_by_header))
        .layer(CatchPanicLayer::custom(error::panic_response))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, HANDLER_TIMEOUT))
        .layer(from_fn_with_state(public, cross_origin::refuse))
        .layer(from_fn_with_state(address, public_address::lead))
        .layer(from_fn(error::render_errors))
        .layer(from_fn(respond::revalidate));
    observe(compression::compress(pages), https)
}

/// Adds the layers of pages that other endpoints have too: an id, a span and metrics of each request, and security headers.
/// A request of HTTP/1.1 must name its host. A panic is answered without a page.
pub fn with_program_layers(routes: Router, settings: &WebSettings) -> Router {
    let routes = routes.layer(CatchPanicLayer::new());
    observe(routes, settings.public_url.scheme() == "https").layer(from_fn(public_address::require_host))
}

fn observe<S: Clone + Send + Sync + 'static>(routes: Router<S>, https: bool) -> Router<S> {
    routes
        .layer(map_response(move |response| ready(security::harden(response, https))))
        .layer(from_fn_with_state(RequestMetrics::default(), request_metrics::record))
        .layer(TraceLayer::new_for_http().make_span_with(request_span).on_request(()).on_response(()).on_failure(()))
        .layer(from_fn(request_id::assign))
}

/// Builds the span of a request. It names the matched route, never the address, which may hold a reset token or an OAuth code.
fn request_span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id, status = field::Empty)
}
