//! The ways to answer a browser: a page, a page with a status, a page that must not be kept, a redirect.

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

/// A page: kept by the browser, but asked for again each time (an unchanged one is then a 304).
pub fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// A page with a status: 422 for a form that came back with its errors.
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

/// A page that shows a secret once: nothing keeps it, not even the browser's Back.
pub fn page_shown_once(template: &impl Template) -> Response {
    unstored(page(template))
}

/// The same for an answer that is made already.
pub(super) fn unstored(mut response: Response) -> Response {
    response.headers_mut().remove(ETAG);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// Marks a response whose pieces must be passed on as they come, by proxies and by our own packing.
pub(super) const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A stream: nobody holds it back, nobody keeps it.
pub(super) fn unbuffered(mut response: Response) -> Response {
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 303 to one of our own pages, after a POST. Give it a path made by us, or one that passed [`local_path`].
pub fn see_other(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => Error::from(anyhow::anyhow!("a redirect to something that is not a path")).into_response(),
    }
}

/// The given address if it is a path on this site, else none: for `next=`, which anybody can write.
#[must_use]
pub fn local_path(next: &str) -> Option<&str> {
    // browsers read `\` as `/`, and drop tabs and line breaks before they look
    let plain = next.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\');
    (plain && next.starts_with('/') && !next.starts_with("//")).then_some(next)
}

/// Weak, because compression changes the bytes. A new build may hash differently: then a page is just sent again.
fn tag(html: &str) -> String {
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// The layer that answers 304 when the browser already has this very page.
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
