//! The page of a connector: tools with their last run, and the user's connections and jobs.

use serde_json::json;

use super::{TOOLS, add, add_with};
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const FACTS: &str = "main dl.strip";
const JOBS: &str = "section[aria-labelledby=jobs-heading]";
const WORKBENCH: &str = "/connectors/workbench";

#[tokio::test]
async fn a_tool_shows_its_effect_and_the_last_run_of_the_user() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let fresh = alice.get(WORKBENCH).await;
    assert!(fresh.texts(&format!("{TOOLS} td:nth-of-type(2)")).iter().all(|runs| runs == "None"));
    assert!(fresh.text(".page-head").ends_with("Built in, needs no account"), "{}", fresh.text(".page-head"));
    assert!(!fresh.has(FACTS) && !fresh.has(JOBS), "a panel has nothing to say");
    assert!(!fresh.text("thead").contains("according to the server"), "the hub itself runs them");

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
    assert!(page.text(&last("json_query")).ends_with("2 runs, 1 failed"));
    assert_eq!(page.text(&last("countdown")), "None");
    assert_eq!(page.texts(&format!("{JOBS} tbody th a bdi")), ["Query JSON", "Query JSON", "Hash a text"]);
    let all = page.attr(&format!("{JOBS} .sheet-head a"), "href").unwrap();
    assert_eq!(alice.get(&all).await.texts("tbody th a").len(), 3);
    assert!(!page.text(&format!("{JOBS} tbody")).contains("Workbench"), "each row names the connector of the page");
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
    assert_eq!(effects, ["Read-only", "Changes data", "Overwrites or deletes", "Not stated"]);
    let folded = page.body.matches("<span class=\"fold\"><span class=\"state").count();
    assert_eq!(folded, 3, "a warning stays a badge where it is narrow");

    let guarded = ScriptedServer::guarded(tools(1), "", Some("t0p")).await;
    let page = add_with(&alice, &guarded.url(), "t0p").await;
    assert!(page.text(FACTS).contains("Account 1 never used") && !page.body.contains("t0p"), "{}", page.text(FACTS));
    assert_eq!(page.texts("main section h2").len(), 1, "one connection needs no table: the tools come first");
}
