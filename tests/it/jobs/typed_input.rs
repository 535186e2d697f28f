//! Typed input of a tool's form is never dropped, whatever happens between the form and the job.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FORM, json};
use crate::support::browser::Browser;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const SECRET: &str = "hunter2-in-a-field";

/// Adds a server whose only tool, `take`, has this schema; returns the path of the tool.
async fn add_tool(app: &TestApp, alice: &Browser, schema: &Value) -> (ScriptedServer, String) {
    let server = ScriptedServer::start(json!([{"name": "take", "inputSchema": schema}]), "taken").await;
    let path = app.add_server(alice, "Taker", &server.url()).await;
    (server, format!("{path}/tools/take"))
}

#[tokio::test]
async fn what_is_typed_is_sent_although_null_is_ticked() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let optional = |kind: &str| json!({"anyOf": [{"type": kind}, {"type": "null"}], "default": null});
    let schema = json!({"type": "object", "properties": {"query": optional("string"), "limit": optional("integer")}});
    let (_server, tool) = add_tool(&app, &alice, &schema).await;
    let job = app.run(&alice, &tool, [("v/query", "hello")]).await;
    assert_eq!(json(&alice, &job).await["input"], json!({"query": "hello", "limit": null}));

    // null is not lost on the way to JSON and back
    let as_json = alice.submit(&alice.get(&tool).await, FORM, [("op", "json")]).await;
    assert_eq!(as_json.text("#f"), "{ \"query\": null, \"limit\": null }");
    let fields = alice.submit(&as_json, FORM, [("op", "form")]).await;
    assert!(fields.has("[name='n/query'][checked]") && fields.has("[name='n/limit'][checked]"));
}

#[tokio::test]
async fn changing_the_view_judges_nothing_and_loses_nothing() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({"type": "object", "required": ["title", "count"], "properties": {
        "title": {"type": "string"}, "count": {"type": "integer"}, "api_key": {"type": "string"},
    }});
    let (server, tool) = add_tool(&app, &alice, &schema).await;
    let form = alice.get(&tool).await;
    let as_json = alice.submit(&form, FORM, [("v/count", "a few"), ("v/api_key", SECRET), ("op", "json")]).await;
    assert_eq!(as_json.status, StatusCode::OK, "{}", as_json.text("main"));
    assert_eq!(as_json.text("#f"), "{ \"count\": \"a few\", \"api_key\": \"••••\" }");
    let fields = alice.submit(&as_json, FORM, [("op", "form")]).await;
    assert_eq!((fields.status, fields.text("[name='j/count']").as_str()), (StatusCode::OK, "\"a few\""));

    // text that is not JSON stays, and its place is named
    let broken = alice.submit(&as_json, FORM, [("j", "{\"count\": }"), ("op", "form")]).await;
    assert_eq!((broken.status, broken.text("#f").as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "{\"count\": }"));

    let job = app.run(&alice, &tool, [("v/title", "t"), ("v/count", "1"), ("v/api_key", SECRET)]).await;
    assert_eq!(job.text("#job-result pre"), "taken");
    let typed = [("j/count", "3"), ("v/title", "t")];
    let sent = alice.submit(&fields, FORM, typed).await;
    app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
    let call: Value = serde_json::from_str(&server.requests("tools/call")[1].body).unwrap();
    assert_eq!(call["params"]["arguments"], json!({"title": "t", "count": 3, "api_key": SECRET}));
}

#[tokio::test]
async fn a_secret_survives_a_fault_in_another_field_unless_it_is_taken_back() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({"type": "object", "properties": {"api_key": {"type": "string"}, "count": {"type": "integer"}}});
    let (server, tool) = add_tool(&app, &alice, &schema).await;
    let form = alice.get(&tool).await;
    let refused = alice.submit(&form, FORM, [("v/api_key", SECRET), ("v/count", "1,000")]).await;
    assert_eq!(refused.text("#f-count__e"), "Error: Write 1000 without commas");
    assert!(refused.has("[name='s/api_key'][checked]") && !refused.body.contains(SECRET));
    let sent = alice.submit(&refused, FORM, [("v/count", "1000")]).await;
    app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
    assert!(server.requests("tools/call")[0].body.contains(SECRET), "it was dropped");

    // the sealed text of one person is nothing in the hands of another
    let bob = app.bob().await;
    let sealed = refused.attr("[name='s/api_key']", "value").unwrap();
    let (_other, his) = add_tool(&app, &bob, &schema).await;
    let stolen = bob.post(&his, &[("op", "run"), ("s/api_key", &sealed)]).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stolen.text("#f-api_5fkey__e").contains("again"), "{}", stolen.text("main"));
}

#[tokio::test]
async fn a_tool_whose_schema_is_unusable_says_so_and_runs_as_json() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "required": true}}});
    let (server, tool) = add_tool(&app, &alice, &schema).await;
    let form = alice.get(&tool).await;
    let told = form.text(".callout.warn");
    assert!(
        told.starts_with("The hub cannot check what you enter") && told.contains("/properties/a/required"),
        "{told}"
    );
    assert!(
        !form.has("button[value=form]") && !form.has("button[value=json]"),
        "a view that does not exist is offered"
    );
    let broken = alice.submit(&form, FORM, [("j", "{\"a\": ")]).await;
    assert_eq!((broken.status, broken.text("#f").as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "{\"a\":"));
    let job = app.run(&alice, &tool, [("j", "{\"a\": \"typed\"}")]).await;
    assert_eq!(job.text("#job-result pre"), "taken");
    assert!(server.requests("tools/call")[0].body.contains("typed"));
}
