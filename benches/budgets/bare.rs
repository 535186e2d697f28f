//! Minimal peers: a page, a live stream and a tool server without anything built on them.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Html;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use craft::workbench::Workbench;
use futures_util::{Stream, StreamExt, stream};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;

/// Size of the bare page in bytes, about that of a full list.
const PAGE_BYTES: usize = 13_000;

/// Serves a page of usual size after a single indexed SELECT.
pub(crate) async fn page() {
    let pool = PgPoolOptions::new().max_connections(10).connect(&std::env::var("DATABASE_URL").unwrap()).await.unwrap();
    serve(Router::new().route("/", get(one_select)).with_state(pool)).await;
}

async fn one_select(State(pool): State<PgPool>) -> Html<String> {
    let slug: String = sqlx::query_scalar("SELECT slug FROM connectors WHERE owner_id IS NULL AND slug = $1")
        .bind("workbench")
        .fetch_one(&pool)
        .await
        .unwrap();
    Html(format!("{slug}{}", "x".repeat(PAGE_BYTES)))
}

/// Serves a stream with one event, then keep-alive comments.
pub(crate) async fn events() {
    serve(Router::new().route("/", get(one_event))).await;
}

async fn one_event() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::iter([Ok(Event::default().data("hello"))]).chain(stream::pending());
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Serves the Workbench over HTTP: a fast, real MCP server. Beside it is a REST service with one list.
pub(crate) async fn server() {
    let workbench = || Ok(Workbench::new(env!("CARGO_BIN_EXE_craft")));
    let sessions: Arc<LocalSessionManager> = Arc::default();
    let service = StreamableHttpService::new(workbench, sessions, StreamableHttpServerConfig::default());
    let rest = Router::new().route("/account", get(account)).route("/customers", get(customers));
    serve(Router::new().nest_service("/mcp", service).nest("/v1", rest)).await;
}

async fn account() -> Json<Value> {
    Json(json!({ "id": "acct_1", "settings": { "dashboard": { "display_name": "Bench" } } }))
}

async fn customers() -> Json<Value> {
    let customer =
        |n| json!({ "id": format!("cus_{n}"), "email": format!("{n}@example.com"), "name": "Ada", "created": 1 });
    Json(json!({ "object": "list", "has_more": false, "data": (0..10).map(customer).collect::<Vec<_>>() }))
}

async fn serve(router: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("Listening on http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    axum::serve(listener, router).await.unwrap();
}
