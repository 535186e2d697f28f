//! A server of protocol version 2026-07-28 with the tools and the answer of a story. It records each request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;

/// A request: two of its headers, and its body as on the wire.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    pub(crate) authorization: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: String,
}

/// A running server.
pub(crate) struct ScriptedServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

/// The refusals and the special answers of the server.
struct Behaviour {
    /// The header that each request must have, and its value.
    required_header: Option<(&'static str, String)>,
    /// The method that fails, and its status.
    failing: Option<(&'static str, StatusCode)>,
    /// The method with an answer of its own, and the members of its message: `result` or `error`.
    answered: Option<(&'static str, Value)>,
}

impl ScriptedServer {
    /// Starts a server that lists `tools` without sign-in. Each call returns the text `answer`.
    pub(crate) async fn start(tools: Value, answer: &str) -> Self {
        Self::guarded(tools, answer, None).await
    }

    /// Starts such a server that answers 401 to requests without `token`.
    pub(crate) async fn guarded(tools: Value, answer: &str, token: Option<&str>) -> Self {
        Self::requiring(tools, answer, token.map(|token| ("authorization", format!("Bearer {token}")))).await
    }

    /// Starts such a server without sign-in whose calls return this whole result.
    pub(crate) async fn returning(tools: Value, result: Value) -> Self {
        Self::serving(tools, result, None).await
    }

    /// Starts such a server that answers 401 to requests without this header and value.
    pub(crate) async fn requiring(tools: Value, answer: &str, required_header: Option<(&'static str, String)>) -> Self {
        Self::serving(tools, json!({"content": [{"type": "text", "text": answer}]}), required_header).await
    }

    async fn serving(tools: Value, result: Value, required_header: Option<(&'static str, String)>) -> Self {
        let requests: Arc<Mutex<Vec<RecordedRequest>>> = Arc::default();
        let behaviour = Arc::new(Mutex::new(Behaviour { required_header, failing: None, answered: None }));
        let (recorded, shared) = (requests.clone(), behaviour.clone());
        let reply = move |headers: HeaderMap, body: String| async move {
            let request: Value = serde_json::from_str(&body).unwrap_or_default();
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            let (authorization, traceparent) = (header("authorization"), header("traceparent"));
            let (required, failing, answered) = {
                let behaviour = shared.lock().unwrap();
                (behaviour.required_header.clone(), behaviour.failing, behaviour.answered.clone())
            };
            let is_refused = required.is_some_and(|(name, value)| header(name) != Some(value));
            recorded.lock().unwrap().push(RecordedRequest { method: method.clone(), authorization, traceparent, body });
            if is_refused {
                return (StatusCode::UNAUTHORIZED, "who?").into_response();
            }
            if let Some((_, status)) = failing.filter(|(failing, _)| *failing == method) {
                return (status, "not now").into_response();
            }
            if let Some((_, mut message)) = answered.filter(|(answered, _)| *answered == method) {
                message["jsonrpc"] = "2.0".into();
                message["id"] = request["id"].clone();
                return axum::Json(message).into_response();
            }
            discovery_answer(&request, &tools).unwrap_or_else(|| complete(&request, &result))
        };
        let address = serve(Router::new().route("/mcp", any(reply))).await;
        Self { address, requests, behaviour }
    }

    /// Accepts only this token from now on.
    pub(crate) fn require_token(&self, token: &str) {
        self.behaviour.lock().unwrap().required_header = Some(("authorization", format!("Bearer {token}")));
    }

    /// Answers a method with this status from now on; `None` ends that.
    pub(crate) fn fail_with(&self, failing: Option<(&'static str, u16)>) {
        let failing = failing.map(|(method, status)| (method, StatusCode::from_u16(status).unwrap()));
        self.behaviour.lock().unwrap().failing = failing;
    }

    /// Answers a method with these members of a message from now on: `result` or `error`.
    pub(crate) fn answer_with(&self, method: &'static str, members: Value) {
        self.behaviour.lock().unwrap().answered = Some((method, members));
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// Returns the number of requests so far.
    pub(crate) fn request_count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Returns the requests of a method so far.
    pub(crate) fn requests(&self, method: &str) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap().iter().filter(|request| request.method == method).cloned().collect()
    }
}

/// Returns the answer to `server/discover` and to `tools/list`, and `None` for any other request.
pub(crate) fn discovery_answer(request: &Value, tools: &Value) -> Option<Response> {
    match request["method"].as_str()? {
        "server/discover" => {
            let server = json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}});
            Some(complete(request, &server))
        }
        "tools/list" => Some(complete(request, &json!({ "tools": tools }))),
        _ => None,
    }
}

/// Returns a complete result with these fields.
fn complete(request: &Value, fields: &Value) -> Response {
    let mut result = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private"});
    result.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

/// Returns `count` tools without arguments.
pub(crate) fn tools(count: usize) -> Value {
    (0..count).map(|n| json!({"name": format!("tool-{n}"), "inputSchema": {"type": "object"}})).collect()
}
