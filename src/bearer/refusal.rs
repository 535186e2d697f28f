//! Refusals of requests without a sufficient token, as RFC 6750 has them, with a body of RFC 9457.

use std::fmt::Write as _;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::api_tokens::Scope;
use crate::error::Error;

/// The scopes that a program is told to ask for first.
const FIRST_SCOPES: &[Scope] = &[Scope::ToolsRead, Scope::ToolsCall];

/// The refusal of a request.
#[derive(Debug)]
pub enum BearerRefusal {
    /// No token was sent.
    MissingToken,
    /// The token is unknown, expired or revoked, or its person may not act any more. All of these get one answer.
    InvalidToken,
    /// The token works, and lacks one of these scopes.
    InsufficientScope(&'static [Scope]),
    /// The hub failed to authenticate the request.
    Failed(Error),
}

impl From<Error> for BearerRefusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl BearerRefusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::MissingToken | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
            Self::Failed(Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the sentence of the body.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::MissingToken => {
                "Send an access token in the header “Authorization: Bearer”. Sign in, or create a token in the settings of the hub."
                    .to_owned()
            }
            Self::InvalidToken => {
                "The access token does not work here. It may have ended, be revoked, or be for another address. Create \
                 another one."
                    .to_owned()
            }
            Self::InsufficientScope(scopes) => {
                format!("The access token lacks permissions. This needs: {}.", scope_list(scopes))
            }
            Self::Failed(_) => "The hub could not check the access token. Try again in a moment.".to_owned(),
        }
    }

    /// Returns the challenge for the header `WWW-Authenticate`. `metadata_url` leads to the authorization server (RFC 9728).
    pub(crate) fn challenge(&self, metadata_url: Option<&str>) -> Option<String> {
        let (error, scopes) = match self {
            Self::MissingToken => (None, FIRST_SCOPES),
            Self::InvalidToken => (Some("invalid_token"), FIRST_SCOPES),
            Self::InsufficientScope(scopes) => (Some("insufficient_scope"), *scopes),
            Self::Failed(_) => return None,
        };
        let mut challenge = format!("Bearer scope=\"{}\"", scope_list(scopes));
        if let Some(url) = metadata_url {
            // writing to a string cannot fail
            let _ = write!(challenge, ", resource_metadata=\"{url}\"");
        }
        if let Some(error) = error {
            let _ = write!(challenge, ", error=\"{error}\"");
        }
        Some(challenge)
    }
}

impl IntoResponse for BearerRefusal {
    fn into_response(self) -> Response {
        if let Self::Failed(error) = &self {
            tracing::error!(error = %error, "Failed to check an access token; the request gets a 5xx");
        }
        let status = self.status();
        let problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": self.detail(),
        });
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Some(challenge) = self.challenge(None).and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn scope_list(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}
