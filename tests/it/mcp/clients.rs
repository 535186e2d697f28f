//! Published MCP clients as assistants: two of Python and the one of npm.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::assistant::{Assistant, CURRENT, OLDER};
use crate::support::server_process::{installed, node};
use crate::support::test_app::TestApp;

fn python(library: &str) -> Command {
    let mut command = Command::new(installed("venv/bin/python"));
    command.arg(installed("assistant.py")).arg(library);
    command
}

/// Lets a client list the tools of a new person, call one with progress, and one that does not exist.
async fn use_hub(mut client: Command) -> Value {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let assistant = Assistant::new(&app, &alice).await;
    let endpoint = app.listen().await.join("/mcp").unwrap();
    let output = client.arg(endpoint.as_str()).arg(assistant.token()).kill_on_drop(true).output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert_eq!(seen["tools"], json!(assistant.tool_names().await));
    assert_eq!(seen["text"], "{\"counted\":2}");
    assert!(!seen["steps"].as_array().unwrap().is_empty(), "no progress: {seen}");
    assert!(seen["unknown"].as_str().unwrap().contains("Unknown tool: nothing__like_it"), "{seen}");
    assert_eq!(alice.get("/jobs").await.texts("tbody tr").len(), 1, "one call was accepted");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_uses_the_hub() {
    assert_eq!(use_hub(python("mcp")).await["revision"], OLDER);
}

#[tokio::test(flavor = "multi_thread")]
async fn fastmcp_uses_the_hub_in_both_eras() {
    assert_eq!(use_hub(python("fastmcp")).await["revision"], CURRENT);
    assert_eq!(use_hub(python("fastmcp-legacy")).await["revision"], OLDER);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_sdk_uses_the_hub() {
    assert_eq!(use_hub(node("assistant.mjs")).await["revision"], OLDER);
}
