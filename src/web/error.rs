//! From a failure to the page about it.
//!
//! Handlers return [`Error`]; its response carries a `Failure` and no body. One layer, `pages`, turns that into a
//! whole HTML page (or a small JSON for clients of JSON) and logs the cause, once. Internal text never leaves.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::failure_words::{self, Words};
use super::request_summary::RequestSummary;
use super::shell::{Shell, ViewerSlot};
use crate::error::Error as DomainError;

/// What every handler returns.
pub type Result<T = Response, E = Error> = std::result::Result<T, E>;

/// A failure on its way to a page.
#[derive(Debug)]
pub struct Error(Failure);

/// What the page layer needs to know; travels in the extensions of a response.
#[derive(Clone, Debug)]
struct Failure {
    status: StatusCode,
    message: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    cause: Option<Arc<DomainError>>,
}

impl Failure {
    const fn bare(status: StatusCode) -> Self {
        Self { status, message: None, retry_after: None, cause: None }
    }
}

impl Error {
    /// A failure known only to the web: a status and a sentence for people.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Failure { message: Some(message.into()), ..Failure::bare(status) })
    }

    /// The address was right once (a used or expired link); the sentence says what to do instead.
    pub fn gone(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::GONE, message)
    }

    /// No page has this address.
    #[must_use]
    pub const fn not_found() -> Self {
        Self(Failure::bare(StatusCode::NOT_FOUND))
    }

    /// The status that the page will have.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl<E: Into<DomainError>> From<E> for Error {
    fn from(error: E) -> Self {
        let error = error.into();
        let (status, retry_after) = match &error {
            DomainError::NotFound(_) => (StatusCode::NOT_FOUND, None),
            DomainError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
            DomainError::Conflict(_) => (StatusCode::CONFLICT, None),
            DomainError::Refused(_) => (StatusCode::FORBIDDEN, None),
            DomainError::Upstream { .. } => (StatusCode::BAD_GATEWAY, None),
            DomainError::Limited { retry_after, .. } => (StatusCode::TOO_MANY_REQUESTS, Some(*retry_after)),
            DomainError::Unavailable(_) | DomainError::Locked(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(Duration::from_secs(5)))
            }
            DomainError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let message = match &error {
            DomainError::Internal(_) => None,
            // the fields are the form's business; on this page only the sentences help
            DomainError::Invalid(faults) => Some(sentences(faults)),
            written_for_people => Some(written_for_people.to_string()),
        };
        Self(Failure { status, message: message.map(Cow::Owned), retry_after, cause: Some(Arc::new(error)) })
    }
}

fn sentences(faults: &crate::error::FieldFaults) -> String {
    faults.faults().iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join(". ")
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// A panic in a handler is an internal error like any other.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = anyhow::anyhow!("a handler panicked: {}", words.as_deref().unwrap_or("no message"));
    // the payload may own something whose destructor panics again; that one is not caught
    drop(panic);
    Error::from(cause).into_response()
}

/// The layer that renders failures, and bare statuses of the router (404, 405, a cut-off handler), as pages.
pub(super) async fn pages(mut request: Request, next: Next) -> Response {
    let asked = RequestSummary::of(&request);
    let viewer = ViewerSlot::default();
    request.extensions_mut().insert(viewer.clone());
    let mut response = next.run(request).await;
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure,
        None if is_bare(&response) => Failure::bare(response.status()),
        None => return response,
    };
    log(&failure);
    // what the handler set stays: a cookie, the list of allowed methods
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = failure.retry_after {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    let (mime, body) = render(&failure, &asked, &viewer);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    Response::from_parts(parts, body.into())
}

fn is_bare(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error()) && !response.headers().contains_key(CONTENT_TYPE)
}

fn render(failure: &Failure, asked: &RequestSummary, viewer: &ViewerSlot) -> (&'static str, String) {
    let words = failure_words::of(failure.status);
    let message = failure.message.as_deref().unwrap_or(words.message);
    if asked.json {
        let error = serde_json::json!({
            "status": failure.status.as_u16(), "message": message, "request_id": asked.request_id,
        });
        return ("application/json", serde_json::json!({ "error": error }).to_string());
    }
    let safe = failure_words::is_work_safe(failure.status, asked.safe_method);
    let again = (words.again && asked.safe_method).then_some(asked.target.as_str());
    let shell = Shell::new(words.title).viewer(viewer.get());
    let page = ErrorPage { shell, words, message, safe, again, request_id: &asked.request_id };
    match page.render() {
        Ok(html) => ("text/html; charset=utf-8", html),
        Err(_) => ("text/plain; charset=utf-8", format!("{}. {message}. Request {}", words.title, asked.request_id)),
    }
}

fn log(failure: &Failure) {
    let status = failure.status.as_u16();
    let cause = failure.cause.as_deref().map(chain);
    let cause = cause.as_deref().unwrap_or("none");
    match failure.status {
        StatusCode::BAD_GATEWAY => tracing::warn!(status, cause, "another service failed a request"),
        code if code.is_server_error() => tracing::error!(status, cause, "request failed"),
        _ => tracing::debug!(status, cause, "request refused"),
    }
}

/// The error and its causes, outermost first.
fn chain(error: &DomainError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell,
    words: &'static Words,
    message: &'a str,
    safe: &'static str,
    again: Option<&'a str>,
    request_id: &'a str,
}
