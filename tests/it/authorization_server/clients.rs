//! Published MCP clients that a person connects by signing in.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use url::{Position, Url};

use crate::support::oauth_assistant::agree;
use crate::support::server_process::{installed, node};
use crate::support::test_app::TestApp;

/// Lets a client find the authorization server, register, sign in, refresh its token, and list the tools.
async fn sign_in(mut client: Command, name: &str) {
    let app = TestApp::at_its_address().await;
    let alice = app.alice().await;
    let endpoint = app.app.public_url.join("/mcp").unwrap();
    let client = client.arg(endpoint.as_str()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = client.kill_on_drop(true).spawn().unwrap();
    let mut output = BufReader::new(client.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).await.unwrap();
    let Ok(address) = Url::parse(line.trim()) else {
        let output = client.wait_with_output().await.unwrap();
        panic!("no address: {line} {}", String::from_utf8_lossy(&output.stderr));
    };
    assert_eq!(address.origin(), app.app.public_url.origin());
    let path = &address[Position::BeforePath..];
    assert_eq!(alice.get(path).await.text("h1"), format!("Connect {name}?"));
    let answer = agree(&alice, path).await;
    client.stdin.take().unwrap().write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    let mut seen = String::new();
    output.read_to_string(&mut seen).await.unwrap();
    let ended = client.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    let seen: Value = serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert!(seen["tools"].as_array().unwrap().contains(&json!("workbench__hash")), "{seen}");
    assert!(seen["scope"].as_str().unwrap().contains("tools:call"), "{seen}");
    let list = alice.get("/settings/assistants").await;
    assert_eq!(list.texts("tbody th bdi").first().map(String::as_str), Some(name));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_signs_in() {
    let mut python = Command::new(installed("venv/bin/python"));
    python.arg(installed("signed_in_assistant.py"));
    sign_in(python, "Python assistant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_sdk_signs_in() {
    sign_in(node("signed_in_assistant.mjs"), "Node assistant").await;
}
