//! An MCP server of the older era with the oddities of a story. It records the methods of its requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::watch;
use url::Url;

use super::listener::serve;

/// Makes the response to a request.
type Answer = Arc<dyn Fn(&Value) -> Response + Send + Sync>;

/// A running server.
pub(crate) struct OddServer {
    address: SocketAddr,
    answers: Arc<Mutex<Vec<(&'static str, Answer)>>>,
    methods: watch::Sender<Vec<String>>,
}

impl OddServer {
    /// Starts a server that answers as servers of 2025-11-25 do, and lists `tools`.
    pub(crate) async fn start(tools: Value) -> Self {
        let answers: Arc<Mutex<Vec<(&'static str, Answer)>>> = Arc::default();
        let methods = watch::Sender::new(Vec::<String>::new());
        let (shared, recorded) = (answers.clone(), methods.clone());
        let reply = move |body: String| async move {
            let request: Value = serde_json::from_str(&body).unwrap_or_default();
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            recorded.send_modify(|methods| methods.push(method.clone()));
            let odd = shared.lock().unwrap().iter().rev().find(|(name, _)| *name == method).map(|(_, it)| it.clone());
            odd.map_or_else(|| usual_answer(&request, &method, &tools), |answer| answer(&request))
        };
        let shared = answers.clone();
        let image = move |headers: HeaderMap| async move {
            let names: Vec<_> = headers.keys().map(ToString::to_string).collect();
            let odd = shared.lock().unwrap().iter().rev().find(|(name, _)| *name == "image").map(|(_, it)| it.clone());
            odd.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |answer| answer(&json!(names)))
        };
        let address = serve(Router::new().route("/mcp", any(reply)).route("/image", get(image))).await;
        Self { address, answers, methods }
    }

    /// Answers a method in another way from now on. The method `image` is a request for `/image`: it has the names of its headers.
    pub(crate) fn answer(
        &self,
        method: &'static str,
        answer: impl Fn(&Value) -> Response + Send + Sync + 'static,
    ) -> &Self {
        self.answers.lock().unwrap().push((method, Arc::new(answer)));
        self
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }

    /// Returns the methods of the requests so far.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.methods.borrow().clone()
    }

    /// Waits until a method was requested.
    pub(crate) async fn until(&self, method: &str) {
        let mut methods = self.methods.subscribe();
        methods.wait_for(|methods| methods.iter().any(|recorded| recorded == method)).await.unwrap();
    }
}

fn usual_answer(request: &Value, method: &str, tools: &Value) -> Response {
    match method {
        "initialize" => result(
            request,
            &json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "q", "version": "1"}}),
        ),
        "tools/list" => result(request, &json!({ "tools": tools })),
        "tools/call" => result(request, &json!({"content": [{"type": "text", "text": "done"}]})),
        "server/discover" => error(request, -32601, "Method not found"),
        // a notification
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

/// Returns a result.
pub(crate) fn result(request: &Value, result: &Value) -> Response {
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

/// Returns an error of JSON-RPC.
pub(crate) fn error(request: &Value, code: i32, message: &str) -> Response {
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}))
        .into_response()
}

/// Returns a body as it is on the wire.
pub(crate) fn raw(media_type: &'static str, body: impl Into<Vec<u8>>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}
