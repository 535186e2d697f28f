//! A reverse proxy before the hub. It adds the access token, which the suite cannot send, and translates the names of tools:
//! the suite calls `test_simple_text`, which the hub offers as `fixture__test_simple_text`. All else is passed on as it is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue};
use http_body_util::Full;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;

use crate::support::listener::serve;

/// The beginning of the names of the fixture server's tools at the hub.
const PREFIX: &str = "fixture__";

/// The beginning of the names of tools that the suite expects.
const SUITE_TOOLS: [&str; 2] = ["test_", "json_schema_"];

const NAME_HEADER: &str = "mcp-name";

/// The most bytes of a message that is translated.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// A proxy before one hub.
pub(super) struct Proxy {
    pub(super) hub: SocketAddr,
    pub(super) token: String,
    /// Receives a unit for each progress notification that passes.
    pub(super) steps: UnboundedSender<()>,
}

impl Proxy {
    /// Serves the proxy on loopback until the test's runtime ends; returns its address.
    pub(super) async fn serve(self) -> SocketAddr {
        let proxy = Arc::new(self);
        let forward = move |request: Request| {
            let proxy = proxy.clone();
            async move { proxy.forward(request).await }
        };
        serve(Router::new().fallback(any(forward))).await
    }

    async fn forward(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let body = translate_call(&mut parts.headers, to_bytes(body, MAX_MESSAGE_BYTES).await.unwrap());
        remove_framing(&mut parts.headers);
        parts.headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {}", self.token)).unwrap());
        let stream = TcpStream::connect(self.hub).await.unwrap();
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let answer = sender.send_request(http::Request::from_parts(parts, Full::new(body))).await.unwrap();
        let (mut parts, body) = answer.into_parts();
        remove_framing(&mut parts.headers);
        let body = Body::new(body);
        let is_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
        let body = if is_stream {
            let mut counter = StepCounter { unread: String::new(), steps: self.steps.clone() };
            let chunks =
                body.into_data_stream().inspect(move |chunk| counter.read(chunk.as_deref().unwrap_or_default()));
            Body::from_stream(chunks)
        } else {
            Body::from(translate_list(to_bytes(body, MAX_MESSAGE_BYTES).await.unwrap()))
        };
        Response::from_parts(parts, body)
    }
}

/// Counts progress notifications in a stream of events.
struct StepCounter {
    unread: String,
    steps: UnboundedSender<()>,
}

impl StepCounter {
    fn read(&mut self, chunk: &[u8]) {
        self.unread.push_str(&String::from_utf8_lossy(chunk));
        while let Some((event, rest)) = self.unread.split_once("\n\n") {
            if event.contains("notifications/progress") {
                // nobody waits for steps after the end of the test
                let _ = self.steps.send(());
            }
            self.unread = rest.to_owned();
        }
    }
}

/// Removes the headers that describe the bytes of one connection.
fn remove_framing(headers: &mut HeaderMap) {
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(name);
    }
}

/// Returns the name at the hub of a tool that the suite names.
fn name_at_hub(name: &str) -> Option<String> {
    SUITE_TOOLS.iter().any(|start| name.starts_with(start)).then(|| format!("{PREFIX}{name}"))
}

/// Translates the name of the tool in the message of a call, and in its header. The parser has removed the blanks around the
/// header's value; others take their place, which the hub has to remove.
fn translate_call(headers: &mut HeaderMap, body: Bytes) -> Bytes {
    let Ok(mut message) = serde_json::from_slice::<Value>(&body) else { return body };
    if message["method"] != "tools/call" {
        return body;
    }
    if let Some(name) = headers.get(NAME_HEADER).and_then(|value| value.to_str().ok()) {
        let name = name_at_hub(name).unwrap_or_else(|| name.to_owned());
        headers.insert(NAME_HEADER, HeaderValue::try_from(format!("  {name} ")).unwrap());
    }
    let Some(name) = message["params"]["name"].as_str().and_then(name_at_hub) else { return body };
    message["params"]["name"] = name.into();
    message.to_string().into()
}

fn translate_list(body: Bytes) -> Bytes {
    let Ok(mut message) = serde_json::from_slice::<Value>(&body) else { return body };
    let Some(tools) = message.pointer_mut("/result/tools").and_then(Value::as_array_mut) else { return body };
    for tool in tools {
        if let Some(name) = tool["name"].as_str().and_then(|name| name.strip_prefix(PREFIX)) {
            tool["name"] = name.into();
        }
    }
    message.to_string().into()
}
