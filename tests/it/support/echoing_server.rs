//! A server of protocol version 2026-07-28 that repeats everything it was told, in every way that it has. Each call waits
//! until the story lets it go on.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use url::Url;

use super::listener::serve;
use super::scripted_server::discovery_answer;

/// The way in which the server answers a call.
#[derive(Clone, Copy)]
pub(crate) enum Echo {
    /// With progress and a result.
    Result,
    /// With an error of JSON-RPC.
    Error,
    /// With status 503.
    Unavailable,
}

/// A running server.
pub(crate) struct EchoingServer {
    address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Value>,
    answers: Arc<Mutex<Echo>>,
    gate: Arc<Semaphore>,
}

impl EchoingServer {
    pub(crate) async fn start(tools: Value) -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let (answers, gate) = (Arc::new(Mutex::new(Echo::Result)), Arc::new(Semaphore::new(0)));
        let (shared, closed) = (answers.clone(), gate.clone());
        let reply = move |body: String| async move {
            let request: Value = serde_json::from_str(&body).unwrap_or_default();
            if let Some(answer) = discovery_answer(&request, &tools) {
                return answer;
            }
            if request["method"] != "tools/call" {
                return StatusCode::ACCEPTED.into_response();
            }
            let answer = *shared.lock().unwrap();
            sender.send(request["params"]["arguments"].clone()).unwrap();
            closed.acquire().await.unwrap().forget();
            echo(&request, answer)
        };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { address, calls, answers, gate }
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// Answers calls in this way from now on.
    pub(crate) fn answer_with(&self, answer: Echo) {
        *self.answers.lock().unwrap() = answer;
    }

    /// Waits for the next call; returns its arguments.
    pub(crate) async fn next_call(&mut self) -> Value {
        self.calls.recv().await.unwrap()
    }

    /// Lets one call go on.
    pub(crate) fn release(&self) {
        self.gate.add_permits(1);
    }
}

fn echo(request: &Value, answer: Echo) -> Response {
    let (id, arguments) = (&request["id"], &request["params"]["arguments"]);
    let texts = arguments.as_object().unwrap().values().map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let texts: Vec<_> = texts.collect();
    let echo = format!("you sent {arguments}: {}", texts.join(", "));
    match answer {
        Echo::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, echo).into_response(),
        Echo::Error => {
            // a quote of five hundred characters ends within the first secret
            let message = format!("{}{}", "x".repeat(475), texts.join(", "));
            let error = json!({"code": -32602, "message": message, "data": arguments});
            axum::Json(json!({"jsonrpc": "2.0", "id": id, "error": error})).into_response()
        }
        Echo::Result => {
            let token = &request["params"]["_meta"]["progressToken"];
            let step = json!({"progressToken": token, "progress": 1, "total": 2, "message": echo});
            let step = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": step});
            let basic: Vec<_> = texts.iter().map(|text| BASE64_STANDARD.encode(format!("user:{text}"))).collect();
            let content = json!([{"type": "text", "text": echo}, {"type": "text", "text": basic.join(" ")}]);
            let result = json!({"resultType": "complete", "content": content, "structuredContent": arguments});
            let result = json!({"jsonrpc": "2.0", "id": id, "result": result});
            let events = format!("data: {step}\n\ndata: {result}\n\n");
            ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
        }
    }
}
