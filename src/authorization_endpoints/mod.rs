//! The endpoints of the authorization server for programs: its metadata, registration, tokens and revocation.
//!
//! Everything here is without cookies, and open to assistants that run in browsers. The page on which a person agrees is
//! `web::consent`; [`crate::authorization_server`] decides.

mod metadata;
mod oauth_error;
mod register;
mod revoke;
mod source;
mod token;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use http::{Method, StatusCode};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use crate::app::App;

/// Largest body of a request, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request is answered by then, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Builds the routes.
pub fn router(app: App) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request());
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata::show_server))
        .route("/.well-known/oauth-protected-resource", get(metadata::show_first_resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata::show_own_resource))
        .route("/.well-known/oauth-protected-resource/orgs/{org}/mcp", get(metadata::show_organisation_resource))
        .route("/oauth/register", post(register::create))
        .route("/oauth/token", post(token::create))
        .route("/oauth/revoke", post(revoke::create))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(cors)
        .with_state(app)
}
