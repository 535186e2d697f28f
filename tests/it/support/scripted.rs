//! A server of the 2026-07-28 era that lists and answers what a story wants, and remembers what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;

/// What a request brought: the `Authorization` header, and the body as it was on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// A running server.
pub(crate) struct Scripted {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    manner: Arc<Mutex<Manner>>,
}

/// How it treats whoever asks.
struct Manner {
    /// What the `Authorization` header must be.
    wanted: Option<String>,
    /// A method that is answered with this status.
    failing: Option<(&'static str, StatusCode)>,
}

impl Scripted {
    /// Lists `tools` to everybody; each call returns one text, `answer`.
    pub(crate) async fn start(tools: Value, answer: &str) -> Self {
        Self::guarded(tools, answer, None).await
    }

    /// The same, but 401 to whoever does not present `token`.
    pub(crate) async fn guarded(tools: Value, answer: &str, token: Option<&str>) -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let wanted = token.map(|token| format!("Bearer {token}"));
        let manner = Arc::new(Mutex::new(Manner { wanted, failing: None }));
        let (notes, answer, mind) = (heard.clone(), answer.to_owned(), manner.clone());
        let reply = move |headers: HeaderMap, body: String| async move {
            let request: Value = serde_json::from_str(&body).unwrap_or_default();
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            let (wanted, failing) = {
                let manner = mind.lock().unwrap();
                (manner.wanted.clone(), manner.failing)
            };
            let refused = wanted.is_some() && wanted != authorization;
            notes.lock().unwrap().push(Heard { method: method.clone(), authorization, body });
            if refused {
                return (StatusCode::UNAUTHORIZED, "who?").into_response();
            }
            if let Some((_, status)) = failing.filter(|(failing, _)| *failing == method) {
                return (status, "not now").into_response();
            }
            let called = json!({"content": [{"type": "text", "text": answer}]});
            handshake(&request, &tools).unwrap_or_else(|| complete(&request, &called))
        };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { address, heard, manner }
    }

    /// Accepts this token from now on, and no other.
    pub(crate) fn want(&self, token: &str) {
        self.manner.lock().unwrap().wanted = Some(format!("Bearer {token}"));
    }

    /// Answers a method with this status from now on; none: as it should.
    pub(crate) fn fail(&self, failing: Option<(&'static str, u16)>) {
        let failing = failing.map(|(method, status)| (method, StatusCode::from_u16(status).unwrap()));
        self.manner.lock().unwrap().failing = failing;
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// How many requests there were so far.
    pub(crate) fn visits(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// The requests of one method so far.
    pub(crate) fn heard(&self, method: &str) -> Vec<Heard> {
        self.heard.lock().unwrap().iter().filter(|heard| heard.method == method).cloned().collect()
    }
}

/// The answer to a request that begins a conversation or lists the tools; none to any other.
pub(crate) fn handshake(request: &Value, tools: &Value) -> Option<Response> {
    match request["method"].as_str()? {
        "server/discover" => {
            let server = json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}});
            Some(complete(request, &server))
        }
        "tools/list" => Some(complete(request, &json!({ "tools": tools }))),
        _ => None,
    }
}

/// A whole result.
fn complete(request: &Value, more: &Value) -> Response {
    let mut result = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private"});
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

/// `count` tools without arguments.
pub(crate) fn tools(count: usize) -> Value {
    (0..count).map(|n| json!({"name": format!("tool-{n}"), "inputSchema": {"type": "object"}})).collect()
}
