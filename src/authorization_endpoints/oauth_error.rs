//! Errors of the token endpoint and its siblings (RFC 6749, section 5.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::error::Error;

/// An error for a program.
#[derive(Debug)]
pub(super) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: String,
    retry_after: Option<u64>,
}

impl OAuthError {
    /// Refuses a request with a code of the protocol.
    pub(super) fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description: description.into(), retry_after: None }
    }
}

impl OAuthError {
    /// Refuses a client that is not registered. Clients register anew after this error.
    pub(super) fn unknown_client() -> Self {
        let description = "The client is not registered here, or its registration has ended";
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        match error {
            Error::Limited { message, retry_after } => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                code: "temporarily_unavailable",
                description: message.to_string(),
                retry_after: Some(retry_after.as_secs()),
            },
            error => {
                let is_passing = matches!(error, Error::Unavailable(_));
                tracing::error!(error = %error, "Failed to answer an assistant at the authorization server; it gets a 5xx");
                Self {
                    status: if is_passing {
                        StatusCode::SERVICE_UNAVAILABLE
                    } else {
                        StatusCode::INTERNAL_SERVER_ERROR
                    },
                    code: if is_passing { "temporarily_unavailable" } else { "server_error" },
                    description: "The hub failed to answer. Try again in a moment".to_owned(),
                    retry_after: is_passing.then_some(5),
                }
            }
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let mut response = (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
