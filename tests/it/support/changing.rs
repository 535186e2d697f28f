//! A server of the 2026-07-28 era whose tools change while it runs, and that says so during calls if it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::any;
use http::{StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;
use super::scripted::handshake;

/// A running server.
pub(crate) struct Changing {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tools: Value,
    tells: bool,
    broken: bool,
    lists: usize,
}

impl Changing {
    pub(crate) async fn start(tools: Value) -> Self {
        let state = Arc::new(Mutex::new(State { tools, ..State::default() }));
        let seen = state.clone();
        let reply = move |body: String| async move { answer(&mut lock(&seen), &body) };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { address, state }
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// From now on it lists these.
    pub(crate) fn lists(&self, tools: Value) {
        lock(&self.state).tools = tools;
    }

    /// From now on each call is told that the tools have changed.
    pub(crate) fn tells(&self) {
        lock(&self.state).tells = true;
    }

    /// From now on it answers 500 to everything, or no longer.
    pub(crate) fn is_broken(&self, broken: bool) {
        lock(&self.state).broken = broken;
    }

    /// How often it was asked for its tools.
    pub(crate) fn asked(&self) -> usize {
        lock(&self.state).lists
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, body: &str) -> axum::response::Response {
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    if state.broken {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response();
    }
    state.lists += usize::from(request["method"] == "tools/list");
    if let Some(answer) = handshake(&request, &state.tools) {
        return answer;
    }
    let result = json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]});
    let result = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    let news = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let told = if state.tells { format!("data: {news}\n\n") } else { String::new() };
    let events = format!("{told}data: {result}\n\n");
    ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
}
