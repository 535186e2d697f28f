//! The HTTP side of MCP: what rmcp wants sent goes through egress, and what goes wrong is put into words here.
//!
//! rmcp keeps only some of the errors that its HTTP client reports (a broken stream becomes "closed"), so the wire
//! notes the last failure, and whoever sees rmcp fail asks for it. rmcp never learns the credential.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, ServerJsonRpcMessage};
use rmcp::transport::common::client_side_sse::SseRetryPolicy;
use rmcp::transport::common::http_header::{HEADER_LAST_EVENT_ID, HEADER_SESSION_ID};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use url::Url;

use super::Limits;
use super::failure::Failure;
use crate::egress::{Egress, Request, Response};
use crate::secret::Secret;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
/// An error's body is read for a JSON-RPC error, and no further than this.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// How often a redirect within the origin is followed.
const MAX_REDIRECTS: usize = 3;
/// Time to say goodbye to a server.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often a stream that broke off is taken up again.
const MAX_RESUMPTIONS: usize = 3;

type Headers = HashMap<HeaderName, HeaderValue>;
type Result<T> = std::result::Result<T, StreamableHttpError<Noted>>;

/// "Something failed; the wire has noted what."
#[derive(Debug, thiserror::Error)]
#[error("the request failed")]
pub(super) struct Noted;

/// One exchange with one server.
#[derive(Clone, Debug)]
pub(super) struct Wire(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    egress: Egress,
    url: Url,
    bearer: Option<Secret>,
    limits: Limits,
    /// Whether to keep a stream open for messages that belong to no request; the older era has some report progress so.
    listen: bool,
    failure: Mutex<Option<Failure>>,
}

impl Wire {
    pub(super) fn new(egress: &Egress, url: &Url, bearer: Option<&Secret>, limits: Limits, listen: bool) -> Self {
        let (egress, url, bearer) = (egress.clone(), url.clone(), bearer.cloned());
        Self(Arc::new(Inner { egress, url, bearer, limits, listen, failure: Mutex::default() }))
    }

    /// The last failure, once.
    pub(super) fn take_failure(&self) -> Option<Failure> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, failure: impl Into<Failure>) -> Noted {
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.into());
        Noted
    }

    fn host(&self) -> &str {
        self.0.url.host_str().unwrap_or("the server")
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
        match &self.0.bearer {
            Some(bearer) => request.bearer(bearer),
            None => request,
        }
    }

    /// Posts `body`; redirects that keep method, body and origin are followed.
    async fn deliver(
        &self,
        body: Bytes,
        session: Option<&str>,
        headers: &Headers,
        patience: Duration,
    ) -> std::result::Result<Response, Noted> {
        let mut url = self.0.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.request(Method::POST, url.clone(), session, headers.clone());
            let request = request.body(JSON, body.clone()).timeout(patience);
            let response = self.0.egress.send(request).await.map_err(|error| self.note(error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let to = response.headers().get(header::LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            match to {
                Some(to) if keeps_request(response.status()) && to.origin() == self.0.url.origin() => url = to,
                elsewhere => return Err(self.note(Failure::redirect(self.host(), elsewhere.as_ref()))),
            }
        }
        Err(self.note(Failure::redirect(self.host(), Some(&url))))
    }

    async fn accepted(&self, message: &ClientJsonRpcMessage, response: Response) -> Result<StreamableHttpPostResponse> {
        let awaits_answer = matches!(message, ClientJsonRpcMessage::Request(_));
        let session = response.headers().get(HEADER_SESSION_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        match response.media_type().as_str() {
            _ if !awaits_answer => Ok(StreamableHttpPostResponse::Accepted),
            EVENTS => Ok(StreamableHttpPostResponse::Sse(self.events(response, true), session)),
            JSON => {
                let body = response.bytes().await.map_err(|error| self.client(error))?;
                match serde_json::from_slice(&body) {
                    Ok(message) => Ok(StreamableHttpPostResponse::Json(message, session)),
                    Err(_) => Err(self.client(Failure::not_mcp(self.host(), JSON))),
                }
            }
            other => Err(self.client(Failure::not_mcp(self.host(), other))),
        }
    }

    /// A status of 400 and above: a JSON-RPC error in its body is the answer, else the status is.
    async fn declined(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<&str>,
        response: Response,
    ) -> Result<StreamableHttpPostResponse> {
        let status = response.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(self.client(Failure::session_lost(self.host())));
        }
        let failure = Failure::status(self.host(), status, response.headers(), self.0.bearer.is_some());
        if matches!(status.as_u16(), 401 | 403 | 429) {
            return Err(self.client(failure));
        }
        let said = json_rpc_error(response).await;
        match (message, said) {
            // a server of the older era knows no server/discover and may say so in any way: rmcp then tries initialize
            (ClientJsonRpcMessage::Request(request), said)
                if matches!(request.request, ClientRequest::DiscoverRequest(_)) && status.is_client_error() =>
            {
                let error = said.unwrap_or_else(|| ErrorData::invalid_request("server/discover is not known", None));
                let answer = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
                Ok(StreamableHttpPostResponse::Json(answer, None))
            }
            (ClientJsonRpcMessage::Request(request), Some(error)) => {
                let answer = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
                Ok(StreamableHttpPostResponse::Json(answer, None))
            }
            _ => Err(self.client(failure)),
        }
    }

    fn events(
        &self,
        response: Response,
        notes_failures: bool,
    ) -> BoxStream<'static, std::result::Result<Sse, SseError>> {
        let wire = self.clone();
        let bytes = response
            .stream()
            .map(move |chunk| chunk.map_err(|error| if notes_failures { wire.note(error) } else { Noted }));
        SseStream::from_bytes_stream(bytes).boxed()
    }

    fn client(&self, failure: impl Into<Failure>) -> StreamableHttpError<Noted> {
        StreamableHttpError::Client(self.note(failure))
    }
}

impl StreamableHttpClient for Wire {
    type Error = Noted;

    async fn post_message(
        &self,
        _uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _auth: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse> {
        let body = serde_json::to_vec(&message)?;
        let patience = match &message {
            ClientJsonRpcMessage::Request(_) => self.0.limits.remaining(),
            // "no longer wanted" is sent when time has run out
            _ => self.0.limits.remaining().max(FAREWELL),
        };
        let delivered = self.deliver(body.into(), session.as_deref(), &headers, patience).await;
        let response = delivered.map_err(StreamableHttpError::Client)?;
        match response.status() {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(StreamableHttpPostResponse::Accepted),
            status if status.is_success() => self.accepted(&message, response).await,
            _ => self.declined(&message, session.as_deref(), response).await,
        }
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session: Arc<str>,
        _auth: Option<String>,
        headers: Headers,
    ) -> Result<()> {
        let request = self.request(Method::DELETE, self.0.url.clone(), Some(&session), headers).timeout(FAREWELL);
        self.0.egress.send(request).await.map_err(|_| StreamableHttpError::Client(Noted))?;
        Ok(())
    }

    async fn get_stream(
        &self,
        _uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _auth: Option<String>,
        mut headers: Headers,
    ) -> Result<BoxStream<'static, std::result::Result<Sse, SseError>>> {
        if last_event.is_none() && !self.0.listen {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        if let Some(id) = last_event.and_then(|id| HeaderValue::try_from(id).ok())
            && let Ok(name) = HeaderName::try_from(HEADER_LAST_EVENT_ID)
        {
            headers.insert(name, id);
        }
        let request = self.request(Method::GET, self.0.url.clone(), session.as_deref(), headers);
        let response = self.0.egress.send(request).await.map_err(|_| StreamableHttpError::Client(Noted))?;
        if response.status().is_success() && response.media_type() == EVENTS {
            Ok(self.events(response, false))
        } else {
            Err(StreamableHttpError::ServerDoesNotSupportSse)
        }
    }
}

/// A stream that broke off may be taken up where it ended, unless it broke off because it was too long.
impl SseRetryPolicy for Wire {
    fn retry(&self, attempts: usize) -> Option<Duration> {
        let failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let hopeless = failure.as_ref().is_some_and(|failure| failure.class == "too_large");
        (!hopeless && attempts < MAX_RESUMPTIONS).then(|| Duration::from_millis(250 << attempts))
    }
}

fn keeps_request(status: StatusCode) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
}

async fn json_rpc_error(response: Response) -> Option<ErrorData> {
    if response.media_type() != JSON {
        return None;
    }
    let body = response.with_limit(MAX_ERROR_BODY).bytes().await.ok()?;
    match serde_json::from_slice(&body) {
        Ok(ServerJsonRpcMessage::Error(error)) => Some(error.error),
        _ => None,
    }
}
