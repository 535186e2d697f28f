//! Servers that are no MCP servers, or bad ones: each gets a sentence of its own, and none gets the hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, post};
use craft::egress::{Egress, EgressPolicy};
use craft::error::{Error, Message};
use craft::upstream::{CallOutcome, Discovery, MAX_TOOLS, Target, discover, has_header_arguments};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{TOKEN, context, egress, limits, nothing, remote, run, with_token};
use crate::support::listener::{closed_port, read_request, send_endless_body, serve, serve_raw};
use crate::support::scripted_server::{discovery_answer, tools};

fn mcp_url(address: std::net::SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/mcp")).unwrap()
}

async fn site(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Url {
    mcp_url(serve(Router::new().route("/mcp", any(move || async move { answer.clone() }))).await)
}

/// Returns the class and the message of a failed discovery.
async fn failure(target: &Target) -> (String, String) {
    let (class, message) = match discover(&egress(), target, limits()).await.unwrap_err() {
        Error::Upstream { class, message, .. } => (class, message.to_string()),
        Error::Refused(message) => ("refused", message.to_string()),
        Error::Limited { message, retry_after } => {
            assert_eq!(retry_after, Duration::from_secs(7));
            ("limited", message.to_string())
        }
        other => panic!("{other:?}"),
    };
    assert!(!message.contains(TOKEN), "{message}");
    (class.to_owned(), message)
}

#[tokio::test]
async fn each_way_of_not_being_an_mcp_server_has_its_own_message() {
    let retry = [("retry-after", "7")];
    let cases = [
        (site(Html("<h1>Welcome</h1>")).await, "not_mcp", "a web page instead of MCP. Check the path of the URL"),
        (site(axum::Json(json!({"hello": 1}))).await, "not_mcp", "JSON that is not MCP"),
        (site("plain").await, "not_mcp", "text/plain instead of MCP"),
        (site((StatusCode::NOT_FOUND, Html("gone"))).await, "not_found", "nothing at this address (HTTP 404)"),
        (site((StatusCode::UNAUTHORIZED, "who?")).await, "unauthorized", "did not accept the token (HTTP 401)"),
        (site((StatusCode::FORBIDDEN, "no")).await, "forbidden", "does not permit this (HTTP 403)"),
        (site((StatusCode::BAD_GATEWAY, "oops")).await, "http_status", "failed on its side (HTTP 502)"),
        (site((StatusCode::SERVICE_UNAVAILABLE, retry)).await, "limited", "is not available now (HTTP 503)"),
        (site((StatusCode::TOO_MANY_REQUESTS, retry)).await, "limited", "asks the hub to slow down (HTTP 429)"),
        (site(Redirect::to("/elsewhere")).await, "redirect", "/elsewhere, which the hub does not follow"),
        (site(Redirect::permanent("http://10.0.0.1/")).await, "redirect", "redirects to http://10.0.0.1/"),
        (mcp_url(closed_port().await), "unreachable", "could not be reached"),
        (Url::parse("https://no-such-host.invalid/mcp").unwrap(), "unresolved", "no host called no-such-host.invalid"),
    ];
    for (url, class, expected) in cases {
        let host = url.host_str().unwrap().to_owned();
        let (found, message) = failure(&with_token(url)).await;
        assert_eq!(found, class, "{message}");
        assert!(message.contains(expected) && message.contains(&host), "{message}");
    }
}

#[tokio::test]
async fn without_a_token_a_401_asks_for_one() {
    let (class, message) = failure(&remote(site((StatusCode::UNAUTHORIZED, "who?")).await)).await;
    assert_eq!((class.as_str(), message.contains("Connect with a token")), ("unauthorized", true), "{message}");
}

#[tokio::test]
async fn a_private_host_is_refused_by_name_and_by_address() {
    let server = serve(Router::new().route("/mcp", any(|| async { "inside" }))).await;
    for host in ["localhost", "127.0.0.1"] {
        let target = remote(Url::parse(&format!("http://{host}:{}/mcp", server.port())).unwrap());
        let strict = Egress::new(EgressPolicy::default());
        let error = discover(&strict, &target, limits()).await.unwrap_err();
        assert!(
            matches!(error, Error::Refused(ref message) if message.to_string().contains("CRAFT_EGRESS_ALLOW")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_silent_server_times_out_at_the_deadline() {
    let address = serve_raw(|mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut limits = limits();
    limits.deadline = Instant::now() + Duration::from_millis(300);
    let error = discover(&egress(), &remote(mcp_url(address)), limits).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 did not answer within 1 second. Check that it is running");
}

#[tokio::test]
async fn oversized_json_and_event_streams_fail() {
    for media_type in ["application/json", "text/event-stream"] {
        let address = serve_raw(move |stream| send_endless_body(stream, media_type, 100_000)).await;
        let (class, message) = failure(&remote(mcp_url(address))).await;
        assert_eq!(class, "too_large", "{media_type}: {message}");
        assert!(message.contains("more than 1 MB"), "{message}");
    }
}

/// Starts a server of the current revision that lists `tools` and answers a call with `answer`.
async fn modern<F>(tools: Value, answer: F) -> Url
where
    F: Fn(HeaderMap) -> Response + Clone + Send + Sync + 'static,
{
    mcp_url(serve(modern_at("/mcp", tools, answer)).await)
}

fn modern_at<F>(path: &str, tools: Value, answer: F) -> Router
where
    F: Fn(HeaderMap) -> Response + Clone + Send + Sync + 'static,
{
    let reply = move |headers: HeaderMap, body: String| async move {
        discovery_answer(&serde_json::from_str(&body).unwrap(), &tools).unwrap_or_else(|| answer(headers))
    };
    Router::new().route(path, post(reply))
}

fn status(code: u16) -> impl Fn(HeaderMap) -> Response + Clone + Send + Sync + 'static {
    move |_| (StatusCode::from_u16(code).unwrap(), [("retry-after", "7")]).into_response()
}

async fn found(tools: Value) -> Discovery {
    discover(&egress(), &remote(modern(tools, status(500)).await), limits()).await.unwrap()
}

#[tokio::test]
async fn too_many_tools_fail_rather_than_being_cut() {
    let (class, message) = failure(&remote(modern(tools(5_000), status(500)).await)).await;
    assert_eq!(class, "too_many_tools");
    assert!(message.contains("5000 tools") && message.contains(&MAX_TOOLS.to_string()), "{message}");
    assert_eq!(found(tools(MAX_TOOLS)).await.tools.len(), MAX_TOOLS);
}

#[tokio::test]
async fn unusable_tools_are_left_out_with_a_reason() {
    let listed = json!([
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "leaky", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "https://evil.test/s.json"}}}},
    ]);
    let found = found(listed).await;
    assert_eq!(found.tools.len(), 1);
    let dropped: Vec<_> = found.dropped.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(dropped, ["good", "leaky"]);
    assert!(found.dropped[1].reason.contains("https://evil.test/s.json"), "{:?}", found.dropped);
}

async fn outcome(answer: impl Fn(HeaderMap) -> Response + Clone + Send + Sync + 'static) -> CallOutcome {
    run(&with_token(modern(tools(1), answer).await), "tool-0", nothing(), context()).await
}

#[tokio::test]
async fn a_call_is_retryable_only_if_the_tool_cannot_have_run() {
    for code in [429, 503] {
        let ended = outcome(status(code)).await;
        let after = Some(Duration::from_secs(7));
        assert!(
            matches!(ended, CallOutcome::Retryable { retry_after, .. } if retry_after == after),
            "{code}: {ended:?}"
        );
    }
    for code in [500, 502, 504] {
        let ended = outcome(status(code)).await;
        assert!(matches!(ended, CallOutcome::Unknown { class: "http_status", .. }), "{code}: {ended:?}");
    }
    for code in [400, 404, 413] {
        let ended = outcome(status(code)).await;
        assert!(matches!(ended, CallOutcome::Permanent { .. }), "{code}: {ended:?}");
    }
    let closed = run(&remote(mcp_url(closed_port().await)), "tool-0", nothing(), context()).await;
    assert!(matches!(closed, CallOutcome::Retryable { class: "unreachable", .. }), "{closed:?}");
    for media_type in ["application/json", "text/event-stream"] {
        let cut = move |_| ([("content-type", media_type)], Body::from_stream(broken())).into_response();
        let ended = outcome(cut).await;
        assert!(matches!(ended, CallOutcome::Unknown { class: "broken", .. }), "{media_type}: {ended:?}");
    }
}

/// Returns a body that breaks off after its first bytes.
fn broken() -> impl futures_util::Stream<Item = Result<&'static str, std::io::Error>> + Send {
    futures_util::stream::iter([Ok("{\"jsonrpc\""), Err(std::io::Error::other("cut"))])
}

#[tokio::test]
async fn a_401_is_unauthorized_and_carries_the_challenge() {
    let challenge = "Bearer resource_metadata=\"https://x.test/prm\"";
    let refuse = move |_| (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response();
    let ended = outcome(refuse).await;
    assert!(
        matches!(ended, CallOutcome::Unauthorized { challenge: Some(ref text), .. } if text == challenge),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_token_that_the_server_echoes_is_redacted() {
    let echo = |headers: HeaderMap| {
        let sent = headers["authorization"].to_str().unwrap().to_owned();
        assert_eq!(sent, format!("Bearer {TOKEN}"));
        let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": format!("I saw {sent}")}});
        (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(error)).into_response()
    };
    let ended = outcome(echo).await;
    assert_eq!(
        ended,
        CallOutcome::Permanent {
            class: "rejected",
            message: Message::from("127.0.0.1 rejected the request: I saw Bearer [redacted]")
                .with_advice("Correct what it names, or ask the server’s operator")
        }
    );
}

#[tokio::test]
async fn only_redirects_within_the_origin_are_followed() {
    let visits = Arc::new(AtomicUsize::new(0));
    let counter = visits.clone();
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        async {}
    };
    let thief = serve(Router::new().fallback(count)).await;
    let (class, message) = failure(&with_token(site(Redirect::temporary(&format!("http://{thief}/mcp"))).await)).await;
    assert_eq!((class.as_str(), visits.load(Ordering::Relaxed)), ("redirect", 0), "{message}");

    // some frameworks redirect to the path with a final slash
    let slash = modern_at("/mcp/", tools(2), status(500)).route("/mcp", any(|| async { Redirect::temporary("/mcp/") }));
    let target = with_token(mcp_url(serve(slash).await));
    assert_eq!(discover(&egress(), &target, limits()).await.unwrap().tools.len(), 2);
}

#[tokio::test]
async fn mirrored_arguments_are_sent_as_headers() {
    let schema = json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
    let tools = json!([{"name": "tool-0", "inputSchema": schema}]);
    let reply = |headers: HeaderMap| {
        let region = headers.get("mcp-param-region").and_then(|region| region.to_str().ok()).unwrap_or("no header");
        (StatusCode::BAD_REQUEST, axum::Json(json!({"jsonrpc": "2.0", "error": {"code": -32602, "message": region}})))
            .into_response()
    };
    let target = remote(modern(tools, reply).await);
    let context = craft::upstream::CallContext { has_header_arguments: has_header_arguments(&schema), ..context() };
    let ended = run(&target, "tool-0", json!({"region": "eu-1"}), context).await;
    assert!(
        matches!(ended, CallOutcome::Permanent { ref message, .. } if message.to_string().contains("rejected the request: eu-1. ")),
        "{ended:?}"
    );
}
