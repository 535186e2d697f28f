//! The pages: HTTP and HTML, no SQL. One module per feature, and the shell around them.
//!
//! [`layers`] puts around the pages what each of them needs: a request id, a span, security headers, packing,
//! error pages, the cross-origin rule, limits. Endpoints that are not pages (assistants, probes) stay outside.

pub mod accounts;
pub mod actor;
pub mod assets;
mod audit;
pub mod badge;
mod connections;
mod connectors;
mod cross_origin;
mod dashboard;
pub mod error;
pub mod extract;
mod failure_words;
mod filtering;
pub mod flash;
mod form_restore;
mod health;
mod jobs;
mod live_bar;
mod path;
mod request_id;
mod request_summary;
pub mod respond;
pub mod security;
pub mod session;
mod settings;
pub mod shell;
pub mod site;
mod stream;
#[cfg(test)]
mod tests;
pub mod when;

use std::future::ready;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span};
use url::Url;

use actor::MaybeSignedIn;
use request_id::RequestId;

use crate::app::App;

/// Where one arrives after signing in, unless another page was asked for.
pub const HOME: &str = "/dashboard";

/// Every page, and the files they load.
pub fn pages() -> Router<App> {
    Router::new()
        .merge(site::router())
        .merge(accounts::router())
        .merge(dashboard::router())
        .merge(connectors::router())
        .merge(connections::router())
        .merge(jobs::router())
        .merge(audit::router())
        .merge(settings::router())
        .merge(assets::router())
}

/// Puts pages into their frame: sessions, and the layers.
pub fn with_layers(pages: Router<App>, app: App) -> Router {
    let settings = WebSettings { public_url: app.public_url.clone() };
    let sessions = session::layer(app.system.clone(), app.clock.clone(), &app.public_url);
    let pages =
        pages.fallback(not_found).layer(from_fn_with_state(app.clone(), form_restore::preserve_form)).layer(sessions);
    layers(pages, &settings).merge(health::router()).with_state(app)
}

/// No page has this address. Asks who looks, so that the page about it keeps their navigation.
async fn not_found(_: MaybeSignedIn) -> error::Error {
    error::Error::not_found()
}

/// A handler that has not begun its answer by then is cut off. Streams begin at once, so they are not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Level 4 packs a page to within a few percent of the best level, in a tenth of the time.
const PACKING: CompressionLevel = CompressionLevel::Precise(4);

/// What the layers need to know of the settings.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The address under which people reach the hub.
    pub public_url: Url,
}

/// Puts the layers around a finished router of pages; add no route after this. Read from the last to the first:
/// the last is the outermost.
pub fn layers<S: Clone + Send + Sync + 'static>(pages: Router<S>, settings: &WebSettings) -> Router<S> {
    let https = settings.public_url.scheme() == "https";
    let public = cross_origin::PublicHost::of(&settings.public_url);
    pages
        .layer(DefaultBodyLimit::max(extract::FORM_BYTES))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE))
        .layer(from_fn_with_state(public, cross_origin::refuse))
        .layer(from_fn(error::pages))
        .layer(from_fn(respond::revalidate))
        .layer(CompressionLayer::new().quality(PACKING).compress_when(DefaultPredicate::new().and(is_whole)))
        .layer(map_response(move |response| ready(security::harden(response, https))))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(DefaultOnResponse::new().level(Level::INFO))
                .on_failure(()),
        )
        .layer(from_fn(request_id::assign))
}

/// Packing would hold back the pieces of a page that arrives while something runs; such pages ask not to be buffered.
fn is_whole(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(respond::UNBUFFERED)
}

/// Names the matched route, never the address: that may hold a reset token or an OAuth code.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id)
}
