//! The metrics and the log line of each request. Both name the matched route, never the address, which may hold a reset
//! token or an OAuth code.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Span;

use crate::telemetry::RequestMetrics;

/// Middleware inside of the request's span.
pub(super) async fn record(State(metrics): State<RequestMetrics>, request: Request, next: Next) -> Response {
    let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let begin = Instant::now();
    let response = next.run(request).await;
    let (status, elapsed) = (response.status().as_u16(), begin.elapsed());
    let route = route.as_ref().map(MatchedPath::as_str);
    metrics.record(method.as_str(), route, status, elapsed.as_secs_f64());
    // signed: the exporter of spans makes a text of an unsigned number
    Span::current().record("status", i64::from(status));
    let route = route.unwrap_or("none");
    // static files would bury the pages that they belong to
    if !route.starts_with("/static/") {
        tracing::debug!("Answered {method} {route} with {status} in {} ms", elapsed.as_millis());
    }
    response
}
