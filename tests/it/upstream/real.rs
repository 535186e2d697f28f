//! Real servers: the reference server of MCP 2025-11-25, fastmcp of MCP 2026-07-28, and the Workbench.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use craft::egress::{Egress, EgressPolicy};
use craft::upstream::{CallOutcome, Target, call, discover};
use craft::workbench::Workbench;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use super::{context, egress, limits, nothing, remote, run, text, with_progress};
use crate::support::everything_server::EverythingServer;
use crate::support::hang::in_time;
use crate::support::listener::serve;
use crate::support::modern_server::ModernServer;
use crate::support::request_recorder::RequestRecorder;

fn workbench() -> Workbench {
    Workbench::new(env!("CARGO_BIN_EXE_craft"))
}

#[tokio::test]
async fn a_server_of_an_older_revision_is_discovered_and_called_with_progress() {
    let server = EverythingServer::start().await;
    let target = remote(server.url());

    let found = discover(&egress(), &target, limits()).await.unwrap();
    assert_eq!(found.protocol, "2025-11-25");
    assert!(found.server_name.is_some() && found.server_version.is_some());
    let echo = found.tools.iter().find(|tool| tool.name == "echo").unwrap();
    assert_eq!(echo.input_schema["properties"]["message"]["type"], "string");
    assert_eq!(found.dropped, []);

    let outcome = run(&target, "echo", json!({"message": "hello"}), context()).await;
    assert_eq!(text(&outcome), "Echo: hello");

    let (context, mut progress) = with_progress();
    let steps = json!({"duration": 0.2, "steps": 4});
    let outcome = run(&target, "trigger-long-running-operation", steps, context).await;
    assert!(matches!(outcome, CallOutcome::Ok(_)), "{outcome:?}");
    let mut seen = Vec::new();
    while let Some(step) = progress.recv().await {
        assert_eq!(step.total, Some(4.0));
        seen.push(step.progress);
    }
    assert!(seen.len() >= 2 && seen.is_sorted(), "{seen:?}");
}

#[tokio::test]
async fn a_server_of_the_current_revision_is_discovered_and_called_with_progress() {
    let server = ModernServer::start().await;
    let target = remote(server.url());

    let found = discover(&egress(), &target, limits()).await.unwrap();
    assert_eq!((found.protocol.as_str(), found.server_name.as_deref()), ("2026-07-28", Some("Modern")));
    assert_eq!(found.instructions.as_deref(), Some("Ask me anything."));
    let names: Vec<_> = found.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["echo", "steps", "wait", "rest", "links", "stops", "fail"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("Says the text back."));

    assert_eq!(text(&run(&target, "echo", json!({"text": "héllo 1.50"}), context()).await), "héllo 1.50");
    let (context, mut progress) = with_progress();
    assert_eq!(text(&run(&target, "steps", json!({"count": 3}), context).await), "done");
    let mut seen = Vec::new();
    while let Some(step) = progress.recv().await {
        seen.push((step.progress, step.message.unwrap()));
    }
    assert_eq!(seen.last(), Some(&(3.0, "step 3".to_owned())), "{seen:?}");
}

#[tokio::test]
async fn tool_errors_and_rejected_requests_are_distinct_outcomes() {
    let server = ModernServer::start().await;
    let target = remote(server.url());
    let failed = run(&target, "fail", nothing(), context()).await;
    assert!(matches!(failed, CallOutcome::ToolError(_)) && text(&failed).contains("no luck today"), "{failed:?}");
    match run(&target, "no-such-tool", nothing(), context()).await {
        CallOutcome::Permanent { class: "rejected", message } => {
            assert!(message.text.starts_with("127.0.0.1 rejected"), "{message}");
        }
        // servers may also answer with a tool error
        CallOutcome::ToolError(_) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn canceling_a_call_of_the_current_revision_stops_the_tool() {
    let server = ModernServer::start().await;
    let target = remote(server.url());
    let (context, mut progress) = with_progress();
    let cancel = context.cancel.clone();
    let (outcome, ()) = tokio::join!(run(&target, "wait", nothing(), context), async {
        progress.recv().await.unwrap();
        cancel.cancel();
    });
    assert_eq!(outcome, CallOutcome::Canceled);
    let stopped = async { while text(&run(&target, "stops", nothing(), super::context()).await) != "1" {} };
    in_time("the tool is stopped", Box::pin(stopped)).await;
}

/// Starts the Workbench behind HTTP as a server of an older revision that records each request.
async fn recorded_workbench() -> (Target, RequestRecorder) {
    let recorder = RequestRecorder::new();
    let sessions: Arc<LocalSessionManager> = Arc::default();
    let service = StreamableHttpService::new(|| Ok(workbench()), sessions, StreamableHttpServerConfig::default());
    let address = serve(recorder.wrap_as_older_server(Router::new().nest_service("/mcp", service))).await;
    (remote(Url::parse(&format!("http://{address}/mcp")).unwrap()), recorder)
}

#[tokio::test]
async fn a_session_of_an_older_revision_is_deleted_after_the_call() {
    let (target, recorder) = recorded_workbench().await;
    let outcome = run(&target, "hash", json!({"text": "abc"}), context()).await;
    assert!(matches!(outcome, CallOutcome::Ok(_)), "{outcome:?}");
    let expected =
        ["POST server/discover", "POST initialize", "POST notifications/initialized", "POST tools/call", "DELETE"];
    assert_eq!(recorder.until("DELETE").await, expected);
}

#[tokio::test]
async fn canceling_a_call_of_an_older_revision_notifies_the_server_before_the_session_ends() {
    let (target, recorder) = recorded_workbench().await;
    let (context, mut progress) = with_progress();
    let cancel = context.cancel.clone();
    let (outcome, ()) = tokio::join!(run(&target, "countdown", json!({"seconds": 600}), context), async {
        progress.recv().await.unwrap();
        cancel.cancel();
    });
    assert_eq!(outcome, CallOutcome::Canceled);
    let requests = recorder.until("DELETE").await;
    let at = |request| requests.iter().position(|recorded| recorded == request).unwrap();
    assert!(at("POST tools/call") < at("POST notifications/cancelled"), "{requests:?}");
    assert!(at("POST notifications/cancelled") < at("DELETE"), "{requests:?}");
}

#[tokio::test]
async fn a_deadline_ends_a_call_as_unknown_and_notifies_the_server() {
    let (target, recorder) = recorded_workbench().await;
    let (outcome, ()) = tokio::join!(run(&target, "countdown", json!({"seconds": 600}), context()), async {
        recorder.until("POST tools/call").await;
        // move the clock past the deadline, so that the speed of this machine does not matter
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(30)).await;
        tokio::time::resume();
    });
    let CallOutcome::Unknown { class: "timeout", message } = outcome else { panic!("{outcome:?}") };
    assert!(message.text.starts_with("127.0.0.1 did not answer within 30 seconds"), "{message}");
    assert!(recorder.until("DELETE").await.contains(&"POST notifications/cancelled".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_workbench_needs_no_egress_and_reports_progress() {
    let nowhere = Egress::new(EgressPolicy::default());
    let target = Target::Workbench(workbench());
    let found = discover(&nowhere, &target, limits()).await.unwrap();
    assert_eq!((found.server_name.as_deref(), found.tools.len()), (Some("Workbench"), 6));
    let (mut context, mut progress) = with_progress();
    context.limits.deadline = Instant::now() + Duration::from_secs(700);
    let arguments = json!({"seconds": 600, "step": 200}).as_object().unwrap().clone();
    let outcome = call(&nowhere, &target, "countdown", arguments, context).await;
    assert!(
        matches!(outcome, CallOutcome::Ok(ref result) if result["structuredContent"]["counted"] == 600),
        "{outcome:?}"
    );
    assert_eq!(progress.recv().await.unwrap().message.as_deref(), Some("400 seconds to go"));
}

#[tokio::test(start_paused = true)]
async fn a_call_canceled_before_its_start_sends_nothing() {
    let context = context();
    context.cancel.cancel();
    let target = Target::Workbench(workbench());
    assert_eq!(run(&target, "countdown", json!({"seconds": 600}), context).await, CallOutcome::Canceled);
}
