//! `/oauth/token`: exchanges codes and refresh tokens for tokens.

use std::collections::HashMap;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use http::header::CACHE_CONTROL;
use serde_json::json;
use url::form_urlencoded;

use super::oauth_error::OAuthError;
use super::source::Source;
use crate::app::App;
use crate::authorization_server::{ACCESS_TOKEN_TTL, GrantRequest, IssuedTokens, TokenFault, TokenRequest};
use crate::secret::Secret;

/// The parameters of a request. An empty one counts as absent.
pub(super) struct Params(HashMap<String, String>);

impl Params {
    /// Reads a form, whatever media type the program names.
    pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, OAuthError> {
        let invalid = |description: String| OAuthError::new("invalid_request", description);
        let body = body.map_err(|error| invalid(format!("The request cannot be read: {error}")))?;
        let mut params = HashMap::new();
        for (name, value) in form_urlencoded::parse(&body).filter(|(_, value)| !value.is_empty()) {
            // the database cannot look for a NUL
            if value.contains('\0') {
                return Err(invalid(format!("The parameter {name} has a character that no parameter has")));
            }
            let earlier = params.insert(name.to_string(), value.to_string());
            if earlier.is_some_and(|earlier| earlier != value) {
                return Err(invalid(format!("The parameter {name} was sent twice")));
            }
        }
        Ok(Self(params))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::new("invalid_request", format!("The parameter {name} is missing")))
    }
}

pub(super) async fn create(
    State(app): State<App>,
    source: Source,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let params = Params::read(body)?;
    let grant = match params.require("grant_type")? {
        "authorization_code" => GrantRequest::Code {
            code: Secret::new(params.require("code")?),
            verifier: params.require("code_verifier")?,
            redirect_uri: params.get("redirect_uri"),
        },
        "refresh_token" => {
            GrantRequest::Refresh { token: Secret::new(params.require("refresh_token")?), scope: params.get("scope") }
        }
        _ => {
            let description = "The parameter grant_type must be authorization_code or refresh_token";
            return Err(OAuthError::new("unsupported_grant_type", description));
        }
    };
    let request = TokenRequest { client_id: params.require("client_id")?, resource: params.get("resource"), grant };
    Ok(response(&source.issuer(&app).issue(&request).await?))
}

fn response(tokens: &IssuedTokens) -> Response {
    let body = json!({
        "access_token": tokens.access.expose(),
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_TTL.whole_seconds(),
        "refresh_token": tokens.refresh.expose(),
        "scope": tokens.scopes.to_texts().join(" "),
    });
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl From<TokenFault> for OAuthError {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::InvalidGrant(description) => Self::new("invalid_grant", description),
            TokenFault::InvalidTarget => {
                Self::new("invalid_target", "The parameter resource is not the endpoint that the person agreed to")
            }
            TokenFault::UnknownClient => Self::unknown_client(),
            TokenFault::InvalidScope => Self::new("invalid_scope", "The person did not agree to all of these scopes"),
            TokenFault::Failed(error) => error.into(),
        }
    }
}
