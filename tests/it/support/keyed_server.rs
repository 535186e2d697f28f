//! An MCP server of protocol version 2026-07-28 that recognises its callers by a header of its own name. It repeats the key, as
//! careless servers do, and records the headers of each request.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;
use super::scripted_server::discovery_answer;

/// A running server.
pub(crate) struct KeyedServer {
    pub(crate) url: Url,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Value of the header that each request must have.
    required: String,
    headers: Vec<HeaderMap>,
}

impl KeyedServer {
    /// Starts a server whose requests need this value of `X-Api-Key`. It has one tool, `read`.
    pub(crate) async fn start(required: &str) -> Self {
        let state = Arc::new(Mutex::new(State { required: required.to_owned(), headers: Vec::new() }));
        let shared = state.clone();
        let reply = move |headers: HeaderMap, body: String| async move { answer(&shared, headers, &body) };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { url: Url::parse(&format!("http://{address}/mcp")).unwrap(), state }
    }

    /// Accepts only this value from now on.
    pub(crate) fn require(&self, required: &str) {
        required.clone_into(&mut self.state.lock().unwrap().required);
    }

    /// Returns a header of the latest request.
    pub(crate) fn latest_header(&self, name: &str) -> Option<String> {
        let state = self.state.lock().unwrap();
        state.headers.last()?.get(name).map(|value| value.to_str().unwrap().to_owned())
    }
}

fn answer(shared: &Mutex<State>, headers: HeaderMap, body: &str) -> Response {
    let key = headers.get("x-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let is_accepted = {
        let mut state = shared.lock().unwrap();
        state.headers.push(headers);
        key == state.required
    };
    if !is_accepted {
        return (StatusCode::UNAUTHORIZED, "who?").into_response();
    }
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    let tools = json!([{"name": "read", "inputSchema": {"type": "object"}}]);
    discovery_answer(&request, &tools).unwrap_or_else(|| {
        let text = format!("I saw {key}");
        axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": {
            "resultType": "complete", "ttlMs": 0, "cacheScope": "private", "content": [{"type": "text", "text": text}]
        }}))
        .into_response()
    })
}
