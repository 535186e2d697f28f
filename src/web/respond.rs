//! Responses for browsers: a page, a page with a status, a page that must not be stored, a redirect.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;
use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::error::Error;

/// Value of `Cache-Control` for payloads and secrets, on pages and downloads alike.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Responds with a page. The browser stores it and revalidates it each time; an unchanged page is then a 304.
pub fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// Responds with a page and a status, such as 422 for a form with errors.
pub fn page_with(status: StatusCode, template: &impl Template) -> Response {
    let html = match template.render().context("a template did not render") {
        Ok(html) => html,
        Err(error) => return Error::from(error).into_response(),
    };
    let tag = tag(&html);
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if status == StatusCode::OK
        && let Ok(tag) = HeaderValue::try_from(tag)
    {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Responds with a page that shows a payload (of a job, of an audit entry) or a secret. Nothing stores it, not even the
/// browser's Back.
pub fn page_unstored(template: &impl Template) -> Response {
    forbid_storing(page(template))
}

/// Forbids browsers and proxies to store a finished response.
pub(super) fn forbid_storing(mut response: Response) -> Response {
    response.headers_mut().remove(ETAG);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Marks a response whose pieces proxies and our own compression must pass on at once.
pub(super) const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Marks a stream, which nothing may buffer or store.
pub(super) fn unbuffered(mut response: Response) -> Response {
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Redirects with 303 to one of our own pages, after a POST. The path is made by us, or it passed [`local_path`].
pub fn see_other(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => Error::from(anyhow::anyhow!("a redirect to something that is not a path")).into_response(),
    }
}

/// Returns the address if it is a path on this site. Anybody can write the parameter `next=`.
#[must_use]
pub fn local_path(next: &str) -> Option<&str> {
    // browsers read `\` as `/`, and drop tabs and line breaks before they parse an address
    let plain = next.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\');
    (plain && next.starts_with('/') && !next.starts_with("//")).then_some(next)
}

/// Builds a weak tag, because compression changes the bytes. If a new build hashes differently, the page is sent again.
fn tag(html: &str) -> String {
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Middleware that answers 304 when the browser already has this page.
pub(super) async fn revalidate(request: Request, next: Next) -> Response {
    let known = (request.method() == Method::GET).then(|| request.headers().get(IF_NONE_MATCH).cloned()).flatten();
    let mut response = next.run(request).await;
    if let Some(known) = known
        && response.status() == StatusCode::OK
        && matches(&known, response.headers())
    {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}

fn matches(known: &HeaderValue, headers: &HeaderMap) -> bool {
    let (Ok(known), Some(Ok(tag))) = (known.to_str(), headers.get(ETAG).map(HeaderValue::to_str)) else { return false };
    known.split(',').any(|candidate| candidate.trim() == tag)
}

#[cfg(test)]
mod tests {
    use super::{local_path, see_other};
    use http::StatusCode;

    #[test]
    fn next_never_leaves_this_site() {
        assert_eq!(local_path("/jobs?status=failed"), Some("/jobs?status=failed"));
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "jobs", ""] {
            assert_eq!(local_path(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_redirect_cannot_carry_another_header() {
        assert_eq!(see_other("/jobs").status(), StatusCode::SEE_OTHER);
        assert_eq!(see_other("/jobs\r\nSet-Cookie: x=y").status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
