//! The parts of a request that its answer may need, saved before the handler consumes the request.

use axum::extract::Request;
use http::HeaderMap;
use http::header::ACCEPT;

use super::request_id::RequestId;

/// The parts of a request that an error page repeats or depends on.
#[derive(Debug)]
pub(super) struct RequestSummary {
    /// The method changes nothing.
    pub(super) is_safe: bool,
    /// The client wants JSON.
    pub(super) wants_json: bool,
    /// Path and query, for a link that tries again.
    pub(super) target: String,
    /// The id that support asks for.
    pub(super) request_id: String,
}

impl RequestSummary {
    pub(super) fn new(request: &Request) -> Self {
        Self {
            is_safe: request.method().is_safe(),
            wants_json: wants_json(request.uri().path(), request.headers()),
            target: local_target(request),
            request_id: request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// Detects a JSON address, or a program that accepts JSON and not HTML.
pub(super) fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "json")
        || (accept.contains("application/json") && !accept.contains("text/html"))
}

/// Returns path and query for a link. A path like `//elsewhere` would name another host there.
fn local_target(request: &Request) -> String {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    format!("/{}", target.trim_start_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::RequestSummary;
    use axum::body::Body;
    use axum::extract::Request;

    fn summary(uri: &str, accept: &str) -> RequestSummary {
        RequestSummary::new(&Request::get(uri).header("accept", accept).body(Body::empty()).unwrap())
    }

    #[test]
    fn json_is_for_json_addresses_and_json_clients() {
        assert!(summary("/jobs/1.json", "text/html").wants_json);
        assert!(summary("/jobs/1", "application/json").wants_json);
        assert!(!summary("/jobs/1", "text/html, application/json;q=0.5").wants_json);
        assert!(!summary("/jobs/1", "*/*").wants_json);
    }

    #[test]
    fn a_link_to_try_again_stays_here() {
        assert_eq!(summary("//evil.example/x?y=1", "").target, "/evil.example/x?y=1");
        assert_eq!(summary("/jobs?status=failed", "").target, "/jobs?status=failed");
    }
}
