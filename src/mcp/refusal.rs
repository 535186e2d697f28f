//! Refusals of requests that rmcp never sees.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

use super::revisions::REVISIONS;
use crate::bearer::BearerRefusal;

/// The refusal of a request.
pub(super) enum Refusal {
    /// The request has no sufficient token.
    Token {
        /// The refusal.
        refusal: BearerRefusal,
        /// Address of the metadata that lead to the authorization server.
        metadata_url: String,
    },
    /// The method of the request is not POST.
    Method,
    /// The hub does not speak the revision of the request.
    UnsupportedRevision {
        /// Id of the request.
        id: Value,
        /// Revision as sent.
        requested: String,
    },
    /// The message breaks the protocol, or is not for this endpoint.
    Message {
        /// Status of the response.
        status: StatusCode,
        /// Code of JSON-RPC.
        code: ErrorCode,
        /// Id of the request; null if it is unknown.
        id: Value,
        /// Sentence for people.
        message: String,
    },
}

impl Refusal {
    /// Refuses a message that breaks the protocol.
    pub(super) fn invalid_request(id: Value, message: impl Into<String>) -> Self {
        Self::message(StatusCode::BAD_REQUEST, ErrorCode::INVALID_REQUEST, id, message)
    }

    /// Refuses a request before its message is read.
    pub(super) fn before_message(status: StatusCode, message: impl Into<String>) -> Self {
        Self::message(status, ErrorCode::INVALID_REQUEST, Value::Null, message)
    }

    pub(super) fn message(status: StatusCode, code: ErrorCode, id: Value, message: impl Into<String>) -> Self {
        Self::Message { status, code, id, message: message.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Token { refusal, metadata_url } => {
                // clients show the message of an error of the protocol, and drop every other body
                let is_fault = matches!(refusal, BearerRefusal::Failed(_));
                let code = if is_fault { ErrorCode::INTERNAL_ERROR } else { ErrorCode::INVALID_REQUEST };
                let body = error_body(&Value::Null, code, &refusal.detail());
                let challenge =
                    refusal.challenge(Some(&metadata_url)).and_then(|text| HeaderValue::try_from(text).ok());
                let (mut parts, _) = refusal.into_response().into_parts();
                parts.headers.remove(CONTENT_LENGTH);
                parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                if let Some(challenge) = challenge {
                    parts.headers.insert(WWW_AUTHENTICATE, challenge);
                }
                Response::from_parts(parts, Body::from(body.to_string()))
            }
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response(),
            Self::UnsupportedRevision { id, requested } => {
                let code = ErrorCode::UNSUPPORTED_PROTOCOL_VERSION;
                let mut body = error_body(&id, code, "The hub does not speak this revision of the protocol");
                body["error"]["data"] = json!({ "requested": requested, "supported": REVISIONS });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Self::Message { status, code, id, message } => {
                (status, Json(error_body(&id, code, &message))).into_response()
            }
        }
    }
}

fn error_body(id: &Value, code: ErrorCode, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code.0, "message": message } })
}
