//! The tools on the page of a connector: a filter for many of them, a link to run each, and its figures.

use serde_json::{Value, json};

use super::{TOOLS, add};
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const FILTER: &str = "section[aria-labelledby=tools-heading] form[role=search]";
const HEADING: &str = "#tools-heading";

fn many(n: usize) -> Value {
    let tool = |n| {
        json!({ "name": format!("tool_{n}"), "title": format!("Tool number {n}"), "inputSchema": { "type": "object" },
            "description": if n == 3 { "Waters the Garden." } else { "" } })
    };
    (1..=n).map(tool).collect()
}

#[tokio::test]
async fn many_tools_are_filtered_by_name_title_and_description() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(many(15), "done").await;
    let page = add(&alice, "Many", server.url().as_str()).await;
    assert_eq!(page.text(HEADING), "15 tools");

    let found = |text: &'static str| {
        let (alice, page) = (&alice, &page);
        async move { alice.submit(page, FILTER, [("q", text)]).await }
    };
    let by_title = found("NUMBER 1").await;
    assert_eq!((by_title.text(HEADING), by_title.texts(TOOLS).len()), ("7 of 15 tools".to_owned(), 7));
    assert_eq!(by_title.attr("#f-q", "value").as_deref(), Some("NUMBER 1"));
    let by_name = found("tool_12").await;
    assert_eq!(by_name.texts(&format!("{TOOLS} th code")), ["tool_12"]);
    let by_description = found("the garden").await;
    assert_eq!(by_description.texts(&format!("{TOOLS} th code")), ["tool_3"]);

    let none = found("<nothing>").await;
    assert_eq!(none.text(HEADING), "0 of 15 tools");
    assert!(none.text("section[aria-labelledby=tools-heading] .body").contains("“<nothing>”"));
    let all = alice.get(&none.attr(&format!("{FILTER} a"), "href").unwrap()).await;
    assert_eq!(all.texts(TOOLS).len(), 15);
}

#[tokio::test]
async fn few_tools_have_no_filter() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = ScriptedServer::start(many(14), "done").await;
    assert!(!add(&alice, "Few", server.url().as_str()).await.has(FILTER));
}

#[tokio::test]
async fn each_tool_has_its_own_link_to_run_and_its_figures() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let workbench = "/connectors/workbench";
    let query = format!("{workbench}/tools/json_query");
    app.run(&alice, &query, [("v/filter", "."), ("v/json", "{}")]).await;
    app.run(&alice, &query, [("v/filter", ".["), ("v/json", "{}")]).await;
    let bob = app.bob().await;
    app.run(&bob, &query, [("v/filter", "."), ("v/json", "{}")]).await;

    let page = alice.get(workbench).await;
    let links = page.texts(&format!("{TOOLS} td.keep a"));
    let distinct: std::collections::BTreeSet<_> = links.iter().collect();
    assert_eq!(links.len(), distinct.len(), "{links:?}");
    let of = |tool: &str, cell: &str| {
        let row = page.texts(TOOLS).iter().position(|row| row.contains(tool)).unwrap() + 1;
        format!("{TOOLS}:nth-child({row}) {cell}")
    };
    assert_eq!(page.text(&of("json_query", "td:nth-of-type(2) .sub")), "2 runs, 1 failed");
    assert_eq!(page.text(&of("countdown", "td:nth-of-type(2)")), "None");
    assert_eq!(page.attr(&of("json_query", "td.keep a"), "href"), Some(query));
    assert_eq!(page.texts("main section h2")[0], page.text(HEADING), "the tools come first");
}
