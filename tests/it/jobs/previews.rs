//! Previews of a run: on request, and always for a tool that deletes data.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FORM, HASH};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const WIPE: &str = "/connectors/disks/tools/wipe";
const SECRET: &str = "hunter2-in-a-field";

/// Starts a hub where alice has a server whose tool deletes data.
async fn with_destructive_tool() -> (TestApp, Browser, ScriptedServer) {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({"type": "object", "required": ["path"], "properties": {
        "path": {"type": "string"}, "api_key": {"type": "string"}, "depth": {"type": "integer"},
    }});
    let wipe = json!({"name": "wipe", "inputSchema": schema, "annotations": {"destructiveHint": true}});
    let server = ScriptedServer::start(json!([wipe]), "wiped").await;
    app.add_server(&alice, "Disks", &server.url()).await;
    (app, alice, server)
}

fn assert_preview(page: &Page, server: &ScriptedServer) {
    assert_eq!((page.status, page.text("#preview-heading").as_str()), (StatusCode::OK, "What would be sent"));
    assert!(page.text(".callout.warn").contains("Nothing has been sent yet."));
    assert!(!page.body.contains(SECRET), "the preview shows the secret");
    assert!(server.requests("tools/call").is_empty(), "it ran without being asked twice");
}

/// Returns the arguments of the only call.
fn arguments(server: &ScriptedServer) -> Value {
    let calls = server.requests("tools/call");
    assert_eq!(calls.len(), 1);
    let call: Value = serde_json::from_str(&calls[0].body).unwrap();
    call["params"]["arguments"].clone()
}

async fn finished(app: &TestApp, alice: &Browser, job: &Page) -> Page {
    let id = job.path().strip_prefix("/jobs/").unwrap_or_else(|| panic!("no job: {}", job.text("main")));
    app.wait_until_finished(alice, id.parse().unwrap()).await
}

#[tokio::test]
async fn a_tool_that_deletes_data_shows_first_what_would_be_sent() {
    let (app, alice, server) = with_destructive_tool().await;
    let form = alice.get(WIPE).await;
    assert!(form.text(FORM).contains("Before it runs, you see what would be sent."));
    let typed = [("v/path", "/tmp/old"), ("v/api_key", SECRET), ("v/depth", "2")];
    let preview = alice.submit(&form, FORM, typed).await;
    assert_preview(&preview, &server);
    let shown: Value = serde_json::from_str(&preview.text("pre.code")).unwrap();
    assert_eq!(shown, json!({"path": "/tmp/old", "api_key": "••••", "depth": 2}));

    let changed = alice.submit(&preview, FORM, [("op", "change")]).await;
    assert_eq!(changed.attr("[name='v/path']", "value").as_deref(), Some("/tmp/old"));
    assert!(!changed.body.contains(SECRET) && !changed.has(".err"));
    // another input is another preview, although the first was seen
    let seen = preview.attr("[name=seen]", "value").unwrap();
    let again = alice.post(WIPE, &[("op", "run"), ("v/path", "/home"), ("seen", &seen)]).await;
    assert_preview(&again, &server);

    let preview = alice.submit(&changed, FORM, [("v/path", "/tmp/older")]).await;
    assert_preview(&preview, &server);
    let (job, twice) = tokio::join!(alice.submit(&preview, FORM, []), alice.submit(&preview, FORM, []));
    assert_eq!(job.path(), twice.path(), "sent twice, it is two jobs");
    let page = finished(&app, &alice, &job).await;
    assert_eq!(arguments(&server), json!({"path": "/tmp/older", "api_key": SECRET, "depth": 2}));
    assert_eq!(page.text("#job-result pre"), "wiped");
}

#[tokio::test]
async fn every_way_to_run_a_tool_that_deletes_data_leads_over_the_preview() {
    let (app, alice, server) = with_destructive_tool().await;
    let as_json = alice.get(&format!("{WIPE}?as=json")).await;
    let preview =
        alice.submit(&as_json, FORM, [("j", "{\"path\": \"/a\", \"api_key\": \"hunter2-in-a-field\"}")]).await;
    assert_preview(&preview, &server);
    for pairs in [vec![("v/path", "/a")], vec![("v/path", "/a"), ("op", "anything"), ("seen", "made up")]] {
        assert_preview(&alice.post(WIPE, &pairs).await, &server);
    }
    let job = alice.submit(&preview, FORM, []).await;
    let job = finished(&app, &alice, &job).await;
    assert_eq!(arguments(&server), json!({"path": "/a", "api_key": SECRET}));

    let again = alice.get(&job.attr("#job-head .actions a", "href").unwrap()).await;
    let lacking = alice.submit(&again, FORM, []).await;
    assert!(lacking.text(".summary").contains("again, or untick “It had a value before”"), "{}", lacking.body);
    let preview = alice.submit(&again, FORM, [("v/api_key", "another")]).await;
    assert_eq!(preview.text("#preview-heading"), "What would be sent");
    assert_eq!(server.requests("tools/call").len(), 1, "run again, it ran at once");
}

#[tokio::test]
async fn a_preview_refuses_what_a_run_would_refuse() {
    let (_app, alice, server) = with_destructive_tool().await;
    let form = alice.get(WIPE).await;
    for (op, depth) in [("run", "many"), ("preview", "1.5")] {
        let refused = alice.submit(&form, FORM, [("v/path", "/a"), ("v/depth", depth), ("op", op)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.has("#f-depth__e") && !refused.has("#preview-heading"), "{}", refused.text("main"));
    }
    assert!(server.requests("tools/call").is_empty());
}

#[tokio::test]
async fn a_preview_on_request_leads_to_the_run_and_back_to_the_form() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(HASH).await;
    let preview = alice.submit(&form, FORM, [("v/text", "abc\ndef"), ("op", "preview")]).await;
    assert!(preview.text("pre.code").contains("\"text\": \"abc\\ndef\"") && !preview.has(".callout.warn"));
    let changed = alice.submit(&preview, FORM, [("op", "change")]).await;
    assert_eq!(changed.text("[name='v/text']"), "abc def");
    let job = alice.submit(&preview, FORM, []).await;
    let job = finished(&app, &alice, &job).await;
    assert_eq!(super::json(&alice, &job).await["input"]["text"], "abc\ndef");
}
