//! Redirects for htmx. It follows one inside of its request, and would put the page behind it into the page that asked.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Middleware that answers htmx with the address of a redirect in a header. htmx then makes the browser load it.
pub(super) async fn answer_by_header(request: Request, next: Next) -> Response {
    let is_htmx = request.headers().contains_key(HX_REQUEST);
    let mut response = next.run(request).await;
    if is_htmx
        && response.status().is_redirection()
        && let Some(location) = response.headers_mut().remove(LOCATION)
    {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(HX_REDIRECT, location);
    }
    response
}
