//! Streamable HTTP over egress, as the HTTP client of rmcp, for a session.
//!
//! rmcp loses some of the errors that its HTTP client reports (a broken stream becomes "closed"). The transport therefore
//! records the last failure, and the session asks for it when rmcp fails. rmcp never receives the credential.

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
use super::failure::{from_status, not_mcp, not_mcp_json, redirect, session_lost};
use crate::egress::{Egress, Failure, Request, Response};
use crate::secret::Secret;

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
/// Maximum number of bytes of an error response that are searched for a JSON-RPC error.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// Maximum number of redirects that are followed within the origin.
const MAX_REDIRECTS: usize = 3;
/// Time for notifications after the deadline: a cancellation, or the end of the session.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of attempts to resume a broken stream.
const MAX_RESUMPTIONS: usize = 3;

type Headers = HashMap<HeaderName, HeaderValue>;
type Result<T> = std::result::Result<T, StreamableHttpError<RecordedFailure>>;

/// A failure whose details the transport has recorded.
#[derive(Debug, thiserror::Error)]
#[error("the request failed")]
pub(super) struct RecordedFailure;

/// The transport of one session.
#[derive(Clone, Debug)]
pub(super) struct HttpTransport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    egress: Egress,
    url: Url,
    bearer: Option<Secret>,
    limits: Limits,
    /// Opens a stream for messages that belong to no request. Some servers of older revisions report progress there.
    listen: bool,
    failure: Mutex<Option<Failure>>,
}

impl HttpTransport {
    pub(super) fn new(egress: &Egress, url: &Url, bearer: Option<&Secret>, limits: Limits, listen: bool) -> Self {
        let (egress, url, bearer) = (egress.clone(), url.clone(), bearer.cloned());
        Self(Arc::new(Inner { egress, url, bearer, limits, listen, failure: Mutex::default() }))
    }

    /// Takes the recorded failure.
    pub(super) fn take_failure(&self) -> Option<Failure> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn record(&self, failure: impl Into<Failure>) -> RecordedFailure {
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.into());
        RecordedFailure
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
    async fn post(
        &self,
        body: Bytes,
        session: Option<&str>,
        headers: &Headers,
        timeout: Duration,
    ) -> std::result::Result<Response, RecordedFailure> {
        let mut url = self.0.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.request(Method::POST, url.clone(), session, headers.clone());
            let request = request.body(JSON, body.clone()).timeout(timeout);
            let response = self.0.egress.send(request).await.map_err(|error| self.record(error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|location| url.join(location.to_str().ok()?).ok());
            match location {
                Some(to) if keeps_request(response.status()) && to.origin() == self.0.url.origin() => url = to,
                other => return Err(self.record(redirect(self.host(), other.as_ref()))),
            }
        }
        Err(self.record(redirect(self.host(), Some(&url))))
    }

    async fn read_success(
        &self,
        message: &ClientJsonRpcMessage,
        response: Response,
    ) -> Result<StreamableHttpPostResponse> {
        let awaits_answer = matches!(message, ClientJsonRpcMessage::Request(_));
        let session = response.headers().get(HEADER_SESSION_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        match response.media_type().as_str() {
            _ if !awaits_answer => Ok(StreamableHttpPostResponse::Accepted),
            EVENT_STREAM => Ok(StreamableHttpPostResponse::Sse(self.events(response, true), session)),
            JSON => {
                let body = response.bytes().await.map_err(|error| self.client_error(error))?;
                match serde_json::from_slice(&body) {
                    Ok(message) => Ok(StreamableHttpPostResponse::Json(message, session)),
                    Err(_) => Err(self.client_error(not_mcp_json(self.host()))),
                }
            }
            other => Err(self.client_error(not_mcp(self.host(), other))),
        }
    }

    /// Reads a response with a status of 400 or above: a JSON-RPC error in its body is the answer, otherwise the status is.
    async fn read_error(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<&str>,
        response: Response,
    ) -> Result<StreamableHttpPostResponse> {
        let status = response.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(self.client_error(session_lost(self.host())));
        }
        let failure = from_status(self.host(), status, response.headers(), self.0.bearer.is_some());
        if matches!(status.as_u16(), 401 | 403 | 429) {
            return Err(self.client_error(failure));
        }
        let error = json_rpc_error(response).await;
        match (message, error) {
            // a server of an older revision may reject server/discover in any way: rmcp then tries initialize
            (ClientJsonRpcMessage::Request(request), error)
                if matches!(request.request, ClientRequest::DiscoverRequest(_)) && status.is_client_error() =>
            {
                let error = error.unwrap_or_else(|| ErrorData::invalid_request("server/discover is not known", None));
                let answer = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
                Ok(StreamableHttpPostResponse::Json(answer, None))
            }
            (ClientJsonRpcMessage::Request(request), Some(error)) => {
                let answer = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
                Ok(StreamableHttpPostResponse::Json(answer, None))
            }
            _ => Err(self.client_error(failure)),
        }
    }

    fn events(
        &self,
        response: Response,
        records_failures: bool,
    ) -> BoxStream<'static, std::result::Result<Sse, SseError>> {
        let transport = self.clone();
        let bytes = response.stream().map(move |chunk| {
            chunk.map_err(|error| if records_failures { transport.record(error) } else { RecordedFailure })
        });
        SseStream::from_bytes_stream(bytes).boxed()
    }

    fn client_error(&self, failure: impl Into<Failure>) -> StreamableHttpError<RecordedFailure> {
        StreamableHttpError::Client(self.record(failure))
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
        let body = serde_json::to_vec(&message)?;
        let timeout = match &message {
            ClientJsonRpcMessage::Request(_) => self.0.limits.remaining(),
            // a cancellation is sent when no time remains
            _ => self.0.limits.remaining().max(CLOSE_TIMEOUT),
        };
        let posted = self.post(body.into(), session.as_deref(), &headers, timeout).await;
        let response = posted.map_err(StreamableHttpError::Client)?;
        match response.status() {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(StreamableHttpPostResponse::Accepted),
            status if status.is_success() => self.read_success(&message, response).await,
            _ => self.read_error(&message, session.as_deref(), response).await,
        }
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session: Arc<str>,
        _auth: Option<String>,
        headers: Headers,
    ) -> Result<()> {
        let request = self.request(Method::DELETE, self.0.url.clone(), Some(&session), headers).timeout(CLOSE_TIMEOUT);
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
        let response = self.0.egress.send(request).await.map_err(|_| StreamableHttpError::Client(RecordedFailure))?;
        if response.status().is_success() && response.media_type() == EVENT_STREAM {
            Ok(self.events(response, false))
        } else {
            Err(StreamableHttpError::ServerDoesNotSupportSse)
        }
    }
}

/// Resumes a broken stream where it ended, unless it was too long.
impl SseRetryPolicy for HttpTransport {
    fn retry(&self, attempts: usize) -> Option<Duration> {
        let failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let is_too_large = failure.as_ref().is_some_and(|failure| failure.class == "too_large");
        (!is_too_large && attempts < MAX_RESUMPTIONS).then(|| Duration::from_millis(250 << attempts))
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
