//! Records the requests to a server in the order of the wire.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::watch;

/// The requests so far, such as `POST initialize` or `DELETE`.
#[derive(Clone)]
pub(crate) struct RequestRecorder(watch::Sender<Vec<String>>);

impl RequestRecorder {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    /// Wraps `router`: records each request, and refuses `server/discover` as servers of the older protocol do.
    pub(crate) fn wrap_as_older_server(&self, router: Router) -> Router {
        let this = self.clone();
        router.layer(from_fn(move |request, next| this.clone().record(request, next)))
    }

    async fn record(self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        let message: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        self.0.send_modify(|requests| requests.push(format!("{} {method}", parts.method).trim_end().to_owned()));
        if method == "server/discover" {
            return (StatusCode::BAD_REQUEST, "Bad Request: No valid session ID provided").into_response();
        }
        next.run(Request::from_parts(parts, Body::from(body))).await
    }

    /// Waits until `last` is among the requests; returns all of them.
    pub(crate) async fn until(&self, last: &str) -> Vec<String> {
        let mut requests = self.0.subscribe();
        let requests = requests.wait_for(|requests| requests.iter().any(|request| request == last)).await.unwrap();
        requests.clone()
    }
}
