//! Secret arguments: sealed while the job is under way, deleted when it ends, and nowhere in clear.

use std::time::Duration;

use craft::ids::JobId;
use http::StatusCode;
use serde_json::{Value, json};

use super::FORM;
use crate::support::browser::Browser;
use crate::support::echoing_server::{Echo, EchoingServer};
use crate::support::secret_search::{LogCapture, tables_containing};
use crate::support::test_app::TestApp;

const KEY: &str = "hunter2/in \"a\" field";
const PASSPHRASE: &str = "correct horse battery";
const PUBLIC: &str = "al-the-user";

/// The spellings in which the server repeats the secrets.
fn spellings() -> Vec<String> {
    let json = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
    vec![KEY.to_owned(), PASSPHRASE.to_owned(), json(KEY), json(&json(KEY)), "hunter2".to_owned()]
}

/// A tool with a secret by its name, a secret by its schema, and an argument that is none.
fn tools(annotations: &Value) -> Value {
    let text = json!({"type": "string"});
    let secret = json!({"type": "string", "writeOnly": true});
    let login = json!({"type": "object", "properties": {"phrase": secret}});
    let properties = json!({"user": text, "api_key": text, "login": login});
    json!([{"name": "login", "inputSchema": {"type": "object", "properties": properties}, "annotations": annotations}])
}

fn input() -> Value {
    json!({"user": PUBLIC, "api_key": KEY, "login": {"phrase": PASSPHRASE}})
}

/// Adds the server; returns the path of its tool.
async fn add(app: &TestApp, alice: &Browser, server: &EchoingServer) -> String {
    format!("{}/tools/login", app.add_server(alice, "Vaults", &server.url()).await)
}

async fn start(alice: &Browser, tool: &str) -> JobId {
    alice.start(tool, [("v/user", PUBLIC), ("v/api_key", KEY), ("v/login/phrase", PASSPHRASE)]).await
}

async fn sealed(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM job_secret").fetch_one(app.app.system.pool()).await.unwrap()
}

async fn assert_not_stored(app: &TestApp) {
    let pool = app.app.system.pool();
    assert!(tables_containing(pool, &[PUBLIC]).await.contains(&"job".to_owned()), "the search finds nothing");
    assert_eq!(tables_containing(pool, &spellings()).await, [""; 0]);
}

async fn assert_not_shown(alice: &Browser, job: JobId) {
    let of_job = ["", ".json", "/output", "/cancellation"].map(|part| format!("/jobs/{job}{part}"));
    let others = ["/jobs", "/audit", "/audit/export?format=ndjson", "/audit/export?format=csv", "/dashboard"];
    for path in of_job.iter().map(String::as_str).chain(others) {
        let page = alice.get(path).await;
        for spelling in spellings() {
            assert!(!page.body.contains(&spelling), "{path} shows {spelling}:\n{}", page.body);
        }
    }
}

#[tokio::test]
async fn a_secret_argument_is_sealed_until_the_job_ends_and_stands_nowhere_in_clear() {
    let log = LogCapture::start();
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools(&json!({}))).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    for answer in [Echo::Result, Echo::Error] {
        server.answer_with(answer);
        let job = start(&alice, &tool).await;
        assert_eq!(server.next_call().await, input(), "the server did not get what was typed");
        assert_eq!(sealed(&app).await, 1);
        assert_not_stored(&app).await;
        assert_not_shown(&alice, job).await;
        server.release();
        let page = app.wait_until_finished(&alice, job).await;
        assert_eq!(sealed(&app).await, 0, "the secrets outlive their job");
        assert_not_stored(&app).await;
        assert_not_shown(&alice, job).await;
        let streamed = alice.get(&format!("/jobs/{job}/live")).await.body;
        assert!(spellings().iter().all(|spelling| !streamed.contains(spelling)), "{streamed}");
        assert!(page.body.contains("[redacted]"), "nothing was repeated: {}", page.body);
        let entry = page.attr("dd a[href^='/audit/']", "href").unwrap();
        let entry = alice.get(&entry).await.body;
        assert!(entry.contains("••••") && spellings().iter().all(|it| !entry.contains(it)), "{entry}");
    }
    tracing::trace!(target: "craft", "the end of the story");
    let log = log.text();
    assert!(log.contains("the end of the story"), "nothing is captured: {log}");
    for spelling in spellings() {
        assert!(!log.contains(&spelling), "the log has {spelling}: {log}");
    }
}

#[tokio::test]
async fn a_secret_in_whole_json_is_sealed_too_and_a_mask_is_asked_for_again() {
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools(&json!({}))).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    let form = alice.get(&format!("{tool}?as=json")).await;
    let masked = json!({"user": PUBLIC, "api_key": "••••", "login": {"phrase": PASSPHRASE}}).to_string();
    let refused = alice.submit(&form, FORM, [("j", masked.as_str())]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text(".summary").contains("type it again"), "{}", refused.text(".summary"));

    let job = alice.submit(&form, FORM, [("j", input().to_string().as_str())]).await;
    assert_eq!(server.next_call().await, input());
    assert_not_stored(&app).await;
    server.release();
    let job = job.path().trim_start_matches("/jobs/").parse().unwrap();
    app.wait_until_finished(&alice, job).await;
    assert_eq!(sealed(&app).await, 0);
    assert_not_stored(&app).await;
    assert_not_shown(&alice, job).await;
}

#[tokio::test]
async fn another_try_of_the_same_job_has_the_secrets_and_another_run_asks_for_them() {
    let tools = tools(&json!({"readOnlyHint": true}));
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    server.answer_with(Echo::Unavailable);
    let job = start(&alice, &tool).await;
    server.next_call().await;
    server.release();
    app.wait_for_job(&alice, job, |job| job["status"] == "queued").await;
    assert_eq!(sealed(&app).await, 1, "a job that is tried again lost its secrets");
    assert_not_stored(&app).await;
    server.answer_with(Echo::Result);
    app.advance(Duration::from_secs(60)).await;
    assert_eq!(server.next_call().await, input());
    server.release();
    let page = app.wait_until_finished(&alice, job).await;

    let again = page.attr("#job-head .actions a", "href").unwrap();
    let form = alice.get(&again).await;
    assert_eq!(form.attr("[name='v/user']", "value").as_deref(), Some(PUBLIC));
    assert_eq!(form.attr("[name='v/api_key']", "value").as_deref(), Some(""));
    assert_eq!(form.attr("[name='v/login/phrase']", "value").as_deref(), Some(""));
    assert_eq!(form.body.matches("Enter it again").count(), 2, "{}", form.body);
    let blank = alice.get(&tool).await.body;
    assert!(!blank.contains("Enter it again"), "{blank}");
    let typed = [("v/api_key", "another"), ("v/login/phrase", "once more")];
    let second = alice.submit(&form, FORM, typed).await;
    let call = server.next_call().await;
    assert_eq!((&call["api_key"], &call["user"]), (&json!("another"), &json!(PUBLIC)));
    server.release();
    app.wait_until_finished(&alice, second.path().trim_start_matches("/jobs/").parse().unwrap()).await;
}

#[tokio::test]
async fn a_job_that_is_cancelled_before_it_runs_loses_its_secrets() {
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools(&json!({"readOnlyHint": true}))).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    server.answer_with(Echo::Unavailable);
    for ends_with_connection in [false, true] {
        let job = start(&alice, &tool).await;
        server.next_call().await;
        server.release();
        app.wait_for_job(&alice, job, |job| job["status"] == "queued").await;
        assert_eq!(sealed(&app).await, 1);
        if ends_with_connection {
            let connection = alice.get("/connections").await.attr("a[href^='/connections/']", "href").unwrap();
            let page = alice.get(&format!("{connection}/disconnection")).await;
            alice.submit(&page, "main form", []).await;
        } else {
            let page = alice.get(&format!("/jobs/{job}/cancellation")).await;
            alice.submit(&page, "main form", []).await;
        }
        app.wait_for_job(&alice, job, |job| job["status"] == "canceled").await;
        assert_eq!(sealed(&app).await, 0, "the secrets of a cancelled job are kept");
        assert_not_stored(&app).await;
    }
}

#[tokio::test]
async fn a_mask_is_never_sent_in_place_of_a_secret_that_is_gone() {
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools(&json!({"readOnlyHint": true}))).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    server.answer_with(Echo::Unavailable);
    let job = start(&alice, &tool).await;
    server.next_call().await;
    server.release();
    app.wait_for_job(&alice, job, |job| job["status"] == "queued").await;
    sqlx::query("DELETE FROM job_secret").execute(app.app.system.pool()).await.unwrap();
    app.advance(Duration::from_secs(60)).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.body.contains("The secret arguments of this job are gone"), "{}", page.body);
}

/// A tool whose secrets are a number, a choice, a list of an object, and an object.
fn tools_with_other_types() -> Value {
    let text = json!({"type": "string"});
    let secret = |schema: Value| {
        let mut schema = schema;
        schema["writeOnly"] = json!(true);
        schema
    };
    let safe = json!({"type": "object", "properties": {"code": text, "slots": {"type": "array", "items": {"type": "integer"}}}});
    let row = json!({"type": "object", "properties": {"pin": secret(json!({"type": "integer"})), "name": text}});
    let properties = json!({"user": text, "max_secret": {"type": "integer"}, "pin": secret(json!({"type": "integer"})),
        "kind": secret(json!({"enum": ["door", "gate"]})), "safe": secret(safe), "rows": {"type": "array", "items": row}});
    json!([{"name": "login", "inputSchema": {"type": "object", "required": ["pin"], "properties": properties}}])
}

#[tokio::test]
async fn a_secret_that_is_no_string_is_kept_like_one_that_is() {
    const NUMBERS: [&str; 3] = ["20251129", "77123987", "60606061"];
    let spellings: Vec<_> = NUMBERS.iter().chain(&["sesame-street"]).map(|it| (*it).to_owned()).collect();
    let (app, mut server) = (TestApp::new().await, EchoingServer::start(tools_with_other_types()).await);
    let alice = app.alice().await;
    let tool = add(&app, &alice, &server).await;
    let typed = [
        ("op", "json"),
        ("v/user", PUBLIC),
        ("v/max_secret", "4"),
        ("v/pin", "20251129"),
        ("v/kind", "1"),
        ("v/safe/code", "sesame-street"),
        ("v/safe/slots", "77123987"),
        ("v/rows/0/pin", "60606061"),
        ("v/rows/0/name", "al"),
    ];
    let input = json!({"user": PUBLIC, "max_secret": 4, "pin": 20_251_129, "kind": "gate",
        "safe": {"code": "sesame-street", "slots": [77_123_987]}, "rows": [{"pin": 60_606_061, "name": "al"}]});
    // from view to view, and through a preview, no page shows one
    let form = alice.get(&tool).await;
    let form = alice.submit(&form, FORM, [("op", "add:/rows")]).await;
    let mut page = alice.submit(&form, FORM, typed).await;
    for next in ["form", "raw:/rows", "form:/rows", "copy:/rows/0", "del:/rows/1", "preview", "run"] {
        for secret in &spellings {
            assert!(!page.body.contains(secret), "before {next:?} the page shows {secret}:\n{}", page.body);
        }
        assert!(page.body.contains("••••") || page.body.contains("Keep what you entered"), "{}", page.body);
        page = alice.submit(&page, FORM, [("op", next)]).await;
    }
    let job: JobId = page.path().trim_start_matches("/jobs/").parse().unwrap();
    assert_eq!(server.next_call().await, input, "the server did not get what was typed, with its types");
    let pool = app.app.system.pool();
    assert_eq!((sealed(&app).await, tables_containing(pool, &spellings).await), (1, vec![]));
    server.release();
    app.wait_until_finished(&alice, job).await;
    assert_eq!((sealed(&app).await, tables_containing(pool, &spellings).await), (0, vec![]));
    for path in ["", ".json", "/output"].map(|part| format!("/jobs/{job}{part}")) {
        let shown = alice.get(&path).await.body;
        assert!(spellings.iter().all(|secret| !shown.contains(secret)), "{path}:\n{shown}");
    }
    let stored = alice.get(&format!("/jobs/{job}.json")).await.body;
    let stored: Value = serde_json::from_str(&stored).unwrap();
    let masked = json!({"user": PUBLIC, "max_secret": 4, "pin": "••••", "kind": "••••", "safe": "••••",
        "rows": [{"pin": "••••", "name": "al"}]});
    assert_eq!(stored["input"], masked);

    let again = alice.get(&format!("/jobs/{job}")).await.attr("#job-head .actions a", "href").unwrap();
    let form = alice.get(&again).await;
    assert!(form.body.contains("Choose it again") && form.body.contains("Enter it again"), "{}", form.body);
    let refused = alice.submit(&form, FORM, []).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let summary = refused.text(".summary");
    assert!(
        summary.contains("number for pin") && summary.contains("again, or untick “It had a value before”"),
        "{summary}"
    );
}
