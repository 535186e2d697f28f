//! A file among text fields, as a real parser reads it.

use craft::connectors::Shipped;
use serde_json::{Value, json};

use super::json as job_of;
use crate::services::ship;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::server_process::{ServerProcess, node};
use crate::support::test_app::TestApp;

const TOOL: &str = "/connectors/archive/tools/add_document";

/// The connector's file.
const FILE: &str = r#"
slug = "archive"
name = "Archive"
description = "Documents."
category = "productivity"
auth = "token"
transport = "rest"
base_url = "https://archive.example"
docs = "https://archive.example/keys"

[[field]]
name = "api_key"
label = "Key"
kind = "secret"

[key]
style = "bearer"
field = "api_key"

[api]
error = ["/error"]

[check]
url = "https://archive.example/me"

[[tool]]
name = "add_document"
title = "Add a document"
description = "Adds a document."
effect = "adds"

[[tool.input]]
name = "title"
type = "string"
title = "Title"
maxLength = 100

[[tool.input]]
name = "name"
required = true
type = "string"
title = "Name of the file"
maxLength = 100

[[tool.input]]
name = "content"
required = true
type = "string"
title = "Content"
maxLength = 1000

[tool.request]
method = "POST"
path = "/documents"

[tool.request.body.multipart]
fields = { title = { input = "title" }, by = "hub" }
file = { part = "document", name = "{name}", content = { input = "content" }, type = "text/plain" }

[tool.answer]
sentence = "Stored."
"#;

/// Starts a hub with the service, to which alice has connected.
async fn start() -> (TestApp, ServerProcess, Browser) {
    let server = ServerProcess::start(
        |port| {
            let mut it = node("archive.mjs");
            it.arg(port.to_string());
            it
        },
        "listening",
    )
    .await;
    let app = TestApp::new().await;
    let mut shipped = Shipped::parse("connectors/archive.toml", FILE).unwrap();
    let descriptor = shipped.descriptor.as_mut().unwrap();
    for url in [&mut descriptor.base_url, &mut descriptor.check.url] {
        *url = url.replace("https://archive.example", &format!("http://127.0.0.1:{}", server.port));
    }
    ship(&app, [shipped]).await;
    let alice = app.alice().await;
    let page = alice.get("/connectors/archive/connection").await;
    alice.submit(&page, "main form", [("api_key", "ak_5d20")]).await;
    (app, server, alice)
}

async fn parts(alice: &Browser, page: &Page) -> Value {
    job_of(alice, page).await["output"]["structuredContent"]["parts"].clone()
}

#[tokio::test]
async fn a_file_arrives_among_its_fields() {
    let (app, _server, alice) = start().await;
    let fields = [("v/title", "Ebb & flood"), ("v/name", "tide.txt"), ("v/content", "low\nwater – 0.3 m")];
    let page = app.run(&alice, TOOL, fields).await;
    assert!(page.text("#job-result").contains("Stored."), "{}", page.text("main"));
    assert_eq!(
        parts(&alice, &page).await,
        json!([
            { "name": "title", "text": "Ebb & flood" },
            { "name": "by", "text": "hub" },
            { "name": "document", "text": "low\nwater – 0.3 m", "file": "tide.txt", "type": "text/plain" },
        ])
    );
}

#[tokio::test]
async fn a_name_cannot_leave_its_header() {
    let (app, _server, alice) = start().await;
    let name = "a\"; name=\"by";
    let page = app.run(&alice, TOOL, [("v/name", name), ("v/content", "\r\n--craft\r\n")]).await;
    let parts = parts(&alice, &page).await;
    assert_eq!(parts.as_array().unwrap().len(), 2, "{parts}");
    assert_eq!([&parts[1]["name"], &parts[1]["file"]], ["document", name]);

    let form = alice.get(TOOL).await;
    let fields = [("v/name", "a\u{7}"), ("v/content", "x")];
    let page = alice.submit(&form, "form[action*='/tools/']", fields).await;
    let told = "Error: The name of a file or a field cannot hold a control character. Enter another value";
    assert_eq!(page.text("#f-name__e"), told);
}
