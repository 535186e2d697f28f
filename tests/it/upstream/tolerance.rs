//! Servers with one oddity each: it costs itself alone, and is told as what it is (`docs/interoperability.md`).

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use craft::upstream::{CallOutcome, Discovery, discover};
use http::StatusCode;
use serde_json::{Value, json};

use super::{context, egress, limits, nothing, remote, run, text, with_progress, with_token};
use crate::support::odd_server::{OddServer, raw, result};

fn tool(name: &str) -> Value {
    json!({"name": name, "description": "d", "inputSchema": {"type": "object"}})
}

fn eight() -> Value {
    (0..8).map(|n| tool(&format!("t{n}"))).collect()
}

async fn found(server: &OddServer) -> Discovery {
    discover(&egress(), &remote(server.url()), limits()).await.unwrap()
}

/// Calls the only tool of a server that answers the call like this.
async fn outcome(answer: impl Fn(&Value) -> Response + Send + Sync + 'static) -> CallOutcome {
    let server = OddServer::start(json!([tool("t")])).await;
    server.answer("tools/call", answer);
    run(&with_token(server.url()), "t", nothing(), context()).await
}

/// Returns the text of a failed call.
fn message(outcome: CallOutcome) -> String {
    match outcome {
        CallOutcome::Permanent { message, .. } | CallOutcome::Unknown { message, .. } => message.to_string(),
        other => panic!("no failure: {other:?}"),
    }
}

fn hello() -> Value {
    json!({"content": [{"type": "text", "text": "hello"}]})
}

#[tokio::test]
async fn a_cursor_that_was_there_before_ends_the_list() {
    for cursor in ["", "abc"] {
        let server = OddServer::start(json!([])).await;
        server.answer("tools/list", move |request| result(request, &json!({"tools": eight(), "nextCursor": cursor})));
        let found = found(&server).await;
        assert_eq!((found.tools.len(), found.dropped), (8, vec![]), "{cursor}");
    }
    // each page names another cursor, and has the same tools
    let server = OddServer::start(json!([])).await;
    server.answer("tools/list", |request| {
        let cursor = request["params"]["cursor"].as_str().unwrap_or_default();
        result(request, &json!({"tools": eight(), "nextCursor": format!("{cursor}x")}))
    });
    assert_eq!(found(&server).await.tools.len(), 8);
    // an empty cursor was the end, and is refused
    let server = OddServer::start(json!([])).await;
    server.answer("tools/list", |request| match request["params"]["cursor"].as_str() {
        None => result(request, &json!({"tools": eight(), "nextCursor": ""})),
        Some(_) => crate::support::odd_server::error(request, -32602, "Invalid cursor"),
    });
    assert_eq!(found(&server).await.tools.len(), 8);
}

#[tokio::test]
async fn pages_of_tools_are_joined_in_order() {
    let server = OddServer::start(json!([])).await;
    server.answer("tools/list", |request| match request["params"]["cursor"].as_str() {
        None => result(request, &json!({"tools": [tool("a")], "nextCursor": ""})),
        Some("") => result(request, &json!({"tools": [tool("b")], "nextCursor": 7})),
        Some(_) => result(request, &json!({"tools": [tool("c")], "nextCursor": null})),
    });
    let names: Vec<_> = found(&server).await.tools.into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_malformed_tool_is_left_out_alone_in_json_and_in_a_stream() {
    let mut hinted = tool("hinted");
    hinted["annotations"] = json!({"readOnlyHint": "true"});
    let mut deep = tool("deep");
    deep["inputSchema"]["not"] = serde_json::from_str(&format!("{}{}", "[".repeat(90), "]".repeat(90))).unwrap();
    let tools = json!([tool("good"), {"name": "bad"}, hinted, 5, deep, tool("good2")]);
    let streamed = tools.clone();
    let server = OddServer::start(tools).await;
    for is_stream in [false, true] {
        if is_stream {
            let streamed = streamed.clone();
            server.answer("tools/list", move |request| {
                let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": {"tools": streamed}});
                raw("text/event-stream", format!("data: {answer}\n\n"))
            });
        }
        let found = found(&server).await;
        let names: Vec<_> = found.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["good", "good2"]);
        let dropped: Vec<_> = found.dropped.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(dropped, ["bad", "hinted", "tool 4", "deep"]);
    }
}

#[tokio::test]
async fn a_tool_that_is_nested_beyond_the_parsers_limit_costs_itself_alone() {
    let server = OddServer::start(json!([])).await;
    server.answer("tools/list", |request| {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let deep = format!(r#"{{"name": "deep", "inputSchema": {{"not": {deep}}}}}"#);
        let id = &request["id"];
        raw("application/json", format!(r#"{{"id": {id}, "result": {{"tools": [{}, {deep}]}}}}"#, tool("good")))
    });
    let found = found(&server).await;
    assert_eq!((found.tools.len(), found.dropped.len()), (1, 1));
    assert!(found.dropped[0].reason.contains("levels deep"), "{:?}", found.dropped);
}

#[tokio::test]
async fn an_odd_handshake_is_understood() {
    let said = [
        json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "q"}}),
        json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": []}, "serverInfo": null}),
        json!({"protocolVersion": "2025-06-18", "instructions": 5}),
    ];
    for said in said {
        let server = OddServer::start(eight()).await;
        let answer = said.clone();
        server.answer("initialize", move |request| result(request, &answer));
        let found = found(&server).await;
        assert_eq!((found.tools.len(), found.server_version), (8, None), "{said}");
    }
}

#[tokio::test]
async fn whatever_is_no_answer_of_the_newer_era_leads_to_initialize() {
    let answers: [fn(&Value) -> Response; 10] = [
        |_| (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response(),
        |_| (StatusCode::SERVICE_UNAVAILABLE, "no").into_response(),
        |_| (StatusCode::NOT_FOUND, "no").into_response(),
        |_| StatusCode::ACCEPTED.into_response(),
        |_| raw("text/html", "<h1>Hello</h1>"),
        |_| raw("application/json", ""),
        |_| raw("application/json", "{]"),
        |_| raw("text/event-stream", "data: soon\n\n"),
        |request| result(request, &json!({})),
        |request| result(request, &json!({"supportedVersions": ["2025-11-25"], "capabilities": {}})),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        let server = OddServer::start(eight()).await;
        server.answer("server/discover", answer);
        assert_eq!(found(&server).await.tools.len(), 8, "answer {n}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_the_probe_is_initialized() {
    let server = OddServer::start(eight()).await;
    server.answer("server/discover", |_| {
        raw("text/event-stream", "")
            .map(|_| axum::body::Body::from_stream(futures_util::stream::pending::<Result<&str, std::io::Error>>()))
    });
    let (found, ()) = tokio::join!(found(&server), async {
        server.until("server/discover").await;
        // move the clock past the time of the probe, so that nothing waits for it
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(4)).await;
        tokio::time::resume();
    });
    assert_eq!(found.tools.len(), 8);
}

#[tokio::test]
async fn a_refusal_in_the_words_of_the_newer_era_is_final() {
    let answers: [fn(&Value) -> Response; 3] = [
        |request| crate::support::odd_server::error(request, -32021, "sampling is required"),
        |_| (StatusCode::FORBIDDEN, "no").into_response(),
        |_| (StatusCode::TOO_MANY_REQUESTS, "no").into_response(),
    ];
    for answer in answers {
        let server = OddServer::start(eight()).await;
        server.answer("server/discover", answer);
        discover(&egress(), &remote(server.url()), limits()).await.unwrap_err();
        assert_eq!(server.methods(), ["server/discover"]);
    }
}

#[tokio::test]
async fn odd_details_of_a_result_stay_in_the_result() {
    let blocks = json!([
        {"type": "text", "text": "kept", "annotations": {"audience": ["system"]}},
        {"type": "video", "data": "AA==", "mimeType": "video/mp4"},
    ]);
    let expected = json!({ "content": blocks });
    for is_stream in [false, true] {
        let sent = expected.clone();
        let ended = outcome(move |request| {
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": sent, "error": null});
            if is_stream {
                raw("text/event-stream", format!("trace: 17\nretry: soon\nevent: answer\ndata: {answer}\n\n"))
            } else {
                raw("text/plain", answer.to_string())
            }
        })
        .await;
        assert_eq!(ended, CallOutcome::Ok(expected.clone()));
    }
}

#[tokio::test]
async fn an_answer_is_about_the_request_that_it_answers() {
    for id in ["null", "\"1e0\"", "{}", "99", "1.0"] {
        let ended = outcome(move |_| {
            raw("application/json", format!(r#"[{{"jsonrpc": "1.0", "id": {id}, "result": {}}}]"#, hello()))
        });
        assert_eq!(text(&ended.await), "hello", "{id}");
    }
    let refused = outcome(|_| {
        raw(
            "application/json",
            r#"{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "Bad request here"}}"#,
        )
    });
    assert!(message(refused.await).contains("rejected the request: Bad request here"));
}

#[tokio::test]
async fn an_error_tells_what_the_server_said() {
    let said = |error: &'static str| async move {
        let error =
            move |request: &Value| raw("application/json", format!(r#"{{"id": {}, "error": {error}}}"#, request["id"]));
        message(outcome(error).await)
    };
    assert!(said(r#"{"code": -32602, "data": "which argument it was"}"#).await.contains(": which argument it was."));
    assert!(said(r#"{"code": "odd", "message": null}"#).await.contains(r#"{"code":"odd","message":null}"#));
    assert!(
        said(r#"{"code": -32602, "message": "cannot read \u0000\u0001x"}"#).await.contains(": cannot read \u{FFFD} x.")
    );
}

#[tokio::test]
async fn broken_text_is_repaired() {
    let quoted = |text: &[u8]| {
        let text = text.to_vec();
        outcome(move |request| {
            let mut body = format!(r#"{{"id": {}, "result": {{"content": [{{"type": "text", "text": ""#, request["id"])
                .into_bytes();
            body.splice(0..0, b"\xEF\xBB\xBF".iter().copied());
            body.extend(&text);
            body.extend(b"\"}]}}");
            raw("application/json", body)
        })
    };
    assert_eq!(text(&quoted(br"an emoji was cut: \ud83d").await), "an emoji was cut: \u{FFFD}");
    assert_eq!(text(&quoted(b"caf\xE9 \\u0000").await), "caf\u{FFFD} \u{FFFD}");
    assert_eq!(text(&quoted(b"a\0b\nc").await), "a\u{FFFD}b\nc");
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_said_to_be_that() {
    for media_type in ["application/json", "text/event-stream"] {
        let ended = outcome(move |request| {
            let body = format!(
                r#"{{"id": {}, "result": {{"content": [], "structuredContent": {{"mean": NaN, "by": "{}"}}}}}}"#,
                request["id"],
                super::TOKEN
            );
            raw(media_type, if media_type == "application/json" { body } else { format!("data: {body}\n\n") })
        });
        let message = message(ended.await);
        assert!(message.contains("text that is not JSON: “") && message.contains(r#""mean": NaN"#), "{message}");
        assert!(!message.contains("URL") && !message.contains(super::TOKEN), "{message}");
    }
}

#[tokio::test]
async fn a_request_that_gets_no_answer_is_over_at_once() {
    let answers: [fn(&Value) -> Response; 3] = [
        |_| StatusCode::ACCEPTED.into_response(),
        |_| raw("application/json", " "),
        |_| raw("text/event-stream", ": nothing\n\n"),
    ];
    for answer in answers {
        let ended = outcome(answer).await;
        assert!(matches!(ended, CallOutcome::Unknown { class: "no_answer" | "broken", .. }), "{ended:?}");
    }
}

#[tokio::test]
async fn a_handshake_that_gets_no_answer_is_said_to_be_that() {
    let answers: [fn(&Value) -> Response; 2] =
        [|_| raw("text/event-stream", "data: soon\n\n"), |_| StatusCode::ACCEPTED.into_response()];
    let messages = ["closed the connection before its answer", "answered with nothing (HTTP 202)"];
    for (answer, expected) in answers.into_iter().zip(messages) {
        let server = OddServer::start(eight()).await;
        server.answer("initialize", answer);
        let error = discover(&egress(), &remote(server.url()), limits()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_stream_is_read_past_events_that_are_no_answer() {
    let server = OddServer::start(json!([tool("t")])).await;
    server.answer("tools/call", |request| {
        let token = &request["params"]["_meta"]["progressToken"];
        let progress = format!(r#"{{"jsonrpc": "2.0", "id": null, "method": "notifications/progress", "params": {{"progressToken": {token}, "progress": 1, "message": "a\u0000b"}}}}"#);
        let stale = r#"{"jsonrpc": "2.0", "id": 4711, "result": {"content": []}}"#;
        let answer = json!({"jsonrpc": "2.0", "id": request["id"].to_string(), "result": hello()});
        let odd = r#"{"method": "notifications/x", "params": NaN}"#;
        raw("text/event-stream", format!("data: {progress}\n\ndata: {stale}\n\nevent: ping\ndata: hi\n\ndata: {odd}\n\ndata: {answer}"))
    });
    let (context, mut progress) = with_progress();
    assert_eq!(text(&run(&remote(server.url()), "t", nothing(), context).await), "hello");
    assert_eq!(progress.recv().await.unwrap().message.as_deref(), Some("a\u{FFFD}b"));
}
