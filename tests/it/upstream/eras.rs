//! The era of a server: a call starts in the era that is known, and finds out when that has changed.

use craft::upstream::{CallContext, CallOutcome, KnownEra, ProtocolEra, discover};
use http::StatusCode;
use serde_json::{Value, json};

use super::{context, egress, limits, nothing, remote, run, text};
use crate::support::odd_server::{OddServer, error, result};

async fn server() -> OddServer {
    OddServer::start(json!([{"name": "t", "inputSchema": {"type": "object"}}])).await
}

/// Starts a server of the newer era, which refuses `initialize`.
async fn newer_server() -> OddServer {
    let server = server().await;
    server.answer("server/discover", |request| {
        result(request, &json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}))
    });
    server.answer("initialize", |request| error(request, -32601, "Method not found"));
    server
}

/// Calls the tool. Returns the outcome, and the era that is known then.
async fn call(server: &OddServer, known: Option<ProtocolEra>) -> (CallOutcome, Option<ProtocolEra>) {
    let era = KnownEra::new(known);
    let context = CallContext { era: era.clone(), ..context() };
    (run(&remote(server.url()), "t", nothing(), context).await, era.get())
}

#[tokio::test]
async fn a_call_in_the_known_era_makes_no_other_request_than_that_era_needs() {
    let newer = newer_server().await;
    let (ended, era) = call(&newer, Some(ProtocolEra::Discover)).await;
    assert_eq!((text(&ended), era), ("done", Some(ProtocolEra::Discover)));
    assert_eq!(newer.methods(), ["tools/call"]);

    let older = server().await;
    let (ended, era) = call(&older, Some(ProtocolEra::Initialize)).await;
    assert_eq!((text(&ended), era), ("done", Some(ProtocolEra::Initialize)));
    assert_eq!(older.methods(), ["initialize", "notifications/initialized", "tools/call"]);
}

#[tokio::test]
async fn the_era_that_worked_is_returned() {
    assert_eq!(call(&newer_server().await, None).await.1, Some(ProtocolEra::Discover));
    assert_eq!(call(&server().await, None).await.1, Some(ProtocolEra::Initialize));
    let found = discover(&egress(), &remote(server().await.url()), limits()).await.unwrap();
    assert_eq!(found.era, Some(ProtocolEra::Initialize));
}

#[tokio::test]
async fn a_server_that_went_over_to_the_newer_era_is_probed_again() {
    let server = newer_server().await;
    let (ended, era) = call(&server, Some(ProtocolEra::Initialize)).await;
    assert_eq!((text(&ended), era), ("done", Some(ProtocolEra::Discover)));
    assert_eq!(server.methods(), ["initialize", "server/discover", "tools/call"]);
}

/// Starts a server of the older era that refuses calls without `initialize` in this way.
async fn returned_server(refuse: impl Fn(&Value) -> axum::response::Response + Send + Sync + 'static) -> OddServer {
    let server = server().await;
    server.answer("tools/call", move |request| {
        let is_newer = request["params"]["_meta"].get("io.modelcontextprotocol/protocolVersion").is_some();
        if is_newer { refuse(request) } else { result(request, &json!({"content": [{"type": "text", "text": "ran"}]})) }
    });
    server
}

#[tokio::test]
async fn a_call_that_was_refused_in_the_wrong_era_is_sent_in_the_right_one() {
    let refusals: [fn(&Value) -> axum::response::Response; 2] = [
        |_| axum::response::IntoResponse::into_response((StatusCode::BAD_REQUEST, "Bad Request: No valid session ID")),
        |request| error(request, -32600, "Server not initialized"),
    ];
    for refusal in refusals {
        let server = returned_server(refusal).await;
        let (ended, era) = call(&server, Some(ProtocolEra::Discover)).await;
        assert_eq!((text(&ended), era), ("ran", Some(ProtocolEra::Initialize)));
        let calls = server.methods().iter().filter(|method| *method == "tools/call").count();
        assert_eq!(calls, 2);
    }
}

#[tokio::test]
async fn a_call_that_may_have_run_is_never_sent_again() {
    let refusals: [fn(&Value) -> axum::response::Response; 3] = [
        |_| axum::response::IntoResponse::into_response((StatusCode::INTERNAL_SERVER_ERROR, "oops")),
        |_| axum::response::IntoResponse::into_response(StatusCode::ACCEPTED),
        |request| error(request, -32603, "it broke half way"),
    ];
    for refusal in refusals {
        let server = returned_server(refusal).await;
        let (ended, _) = call(&server, Some(ProtocolEra::Discover)).await;
        assert!(matches!(ended, CallOutcome::Unknown { .. } | CallOutcome::Permanent { .. }), "{ended:?}");
        assert_eq!(server.methods(), ["tools/call"]);
    }
}

#[tokio::test]
async fn a_refusal_in_the_right_era_is_told_and_the_call_not_repeated() {
    let server = newer_server().await;
    server.answer("tools/call", |request| error(request, -32601, "No such method here"));
    let (ended, era) = call(&server, Some(ProtocolEra::Discover)).await;
    assert!(
        matches!(ended, CallOutcome::Permanent { ref message, .. } if message.text.contains("No such method here")),
        "{ended:?}"
    );
    assert_eq!(era, Some(ProtocolEra::Discover));
    assert_eq!(server.methods(), ["tools/call", "server/discover"]);
}
