//! Servers with oddities, from the form that adds them to the job that calls them.

use serde_json::{Value, json};

use super::{TOOLS, add};
use crate::support::odd_server::{OddServer, error, raw};
use crate::support::test_app::TestApp;

fn tool(name: &str, description: &str) -> Value {
    json!({"name": name, "description": description, "inputSchema": {"type": "object"}})
}

#[tokio::test]
async fn a_server_is_added_with_its_good_tools_and_the_reasons_for_the_others() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let tools = json!([tool("good", "a\0b"), {"name": "bad", "inputSchema": null}, tool("good2", "d")]);
    let server = OddServer::start(tools).await;
    let page = add(&alice, "Odd", server.url().as_str()).await;
    assert_eq!(page.text("h1"), "Odd", "{}", page.text("main"));
    let told = page.text(".flash.ok p");
    assert_eq!(told, "Odd is added. It has 2 tools. “bad” was left out: it has no input schema.");
    let rows = page.texts(TOOLS);
    assert!(rows.len() == 2 && rows[0].contains("a\u{FFFD}b"), "{rows:?}");
}

#[tokio::test]
async fn a_call_ends_with_the_servers_words_and_keeps_the_era_of_the_server() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = OddServer::start(json!([tool("t", "d")])).await;
    add(&alice, "Odd", server.url().as_str()).await;
    let requests_of_call = |before: usize| server.methods().split_off(before);

    server.answer("tools/call", |request| error(request, -32602, "cannot read \0\u{1}"));
    let before = server.methods().len();
    let job = app.run(&alice, "/connectors/odd/tools/t", []).await;
    assert!(job.text("#job-result").contains("rejected the request: cannot read \u{FFFD}"), "{}", job.text("main"));
    assert_eq!(requests_of_call(before), ["initialize", "notifications/initialized", "tools/call"]);

    server.answer("tools/call", |request| {
        let blocks = r#"[{"type": "text", "text": "kept"}, {"type": "text", "text": 5}, {"type": "video", "data": "AA=="}, {"type": "image"}]"#;
        raw("application/json", format!(r#"{{"id": {}, "result": {{"content": {blocks}}}}}"#, request["id"]))
    });
    let job = app.run(&alice, "/connectors/odd/tools/t", []).await;
    assert_eq!(job.text("#job-result pre"), "kept");
    let shown = job.texts("#job-result dd");
    assert!(["5", "video", "AA==", "image"].iter().all(|value| shown.iter().any(|it| it == value)), "{shown:?}");
}

#[tokio::test]
async fn a_call_stores_the_era_that_the_server_has_changed_to() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = OddServer::start(json!([tool("t", "d")])).await;
    add(&alice, "Odd", server.url().as_str()).await;
    assert_eq!(stored_era(&app).await.as_deref(), Some("initialize"));

    server.answer("initialize", |request| error(request, -32601, "Method not found"));
    server.answer("server/discover", |request| {
        let result = json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}});
        crate::support::odd_server::result(request, &result)
    });
    let job = app.run(&alice, "/connectors/odd/tools/t", []).await;
    assert_eq!(job.text("#job-result pre"), "done");
    assert_eq!(stored_era(&app).await.as_deref(), Some("discover"));
    let before = server.methods().len();
    app.run(&alice, "/connectors/odd/tools/t", []).await;
    assert_eq!(server.methods().split_off(before), ["tools/call"]);
}

async fn stored_era(app: &TestApp) -> Option<String> {
    let stored = sqlx::query_scalar(
        "SELECT d.protocol_era FROM connector_discoveries d JOIN connectors c ON c.id = d.connector_id WHERE c.slug = 'odd'",
    );
    stored.fetch_one(app.app.system.pool()).await.unwrap()
}
