//! Streamable HTTP over egress, as the HTTP client of rmcp, for a session. It reads what servers write, and stores the answers
//! for the session. rmcp never receives the credential.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::client_side_sse::SseRetryPolicy;
use rmcp::transport::common::http_header::{HEADER_LAST_EVENT_ID, HEADER_SESSION_ID};
use rmcp::transport::streamable_http_client::{StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse};
use serde_json::Value;
use url::Url;

use super::answers::{AnswerStore, AwaitedRequest, RecordedFailure};
use super::credential::add_credential;
use super::event_messages::{Events, read_events};
use super::failure::{from_status, no_answer, not_mcp, redirect, session_lost};
use super::handshake::{RequestKind, assumed_discover_result};
use super::message::is_json_rpc_error;
use super::{Limits, Server};
use crate::egress::{Egress, Failure, Request, Response, read_json};
use crate::secret::{Redactor, Secret};

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
const HTML: &str = "text/html";
/// Maximum number of bytes of an error response that are searched for a JSON-RPC error.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// Maximum number of redirects that are followed within the origin.
const MAX_REDIRECTS: usize = 3;
/// Time for notifications after the deadline: a cancellation, or the end of the session.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of attempts to resume a broken stream.
const MAX_RESUMPTIONS: usize = 3;
/// Statuses with which a server refuses a request of another era, unprocessed.
const UNPROCESSED: [u16; 5] = [400, 404, 405, 406, 415];

type Headers = HashMap<HeaderName, HeaderValue>;
type Result<T> = std::result::Result<T, StreamableHttpError<RecordedFailure>>;

/// The transport of one session.
#[derive(Clone, Debug)]
pub(super) struct HttpTransport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    egress: Egress,
    server: Server,
    credential: Option<Secret>,
    limits: Limits,
    scope: TransportScope,
    answers: Arc<AnswerStore>,
}

/// The requests that a session makes by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransportScope {
    /// Opens a stream for messages that belong to no request. Some servers of older revisions report progress there.
    pub(super) listens: bool,
    /// Answers `server/discover` without asking: the server is known to speak the newer era.
    pub(super) assumes_discover: bool,
}

impl HttpTransport {
    pub(super) fn new(
        egress: &Egress,
        server: &Server,
        credential: Option<&Secret>,
        redactor: Redactor,
        limits: Limits,
        scope: TransportScope,
    ) -> Self {
        let answers = Arc::new(AnswerStore::new(server.url.host_str().unwrap_or("the server"), redactor));
        // rmcp sends from a task of its own
        let (egress, server, credential) = (egress.in_current_trace(), server.clone(), credential.cloned());
        Self(Arc::new(Inner { egress, server, credential, limits, scope, answers }))
    }

    /// The answers so far.
    pub(super) fn answers(&self) -> &AnswerStore {
        &self.0.answers
    }

    fn host(&self) -> &str {
        self.0.server.url.host_str().unwrap_or("the server")
    }

    fn request(&self, method: Method, url: Url, session: Option<&str>, headers: Headers) -> Request {
        let limits = self.0.limits;
        let mut request = Request::new(method, url)
            .header(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"))
            .timeout(limits.remaining())
            .max_response_bytes(limits.max_response_bytes);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(session) = session.and_then(|id| HeaderValue::try_from(id).ok()) {
            request = request.header(HeaderName::from_static("mcp-session-id"), session);
        }
        match (&self.0.credential, &self.0.server.key_header) {
            (Some(key), Some(name)) => request.secret_header(name.clone(), key),
            (Some(credential), None) => add_credential(request, credential),
            (None, _) => request,
        }
    }

    /// Posts `body`; redirects that keep method, body and origin are followed.
    async fn post(
        &self,
        body: Bytes,
        session: Option<&str>,
        headers: &Headers,
        timeout: Duration,
    ) -> std::result::Result<Response, RecordedFailure> {
        let mut url = self.0.server.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.request(Method::POST, url.clone(), session, headers.clone());
            let request = request.body(JSON, body.clone()).timeout(timeout);
            let response = self.0.egress.send(request).await.map_err(|error| self.answers().record(error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|location| url.join(location.to_str().ok()?).ok());
            match location {
                Some(to) if keeps_request(response.status()) && to.origin() == self.0.server.url.origin() => url = to,
                other => return Err(self.answers().record(redirect(self.host(), other.as_ref()))),
            }
        }
        Err(self.answers().record(redirect(self.host(), Some(&url))))
    }

    /// Reads a response of success to a request.
    async fn read_success(&self, request: &AwaitedRequest, response: Response) -> Result<StreamableHttpPostResponse> {
        let session = response.headers().get(HEADER_SESSION_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let (status, media_type) = (response.status(), response.media_type());
        if media_type == EVENT_STREAM {
            let events = read_events(response, self.0.answers.clone(), Some(request.clone()), true);
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        let body = response.bytes().await.map_err(|error| self.client_error(error))?;
        if body.trim_ascii().is_empty() {
            return Err(self.client_error(no_answer(self.host(), status)));
        }
        let body = match read_json(&body) {
            // some servers leave the type out, or have another
            Ok(body) if media_type != HTML => body,
            Err(fault) if media_type.ends_with("json") => {
                return Err(self.client_error(self.answers().invalid_json(&fault)));
            }
            _ => return Err(self.client_error(not_mcp(self.host(), &media_type))),
        };
        let answer = self.answers().read_body(request, body).map_err(|failure| self.client_error(failure))?;
        Ok(StreamableHttpPostResponse::Json(answer, session))
    }

    /// Reads a response with a status of 400 or above: a JSON-RPC error in its body is the answer, otherwise the status is.
    async fn read_error(
        &self,
        request: Option<&AwaitedRequest>,
        session: Option<&str>,
        response: Response,
    ) -> Result<StreamableHttpPostResponse> {
        let status = response.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(self.client_error(session_lost(self.host())));
        }
        let failure = from_status(self.host(), status, response.headers(), self.0.credential.is_some());
        let Some(request) = request.filter(|_| !matches!(status.as_u16(), 401 | 403 | 429)) else {
            return Err(self.client_error(failure));
        };
        if let Some(error) = json_rpc_error(response).await
            && let Ok(answer @ ServerJsonRpcMessage::Error(_)) = self.answers().read_body(request, error)
        {
            return Ok(StreamableHttpPostResponse::Json(answer, None));
        }
        if UNPROCESSED.contains(&status.as_u16()) {
            self.answers().mark_unprocessed();
        }
        Err(self.client_error(failure))
    }

    fn client_error(&self, failure: impl Into<Failure>) -> StreamableHttpError<RecordedFailure> {
        StreamableHttpError::Client(self.answers().record(failure))
    }
}

impl StreamableHttpClient for HttpTransport {
    type Error = RecordedFailure;

    async fn post_message(
        &self,
        _uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _auth: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse> {
        let request = AwaitedRequest::from_message(&message);
        let timeout = match &request {
            Some(request) if request.kind == RequestKind::Discover && self.0.scope.assumes_discover => {
                let answer = ServerJsonRpcMessage::response(assumed_discover_result(), request.id.clone());
                return Ok(StreamableHttpPostResponse::Json(answer, None));
            }
            Some(_) => {
                self.answers().set_awaited(request.as_ref());
                self.0.limits.remaining()
            }
            // a cancellation is sent when no time remains
            None => self.0.limits.remaining().max(CLOSE_TIMEOUT),
        };
        let body = serde_json::to_vec(&message)?;
        let posted = self.post(body.into(), session.as_deref(), &headers, timeout).await;
        let response = posted.map_err(StreamableHttpError::Client)?;
        match (response.status(), &request) {
            (status, None) if status.is_success() => Ok(StreamableHttpPostResponse::Accepted),
            (status, Some(request)) if status.is_success() => self.read_success(request, response).await,
            _ => self.read_error(request.as_ref(), session.as_deref(), response).await,
        }
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session: Arc<str>,
        _auth: Option<String>,
        headers: Headers,
    ) -> Result<()> {
        let request =
            self.request(Method::DELETE, self.0.server.url.clone(), Some(&session), headers).timeout(CLOSE_TIMEOUT);
        self.0.egress.send(request).await.map_err(|_| StreamableHttpError::Client(RecordedFailure))?;
        Ok(())
    }

    async fn get_stream(
        &self,
        _uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _auth: Option<String>,
        mut headers: Headers,
    ) -> Result<Events> {
        if last_event.is_none() && !self.0.scope.listens {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        let awaited = last_event.as_ref().and_then(|_| self.answers().awaited());
        if let Some(id) = last_event.filter(|id| !id.is_empty()).and_then(|id| HeaderValue::try_from(id).ok())
            && let Ok(name) = HeaderName::try_from(HEADER_LAST_EVENT_ID)
        {
            headers.insert(name, id);
        }
        let request = self.request(Method::GET, self.0.server.url.clone(), session.as_deref(), headers);
        let response = self.0.egress.send(request).await.map_err(|_| StreamableHttpError::Client(RecordedFailure))?;
        if response.status().is_success() && response.media_type() == EVENT_STREAM {
            Ok(read_events(response, self.0.answers.clone(), awaited, false))
        } else {
            Err(StreamableHttpError::ServerDoesNotSupportSse)
        }
    }
}

/// Resumes a broken stream where it ended, unless it was too long.
impl SseRetryPolicy for HttpTransport {
    fn retry(&self, attempts: usize) -> Option<Duration> {
        let can_resume = !self.answers().is_too_large() && attempts < MAX_RESUMPTIONS;
        can_resume.then(|| Duration::from_millis(250 << attempts))
    }
}

fn keeps_request(status: StatusCode) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
}

async fn json_rpc_error(response: Response) -> Option<Value> {
    if response.media_type() == HTML {
        return None;
    }
    let body = response.with_limit(MAX_ERROR_BODY).bytes().await.ok()?;
    read_json(&body).ok().filter(is_json_rpc_error)
}
