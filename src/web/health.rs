//! Endpoints for monitoring: liveness, readiness, metrics.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::db;

pub(super) fn router() -> Router<App> {
    Router::new().route("/healthz", get(liveness)).route("/readyz", get(readiness)).route("/metrics", get(metrics))
}

async fn liveness() -> &'static str {
    "ok\n"
}

async fn readiness(State(app): State<App>) -> Response {
    match db::check_migrations(&app.databases()).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "Answered that the hub is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")).into_response()
        }
    }
}

async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
