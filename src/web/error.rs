//! Errors of handlers, and the middleware that renders them as pages.
//!
//! Handlers return [`Error`]; its response carries a `Failure` and no body. The `render_errors` middleware turns it into
//! a whole HTML page, or a small JSON for JSON clients, and logs the cause once. Internal text never leaves.

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

use super::error_text::{self, ErrorText, WayOut};
use super::request_summary::RequestSummary;
use super::shell::{Shell, ViewerSlot};
use crate::error::Error as DomainError;

/// The result of a handler.
pub type Result<T = Response, E = Error> = std::result::Result<T, E>;

/// An error that becomes an error page.
#[derive(Debug)]
pub struct Error(Failure);

/// The facts that the error page needs; they travel in the extensions of the response.
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
    /// Builds an error that only the web layer knows, from a status and a sentence for people.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Failure { message: Some(message.into()), ..Failure::bare(status) })
    }

    /// Builds a 410 for an address that was valid once, such as a used link. The message says what to do instead.
    pub fn gone_page(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::GONE, message)
    }

    /// Builds the error of an address that has no page.
    #[must_use]
    pub const fn not_found() -> Self {
        Self(Failure::bare(StatusCode::NOT_FOUND))
    }

    /// The status of the error page.
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
            DomainError::Stale(_) | DomainError::Conflict(_) | DomainError::ToolChanged(_) => {
                (StatusCode::CONFLICT, None)
            }
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
            // the form shows the fields; an error page can show only the sentences
            DomainError::Invalid(faults) => Some(sentences(faults)),
            for_people => Some(for_people.to_string()),
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

/// Turns a panic of a handler into an internal error.
pub(super) fn panic_response(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = anyhow::anyhow!("a handler panicked: {}", message.as_deref().unwrap_or("no message"));
    // the payload may own something whose destructor panics too, and that panic is not caught
    drop(panic);
    Error::from(cause).into_response()
}

/// Middleware that renders failures, and bare statuses of the router (404, 405, a timeout), as pages.
pub(super) async fn render_errors(mut request: Request, next: Next) -> Response {
    let request_summary = RequestSummary::new(&request);
    let viewer = ViewerSlot::default();
    request.extensions_mut().insert(viewer.clone());
    let mut response = next.run(request).await;
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure,
        None if is_bare(&response) => Failure::bare(response.status()),
        None => return response,
    };
    log_failure(&failure);
    // headers of the handler stay, such as a cookie or the list of allowed methods
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = failure.retry_after {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    let (mime, body) = render(&failure, &request_summary, &viewer);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    Response::from_parts(parts, body.into())
}

fn is_bare(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error()) && !response.headers().contains_key(CONTENT_TYPE)
}

fn render(failure: &Failure, request: &RequestSummary, viewer: &ViewerSlot) -> (&'static str, String) {
    let text = match failure.cause.as_deref() {
        Some(DomainError::Stale(_)) => &error_text::STALE,
        _ => error_text::for_status(failure.status),
    };
    let message = failure.message.as_deref().unwrap_or(text.message);
    if request.wants_json {
        let mut error = serde_json::json!({
            "status": failure.status.as_u16(), "message": message, "request_id": request.request_id,
        });
        if let Some(code) = failure.cause.as_deref().and_then(DomainError::code) {
            error["code"] = code.into();
        }
        return ("application/json", serde_json::json!({ "error": error }).to_string());
    }
    let saved_notice = error_text::saved_notice(failure.status, request.is_safe);
    let retry_href = (text.can_retry && request.is_safe).then_some(request.target.as_str());
    let shell = viewer.shell(text.title);
    let way_out = error_text::way_out(&request.target, &shell.here());
    let detail = failure.cause.as_deref().and_then(DomainError::detail);
    let request_id = &request.request_id;
    let page = ErrorPage { shell, text, message, detail, saved_notice, retry_href, way_out, request_id };
    match page.render() {
        Ok(html) => ("text/html; charset=utf-8", html),
        Err(_) => ("text/plain; charset=utf-8", format!("{}. {message}. Request {}", text.title, request.request_id)),
    }
}

fn log_failure(failure: &Failure) {
    let status = failure.status.as_u16();
    let cause = failure.cause.as_deref().map(error_chain);
    let cause = cause.as_deref().unwrap_or("none");
    match failure.status {
        StatusCode::BAD_GATEWAY => tracing::warn!(status, cause, "A request failed because another service did"),
        code if code.is_server_error() => tracing::error!(status, cause, "Failed to serve a request"),
        _ => tracing::debug!(status, cause, "Refused a request"),
    }
}

/// Joins the error and its causes, outermost first.
fn error_chain(error: &DomainError) -> String {
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
    text: &'static ErrorText,
    message: &'a str,
    detail: Option<&'a str>,
    saved_notice: Option<&'static str>,
    retry_href: Option<&'a str>,
    /// The list to go to, for a person who is signed in.
    way_out: WayOut,
    request_id: &'a str,
}
