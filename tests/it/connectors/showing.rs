//! The page of a connector: tools with their last run, and the user's connections and jobs.

use serde_json::json;

use super::{TOOLS, add, add_with};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const CONNECTIONS: &str = "section[aria-labelledby=connections-heading]";
const JOBS: &str = "section[aria-labelledby=jobs-heading]";
const WORKBENCH: &str = "/connectors/workbench";

#[tokio::test]
async fn a_tool_shows_its_effect_and_the_last_run_of_the_user() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let fresh = alice.get(WORKBENCH).await;
    assert!(fresh.texts(&format!("{TOOLS} td:nth-of-type(2)")).iter().all(|last| last.contains("Not run yet")));
    assert!(fresh.text(CONNECTIONS).contains("No connection is needed"));
    assert!(fresh.text(JOBS).contains("You have not run any of its tools yet"));

    app.run(&bob, &format!("{WORKBENCH}/tools/hash"), [("v/text", "b")]).await;
    app.run(&alice, &format!("{WORKBENCH}/tools/hash"), [("v/text", "a")]).await;
    let query = format!("{WORKBENCH}/tools/json_query");
    app.run(&alice, &query, [("v/filter", "."), ("v/json", "{}")]).await;
    let failed = app.run(&alice, &query, [("v/filter", ".["), ("v/json", "{}")]).await;

    let page = alice.get(WORKBENCH).await;
    let last = |tool: &str| {
        let row = page.texts(TOOLS).iter().position(|row| row.contains(tool)).unwrap() + 1;
        format!("{TOOLS}:nth-child({row}) td:nth-of-type(2)")
    };
    assert!(page.text(&last("json_query")).starts_with("Failed"), "{}", page.text(&last("json_query")));
    assert_eq!(page.attr(&format!("{} a", last("json_query")), "href").as_deref(), Some(failed.path()));
    assert!(page.text(&last("hash")).starts_with("Succeeded"));
    assert!(page.text(&last("countdown")).contains("Not run yet"));
    assert_eq!(page.texts(&format!("{JOBS} tbody th a bdi")), ["Query JSON", "Query JSON", "Hash a text"]);
    let all = page.attr(&format!("{JOBS} .sheet-head a"), "href").unwrap();
    assert_eq!(alice.get(&all).await.texts("tbody th a").len(), 3);
    assert_eq!(page.texts(&format!("{CONNECTIONS} tbody th")), ["Account 1"]);
    assert!(page.text(&format!("{CONNECTIONS} tbody")).contains("Connected"));
}

#[tokio::test]
async fn only_the_latest_jobs_are_shown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for n in 0..7 {
        app.run(&alice, &format!("{WORKBENCH}/tools/hash"), [("v/text", n.to_string().as_str())]).await;
    }
    assert_eq!(alice.get(WORKBENCH).await.texts(&format!("{JOBS} tbody tr")).len(), 5);
}

#[tokio::test]
async fn effects_are_shown_and_a_token_is_not() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let tool = |name: &str, hints: serde_json::Value| json!({"name": name, "inputSchema": {"type": "object"}, "annotations": hints});
    let listed = json!([
        tool("look", json!({"readOnlyHint": true})),
        tool("put", json!({"idempotentHint": true, "destructiveHint": false})),
        tool("drop", json!({"destructiveHint": true})),
        tool("hum", json!({})),
    ]);
    let server = ScriptedServer::start(listed, "").await;
    let page = add(&alice, "Effects", server.url().as_str()).await;
    let effects = page.texts(&format!("{TOOLS} td:nth-of-type(1)"));
    assert_eq!(effects, ["Read-only", "Changes data", "Deletes data", "Not stated"]);

    let guarded = ScriptedServer::guarded(tools(1), "", Some("t0p")).await;
    let page = add_with(&alice, &guarded.url(), "t0p").await;
    assert!(page.text(CONNECTIONS).contains("A bearer token, stored encrypted") && !page.body.contains("t0p"));
    assert!(page.text(CONNECTIONS).contains("Never"));
}
