//! What was asked, kept aside while the handler runs, because its answer may need it.

use axum::extract::Request;
use http::HeaderMap;
use http::header::ACCEPT;

use super::request_id::RequestId;

/// The parts of a request that an error page repeats or depends on.
#[derive(Debug)]
pub(super) struct RequestSummary {
    /// A method that changes nothing.
    pub(super) safe_method: bool,
    /// The client wants JSON.
    pub(super) json: bool,
    /// Path and query, for a link that tries again.
    pub(super) target: String,
    /// What support asks for.
    pub(super) request_id: String,
}

impl RequestSummary {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            safe_method: request.method().is_safe(),
            json: wants_json(request.uri().path(), request.headers()),
            target: local_target(request),
            request_id: request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// A JSON address, or a program that asks for JSON and not for pages.
pub(super) fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "json")
        || (accept.contains("application/json") && !accept.contains("text/html"))
}

/// A path like `//elsewhere` would be read as another host when it stands in a link.
fn local_target(request: &Request) -> String {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    format!("/{}", target.trim_start_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::RequestSummary;
    use axum::body::Body;
    use axum::extract::Request;

    fn asked(uri: &str, accept: &str) -> RequestSummary {
        RequestSummary::of(&Request::get(uri).header("accept", accept).body(Body::empty()).unwrap())
    }

    #[test]
    fn json_is_for_json_addresses_and_json_clients() {
        assert!(asked("/jobs/1.json", "text/html").json);
        assert!(asked("/jobs/1", "application/json").json);
        assert!(!asked("/jobs/1", "text/html, application/json;q=0.5").json);
        assert!(!asked("/jobs/1", "*/*").json);
    }

    #[test]
    fn a_link_to_try_again_stays_here() {
        assert_eq!(asked("//evil.example/x?y=1", "").target, "/evil.example/x?y=1");
        assert_eq!(asked("/jobs?status=failed", "").target, "/jobs?status=failed");
    }
}
