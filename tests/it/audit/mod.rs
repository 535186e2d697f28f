//! Each action leaves one audit entry, which only its owner can read.

mod export;
mod filters;
mod lists;
mod outcomes;
mod pages;

use http::StatusCode;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::{PASSWORD, TestApp};

const HASH: &str = "/connectors/workbench/tools/hash";
const SECRET: &str = "hunter2-in-a-field";

/// The list as its reader sees it: what was done, and to what.
fn list(page: &Page) -> Vec<String> {
    let hidden = page.texts("tbody th .vh");
    page.texts("tbody th").iter().zip(hidden).map(|(row, hidden)| row.replace(&hidden, "")).collect()
}

/// Opens the entry at this place of the list.
async fn entry(browser: &Browser, place: usize) -> Page {
    let list = browser.get("/audit").await;
    browser.get(&list.attrs("tbody th a", "href")[place]).await
}

#[tokio::test]
async fn each_act_leaves_exactly_one_entry() {
    let app = TestApp::new().await;
    app.account("alice", false).await;
    let alice = app.stranger();
    alice.sign_in("alice@example.com", "a guess at the password").await;
    alice.sign_in("alice@example.com", PASSWORD).await;
    assert_eq!(app.audit_actions().await, ["account.created", "session.refused!password", "session.started"]);

    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"api_key": text}});
    let server = ScriptedServer::start(json!([{"name": "login", "inputSchema": schema}]), "in").await;
    let place = app.add_server(&alice, "Vaults", &server.url()).await;
    assert_eq!(app.audit_actions().await[3..], ["connector.added", "tools.discovered", "connection.created"]);

    app.run(&alice, &format!("{place}/tools/login"), [("v/api_key", SECRET)]).await;
    assert_eq!(app.audit_actions().await[6..], ["job.finished"]);
    // the first use of a connector that needs nothing makes the connection
    app.run(&alice, HASH, [("v/text", "abc")]).await;
    app.run(&alice, HASH, [("v/text", "abc")]).await;
    assert_eq!(app.audit_actions().await[7..], ["connection.created", "job.finished", "job.finished"]);

    let page = alice.get("/audit").await;
    let expected = [
        "Hash a text · Workbench Tool run",
        "Hash a text · Workbench Tool run",
        "Connection created Workbench",
        "login · Vaults Tool run",
        "Connection created Vaults",
        "Discovery of tools Vaults",
        "Connector added Vaults",
        "Signed in",
    ];
    assert_eq!(list(&page)[..8], expected);
}

#[tokio::test]
async fn an_entry_tells_what_was_asked_and_answered_without_the_secret() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"user": text, "api_key": text}});
    let server = ScriptedServer::start(json!([{"name": "login", "inputSchema": schema}]), "welcome").await;
    let place = app.add_server(&alice, "Vaults", &server.url()).await;
    let job = app.run(&alice, &format!("{place}/tools/login"), [("v/user", "al"), ("v/api_key", SECRET)]).await;

    let page = entry(&alice, 0).await;
    assert_eq!((page.text("h1"), page.text(".page-head code")), ("login · Vaults".into(), "job.finished".into()));
    assert_eq!(page.attr("dd a[href^='/jobs/']", "href").as_deref(), Some(job.path()));
    let request = page.text("section[aria-labelledby=request-heading] pre");
    assert_eq!(request, r#"{ "user": "al", "api_key": "••••" }"#);
    assert!(page.text("section[aria-labelledby=response-heading] pre").contains("welcome"));

    let kept = "SELECT count(*) FROM action_logs WHERE strpos(action_logs::text, $1) > 0";
    let count = |text: &'static str| sqlx::query_scalar::<_, i64>(kept).bind(text).fetch_one(app.app.system.pool());
    assert_eq!((count(SECRET).await.unwrap(), count("welcome").await.unwrap()), (0, 1));
}

#[tokio::test]
async fn a_refused_sign_in_and_a_failed_job_say_why() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let query = [("v/json", "{"), ("v/filter", ".")];
    app.run(&alice, "/connectors/workbench/tools/json_query", query).await;
    let page = entry(&alice, 0).await;
    let facts = page.text("dl.kv");
    assert!(
        facts.contains("Kind of errorThe tool reported an error tool_error")
            && facts.contains("The JSON cannot be read"),
        "{facts}"
    );
    assert_eq!(page.text(".state"), "Failed");

    app.stranger().sign_in("alice@example.com", "a guess at the password").await;
    let refused = "SELECT error_class, request, ip, agent FROM action_logs WHERE action = 'session.refused'";
    let row: (String, String, String, String) = sqlx::query_as(refused).fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!((row.0.as_str(), row.2.as_str(), row.3.as_str()), ("password", "127.0.0.1", "Browser of the tests"));
    assert!(row.1.contains("alice@example.com") && !row.1.contains("a guess"), "{}", row.1);
}

#[tokio::test]
async fn nobody_reads_what_others_did() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    app.run(&alice, HASH, [("v/text", "abc")]).await;
    let place = alice.get("/audit").await.attr("tbody th a", "href").unwrap();
    assert_eq!(alice.get(&place).await.status, StatusCode::OK);
    assert_eq!(bob.get(&place).await.status, StatusCode::NOT_FOUND);
    assert!(list(&bob.get("/audit").await).iter().all(|what| !what.contains("Hash")));
}

#[tokio::test]
async fn the_view_for_reports_has_a_row_for_every_entry() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, HASH, [("v/text", "abc")]).await;
    let view = "SELECT action || ' ' || status || ' ' || COALESCE(tool_name, '-') FROM action_logs
                WHERE owner_id = $1 ORDER BY id";
    let rows = sqlx::query_scalar(view).bind(app.owner_of("alice").await);
    let rows: Vec<String> = rows.fetch_all(app.app.system.pool()).await.unwrap();
    let expected = [
        "account.created success -",
        "session.started success -",
        "connection.created success -",
        "job.finished success hash",
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn the_log_goes_on_over_pages() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.record_sign_ins("alice", 50).await;
    let first = alice.get("/audit").await;
    assert_eq!(list(&first).len(), 50);
    let second = alice.get(&first.attr("nav.pager a[rel=next]", "href").unwrap()).await;
    assert_eq!(list(&second), ["Signed in", "Account created"]);
}
