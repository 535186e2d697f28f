//! The built-in tools, called by a real MCP client over the in-memory transport, with both lifecycles of the protocol.

use std::time::Duration;

use craft::workbench::Workbench;
use futures_util::StreamExt;
use rmcp::handler::client::progress::ProgressDispatcher;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientRequest, ProgressNotificationParam, ProtocolVersion};
use rmcp::service::{NotificationContext, PeerRequestOptions, RunningService};
use rmcp::{ClientHandler, ClientLifecycleMode, RoleClient, ServiceError};
use rmcp::{ClientServiceExt, model::CallToolRequest};
use serde_json::{Value, json};

/// A client that records progress notifications.
#[derive(Clone, Default)]
struct Client(ProgressDispatcher);

impl ClientHandler for Client {
    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.handle_notification(params).await;
    }
}

async fn connect_as(lifecycle: ClientLifecycleMode) -> RunningService<RoleClient, Client> {
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    Client::default().serve_with_lifecycle(workbench.connect(), lifecycle).await.unwrap()
}

async fn connect() -> RunningService<RoleClient, Client> {
    connect_as(ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }).await
}

fn request(tool: &str, arguments: &Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.as_object().unwrap().clone())
}

async fn call(tool: &str, arguments: Value) -> CallToolResult {
    connect().await.call_tool(request(tool, &arguments)).await.unwrap()
}

/// Returns the structured content of a successful call.
async fn value(tool: &str, arguments: Value) -> Value {
    let result = call(tool, arguments).await;
    assert_ne!(result.is_error, Some(true), "{result:?}");
    result.structured_content.unwrap()
}

/// Returns the text of a tool error.
async fn fault(tool: &str, arguments: Value) -> String {
    let result = call(tool, arguments).await;
    assert_eq!(result.is_error, Some(true), "{result:?}");
    result.content[0].as_text().unwrap().text.clone()
}

#[tokio::test]
async fn both_lifecycles_list_the_same_tools_with_titles_and_descriptions() {
    let modern = connect().await.list_all_tools().await.unwrap();
    let legacy = connect_as(ClientLifecycleMode::Initialize).await.list_all_tools().await.unwrap();
    let names = |tools: &[rmcp::model::Tool]| tools.iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&modern), names(&legacy));
    let expected = ["check_json_schema", "convert_time_zone", "countdown", "hash", "json_query", "text_diff"];
    assert_eq!(names(&modern), expected);
    for tool in modern {
        assert!(tool.title.is_some() && tool.description.is_some(), "{} has no title or description", tool.name);
        let hints = tool.annotations.unwrap();
        assert_eq!((hints.read_only_hint, hints.open_world_hint), (Some(true), Some(false)), "{}", tool.name);
        for (field, schema) in tool.input_schema["properties"].as_object().unwrap() {
            assert!(schema["title"].is_string(), "{}.{field} has no title", tool.name);
            assert!(schema.get("$ref").is_none(), "{}.{field} is a reference", tool.name);
        }
    }
}

#[tokio::test]
async fn each_tool_returns_the_result_that_its_schema_describes() {
    assert_eq!(value("json_query", json!({"json": "[1,2]", "filter": "map(.+1)"})).await["results"], json!([[2, 3]]));
    assert_eq!(value("text_diff", json!({"before": "a", "after": "b"})).await["added"], 1);
    assert_eq!(value("hash", json!({"text": "abc"})).await["algorithm"], "sha256");
    let times = value("convert_time_zone", json!({"time": "2026-11-24 15:30", "to": ["Asia/Tokyo"]})).await;
    assert_eq!(times["times"][0]["time"], "2026-11-25 00:30:00");
    let check = value("check_json_schema", json!({"schema": "{\"type\":\"string\"}", "value": "1"})).await;
    assert_eq!(check["fits"], false);
    assert_eq!(check["problems"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn invalid_input_is_a_tool_error_in_a_sentence() {
    assert!(fault("json_query", json!({"json": "{", "filter": "."})).await.starts_with("The JSON cannot be read"));
    assert!(fault("countdown", json!({"seconds": 601})).await.contains("between 1 and 600"));
    let long = "x".repeat(1_000_001);
    assert!(fault("hash", json!({ "text": long })).await.starts_with("Shorten the text"));
}

#[tokio::test]
async fn a_filter_or_schema_cannot_hang_crash_or_read_the_hub() {
    let query = |filter: &'static str| async move { fault("json_query", json!({"json": "1", "filter": filter})).await };
    let endless = query("def f: f; f").await;
    assert!(endless.contains("longer than 2 seconds"), "{endless}");
    for hungry in ["[range(1e12)]", "reduce range(60) as $i (\"xx\"; . + .)", "[limit(1e9; repeat(1))]", ".[1e9] = 1"] {
        let text = query(hungry).await;
        assert!(text.contains("simplify") || text.contains("failed"), "{hungry}: {text}");
    }
    let ended = query("halt").await;
    assert!(ended.contains("without a result"), "{ended}");
    let pattern = json!({"schema": r#"{"pattern":"^(a|a)*\\1?$"}"#, "value": format!("\"{}!\"", "a".repeat(60))});
    let _ = call("check_json_schema", pattern).await;
    // the only variable is that of the child's memory allocator
    let environment = value("json_query", json!({"json": "1", "filter": "env | keys[]"})).await;
    assert_eq!(environment["results"], json!(["MIMALLOC_ARENA_RESERVE"]));
}

fn countdown(arguments: &Value) -> ClientRequest {
    ClientRequest::CallToolRequest(CallToolRequest::new(request("countdown", arguments)))
}

#[tokio::test(start_paused = true)]
async fn a_countdown_reports_each_step_and_its_end() {
    let client = connect().await;
    let handle =
        client.send_cancellable_request(countdown(&json!({"seconds": 5, "step": 2})), PeerRequestOptions::no_options());
    let handle = handle.await.unwrap();
    let progress = client.service().0.subscribe(handle.progress_token.clone()).await;
    handle.await_response().await.unwrap();
    let steps: Vec<_> = progress.take(3).map(|step| (step.progress, step.total, step.message.unwrap())).collect().await;
    let expected = [(2.0, "3 seconds to go"), (4.0, "1 second to go"), (5.0, "Done")];
    assert_eq!(steps, expected.map(|(at, text)| (at, Some(5.0), text.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_countdown_stops_at_once() {
    let client = connect().await;
    let started = tokio::time::Instant::now();
    let handle = client
        .send_cancellable_request(countdown(&json!({"seconds": 600})), PeerRequestOptions::no_options())
        .await
        .unwrap();
    let mut progress = client.service().0.subscribe(handle.progress_token.clone()).await;
    progress.next().await.unwrap();
    let peer = client.peer().clone();
    let id = handle.id.clone();
    let response = tokio::spawn(handle.await_response());
    peer.notify_cancelled(rmcp::model::CancelledNotificationParam::new(Some(id), Some("enough".to_owned())))
        .await
        .unwrap();
    assert!(matches!(response.await.unwrap(), Err(ServiceError::Cancelled { .. })));
    assert!(tokio::time::timeout(Duration::from_secs(30), progress.next()).await.is_err(), "the countdown continued");
    assert!(started.elapsed() < Duration::from_secs(60));
}
