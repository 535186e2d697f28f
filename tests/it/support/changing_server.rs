//! A server of protocol version 2026-07-28 whose tools change while it runs. It can announce the change during calls.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::any;
use http::{StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;
use super::scripted_server::discovery_answer;

/// A running server.
pub(crate) struct ChangingServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tools: Value,
    announces_changes: bool,
    is_broken: bool,
    list_count: usize,
    call_count: usize,
}

impl ChangingServer {
    pub(crate) async fn start(tools: Value) -> Self {
        let state = Arc::new(Mutex::new(State { tools, ..State::default() }));
        let shared = state.clone();
        let reply = move |body: String| async move { answer(&mut lock(&shared), &body) };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { address, state }
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// Replaces the tools.
    pub(crate) fn set_tools(&self, tools: Value) {
        lock(&self.state).tools = tools;
    }

    /// Sends `notifications/tools/list_changed` during each call from now on.
    pub(crate) fn announce_changes(&self) {
        lock(&self.state).announces_changes = true;
    }

    /// Answers 500 to every request from now on, or works again.
    pub(crate) fn set_broken(&self, is_broken: bool) {
        lock(&self.state).is_broken = is_broken;
    }

    /// Returns how many times a client has listed the tools.
    pub(crate) fn list_count(&self) -> usize {
        lock(&self.state).list_count
    }

    /// Returns how many times a client has called a tool.
    pub(crate) fn call_count(&self) -> usize {
        lock(&self.state).call_count
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, body: &str) -> axum::response::Response {
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    if state.is_broken {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response();
    }
    state.list_count += usize::from(request["method"] == "tools/list");
    state.call_count += usize::from(request["method"] == "tools/call");
    if let Some(answer) = discovery_answer(&request, &state.tools) {
        return answer;
    }
    let result = json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]});
    let result = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    let change = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let announcement = if state.announces_changes { format!("data: {change}\n\n") } else { String::new() };
    let events = format!("{announcement}data: {result}\n\n");
    ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
}
