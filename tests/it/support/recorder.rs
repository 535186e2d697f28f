//! Writes down what a server is asked, on the wire, in order.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::watch;

/// The requests so far, such as `POST initialize` or `DELETE`.
#[derive(Clone)]
pub(crate) struct Recorder(watch::Sender<Vec<String>>);

impl Recorder {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    /// `router`, overheard; `server/discover` is turned away as servers of the older era do.
    pub(crate) fn before_older(&self, router: Router) -> Router {
        let this = self.clone();
        router.layer(from_fn(move |request, next| this.clone().overhear(request, next)))
    }

    async fn overhear(self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        let message: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let asked = message["method"].as_str().unwrap_or_default().to_owned();
        self.0.send_modify(|heard| heard.push(format!("{} {asked}", parts.method).trim_end().to_owned()));
        if asked == "server/discover" {
            return (StatusCode::BAD_REQUEST, "Bad Request: No valid session ID provided").into_response();
        }
        next.run(Request::from_parts(parts, Body::from(body))).await
    }

    /// All requests, once `last` is among them.
    pub(crate) async fn until(&self, last: &str) -> Vec<String> {
        let mut heard = self.0.subscribe();
        let heard = heard.wait_for(|heard| heard.iter().any(|request| request == last)).await.unwrap();
        heard.clone()
    }
}
