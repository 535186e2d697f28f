//! The layer before rmcp: it refuses what is not a message of an assistant with a sufficient token.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use rmcp::model::ErrorCode;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::MAX_BODY_BYTES;
use super::caller::Caller;
use super::envelope::Envelope;
use super::guard::Guard;
use super::refusal::Refusal;
use super::revisions::REVISIONS;
use super::scopes::required_scopes;
use super::server::HubServer;
use crate::app::App;
use crate::authorization_server::Resource;
use crate::bearer::{Bearer, BearerRefusal};
use crate::error::Error;
use crate::organisations;

/// The time in which a body must arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The longest plain text of a refusal that is passed on, in bytes.
const MAX_REFUSAL_BYTES: usize = 4096;

/// The endpoint, which is the same for all spaces.
#[derive(Clone)]
pub(super) struct Endpoint {
    app: App,
    guard: Guard,
    service: StreamableHttpService<HubServer, NeverSessionManager>,
}

impl Endpoint {
    pub(super) fn new(app: App, stop: CancellationToken) -> Self {
        // the guard of this module stands before rmcp's own, which knows lists of names only
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_BODY_BYTES)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let server = HubServer::new(app.clone(), stop);
        let service = StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
        Self { guard: Guard::new(app.public_url.clone()), app, service }
    }

    async fn answer(&self, organisation: Option<String>, request: Request) -> Result<Response, Refusal> {
        let (mut parts, body) = request.into_parts();
        self.guard.check(&parts)?;
        if parts.method != Method::POST {
            return Err(Refusal::Method);
        }
        // the metadata of every space have an address, whether or not it exists
        let metadata_url = Resource::new(organisation.as_deref()).metadata_url(&self.app.public_url);
        let refuse = |refusal| Refusal::Token { refusal, metadata_url: metadata_url.clone() };
        let bearer = Bearer::from_request_parts(&mut parts, &self.app).await.map_err(refuse)?;
        let idempotency_key = read_idempotency_key(&parts.headers)?;
        self.check_space(&bearer, organisation.as_deref()).await.map_err(refuse)?;
        let caller = Caller { bearer, organisation, idempotency_key };
        check_content_type(&parts.headers)?;
        let body = read_body(body).await?;
        let envelope = Envelope::parse(&body)?;
        check_revision(&parts.headers, &envelope.id)?;
        if let Some(method) = &envelope.method {
            caller.bearer.require(required_scopes(method).unwrap_or_default()).map_err(refuse)?;
        }
        // the token has served its purpose; nothing that handles the message can pass it on
        parts.headers.remove(AUTHORIZATION);
        parts.extensions.insert(caller);
        let response = self.service.handle(http::Request::from_parts(parts, Body::from(body))).await;
        as_protocol_error(response.map(Body::new), envelope.id).await
    }

    /// Checks that the token is for the space of the path. A token for another space is one for another audience.
    async fn check_space(&self, bearer: &Bearer, organisation: Option<&str>) -> Result<(), BearerRefusal> {
        let (user, owner) = (bearer.program.user, bearer.program.owner);
        let space = match organisation {
            None => Some(user.as_owner()),
            Some(slug) => {
                let membership = organisations::find_membership(&self.app.system, user, slug).await;
                membership.map(|membership| Some(membership.organisation)).or_else(|error| match error {
                    Error::NotFound(_) => Ok(None),
                    error => Err(error),
                })?
            }
        };
        if space == Some(owner) { Ok(()) } else { Err(BearerRefusal::InvalidToken) }
    }
}

pub(super) async fn serve_own(State(endpoint): State<Endpoint>, request: Request) -> Response {
    endpoint.answer(None, request).await.unwrap_or_else(Refusal::into_response)
}

pub(super) async fn serve_organisation(
    State(endpoint): State<Endpoint>,
    parameters: RawPathParams,
    request: Request,
) -> Response {
    // the database cannot look for a NUL
    let slug =
        parameters.iter().find(|(name, slug)| *name == "org" && !slug.contains('\0')).map(|(_, slug)| slug.to_owned());
    endpoint.answer(Some(slug.unwrap_or_default()), request).await.unwrap_or_else(Refusal::into_response)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "Send the message as application/json.";
    Err(Refusal::before_message(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

fn read_idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&key.len()));
    let refusal = || {
        let message = format!("The header Idempotency-Key takes 1 to {MAX_IDEMPOTENCY_KEY_CHARS} ASCII characters.");
        Refusal::before_message(StatusCode::BAD_REQUEST, message)
    };
    key.map(|key| Some(key.to_owned())).ok_or_else(refusal)
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY_BYTES)).await;
    match read {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => {
            let message = "The message is larger than 1 MB, or did not arrive whole. Send a smaller one.";
            Err(Refusal::before_message(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        Err(_) => {
            let message = "The message did not arrive within 30 seconds. Send it again.";
            Err(Refusal::before_message(StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

/// Refuses a request of a revision that the hub does not speak, and names those that it does.
fn check_revision(headers: &HeaderMap, id: &Value) -> Result<(), Refusal> {
    let Some(revision) = headers.get(PROTOCOL_VERSION) else { return Ok(()) };
    let revision = String::from_utf8_lossy(revision.as_bytes());
    if REVISIONS.iter().any(|known| known.as_str() == revision) {
        return Ok(());
    }
    Err(Refusal::UnsupportedRevision { id: id.clone(), requested: revision.into_owned() })
}

/// Turns the plain text with which rmcp refuses some requests into an error of the protocol.
async fn as_protocol_error(response: Response, id: Value) -> Result<Response, Refusal> {
    let status = response.status();
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !(status.is_client_error() || status.is_server_error()) || is_json {
        return Ok(response);
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        let message = "The message is not one of the protocol. Check the members “method”, “params” and “id”.";
        return Err(Refusal::message(StatusCode::BAD_REQUEST, ErrorCode::INVALID_REQUEST, id, message));
    }
    let text = to_bytes(response.into_body(), MAX_REFUSAL_BYTES).await.unwrap_or_default();
    let code = if status.is_server_error() { ErrorCode::INTERNAL_ERROR } else { ErrorCode::INVALID_REQUEST };
    Err(Refusal::message(status, code, id, String::from_utf8_lossy(&text)))
}
