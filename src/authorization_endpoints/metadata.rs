//! The metadata of the authorization server (RFC 8414) and of the endpoints that it protects (RFC 9728).

use axum::Json;
use axum::extract::{RawPathParams, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use crate::api_tokens::{Scope, Scopes};
use crate::app::App;
use crate::authorization_server::{Resource, issuer};

/// Clients may keep the metadata for this time.
const CACHED: &str = "public, max-age=300";

pub(super) async fn show_server(State(app): State<App>) -> Response {
    let issuer = issuer(&app.public_url);
    document(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "registration_endpoint": format!("{issuer}/oauth/register"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
        "service_documentation": format!("{issuer}/help"),
    }))
}

/// Describes a person's own endpoint, for clients that look at the root only.
pub(super) async fn show_first_resource(state: State<App>) -> Response {
    show_own_resource(state).await
}

pub(super) async fn show_own_resource(State(app): State<App>) -> Response {
    show_resource(&app, &Resource::new(None))
}

/// Describes the endpoint of an organisation. Every slug gets the same answer, so that it says nothing about which exist.
pub(super) async fn show_organisation_resource(State(app): State<App>, parameters: RawPathParams) -> Response {
    let slug = parameters.iter().find(|(name, _)| *name == "org").map(|(_, slug)| slug).unwrap_or_default();
    match Resource::from_path(&format!("/orgs/{slug}/mcp")) {
        Some(resource) => show_resource(&app, &resource),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn show_resource(app: &App, resource: &Resource) -> Response {
    let issuer = issuer(&app.public_url);
    document(&json!({
        "resource": resource.url(&app.public_url),
        "resource_name": "Tool Connect Craft",
        "authorization_servers": [issuer],
        // clients that know no better ask for all of these, so they are few
        "scopes_supported": Scopes::TOOLS.to_texts(),
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{issuer}/help"),
    }))
}

fn document(metadata: &Value) -> Response {
    ([(CACHE_CONTROL, CACHED)], Json(metadata)).into_response()
}
