//! Endpoints for monitoring: liveness, readiness, metrics.
//!
//! Anybody may read them: they tell nothing of a person, and the database is asked at most once in some seconds.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::db;
use crate::queue::DepthGauges;

pub(super) fn router() -> Router<App> {
    let depth = Arc::<DepthGauges>::default();
    Router::new()
        .route("/healthz", get(liveness))
        .route("/readyz", get(readiness))
        .route("/metrics", get(async move |State(app): State<App>| metrics(&app, &depth).await))
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

/// Answers with all metrics of this process, and with those of the queue, which all processes share.
async fn metrics(app: &App, depth: &DepthGauges) -> Response {
    depth.update(&app.system, &app.clock).await;
    app.databases().update_connection_gauges();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
