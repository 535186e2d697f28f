//! `/oauth/register`: registers an assistant that has no metadata document.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::oauth_error::OAuthError;
use super::source::Source;
use crate::app::App;
use crate::authorization_server::{self, Assistant, MetadataFault, RedirectUri, RegistrationFault};
use crate::request_source::RequestSource;

pub(super) async fn create(
    State(app): State<App>,
    source: Source,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let invalid = |description: String| OAuthError::new("invalid_client_metadata", description);
    let body = body.map_err(|error| invalid(format!("The request cannot be read: {error}")))?;
    let document: Value =
        serde_json::from_slice(&body).map_err(|error| invalid(format!("The request is not JSON: {error}")))?;
    let Source { request: RequestSource { ip, .. }, now } = source;
    let assistant =
        authorization_server::register(&app.system, &document, ip, now).await.map_err(|fault| match fault {
            RegistrationFault::Metadata(MetadataFault::RedirectUri(text)) => {
                OAuthError::new("invalid_redirect_uri", text)
            }
            RegistrationFault::Metadata(MetadataFault::Member(text)) => invalid(text),
            RegistrationFault::Failed(error) => error.into(),
        })?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(registration(&assistant, now.unix_timestamp())))
        .into_response())
}

/// Describes the assistant as registered, which may be less than it asked for.
fn registration(assistant: &Assistant, issued_at: i64) -> Value {
    let redirect_uris: Vec<_> = assistant.redirect_uris.iter().map(RedirectUri::as_str).collect();
    json!({
        "client_id": assistant.client_id,
        "client_id_issued_at": issued_at,
        "client_name": assistant.name,
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}
