//! Files in the form of a tool: they reach the server as base64, and stay in the form until the tool runs.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FORM, json};
use crate::support::browser::{Browser, multipart_body};
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::{PASSWORD, TestApp};

const PICTURE: &[u8] = &[0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 255];
const ENCODED: &str = "iVBORw0KGgoA/w==";

async fn add_tool(app: &TestApp, alice: &Browser, effect: &Value) -> (ScriptedServer, String) {
    let schema = json!({"type": "object", "required": ["picture"], "properties": {
        "title": {"type": "string"},
        "picture": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
        "count": {"type": "integer"},
        "key": {"type": "string", "format": "byte", "writeOnly": true},
    }});
    let tools = json!([{"name": "send", "inputSchema": schema, "annotations": effect}]);
    let server = ScriptedServer::start(tools, "sent").await;
    let path = app.add_server(alice, "Pictures", &server.url()).await;
    (server, format!("{path}/tools/send"))
}

/// Returns the arguments of the last call of the tool.
fn arguments(server: &ScriptedServer) -> Value {
    let calls = server.requests("tools/call");
    let call: Value = serde_json::from_str(&calls.last().unwrap().body).unwrap();
    call["params"]["arguments"].clone()
}

#[tokio::test]
async fn a_file_reaches_the_server_as_base64_and_belongs_to_its_owner() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (server, tool) = add_tool(&app, &alice, &json!({})).await;
    let form = alice.get(&tool).await;
    let sent = alice.upload(&form, FORM, &[("v/title", "Trip")], &[("u/picture", "picture.png", PICTURE)]).await;
    let job = app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
    assert_eq!(arguments(&server), json!({"title": "Trip", "picture": ENCODED}));
    assert_eq!(json(&alice, &job).await["input"]["picture"], ENCODED);

    // another run begins with the same bytes
    let again = alice.get(&format!("{tool}?from={}", job.path().strip_prefix("/jobs/").unwrap())).await;
    assert_eq!(again.text("[name='v/picture']"), ENCODED);
    assert_eq!(again.attr("[name='e/picture'][checked]", "value").as_deref(), Some("encoded"));

    let bob = app.bob().await;
    assert_eq!(bob.get(job.path()).await.status, StatusCode::NOT_FOUND);
    assert!(!bob.get(&format!("{}.json", job.path())).await.body.contains(ENCODED));
}

#[tokio::test]
async fn a_file_stays_in_the_form_until_it_is_right() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (server, tool) = add_tool(&app, &alice, &json!({"destructiveHint": true, "readOnlyHint": false})).await;
    let form = alice.get(&tool).await;
    let refused = alice.upload(&form, FORM, &[("v/count", "1,5")], &[("u/picture", "picture.png", PICTURE)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("#f-count__e"), "Error: Use a full stop: 1.5");
    assert!(refused.text(FORM).contains("picture.png, 10 bytes, is kept"), "{}", refused.text(FORM));
    assert!(refused.has("[name='u/picture'][type=checkbox][checked]"));

    // the preview and the way back carry it
    let preview = alice.upload(&refused, FORM, &[("v/count", "1")], &[("u/picture", "", b"")]).await;
    assert!(preview.text("pre.code").contains(ENCODED), "{}", preview.text("main"));
    let back = alice.upload(&preview, FORM, &[("op", "change")], &[]).await;
    assert!(back.text(FORM).contains("picture.png, 10 bytes, is kept"), "{}", back.text(FORM));
    let preview = alice.upload(&back, FORM, &[("op", "preview")], &[]).await;
    let sent = alice.upload(&preview, FORM, &[], &[]).await;
    app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
    assert_eq!(arguments(&server), json!({"picture": ENCODED, "count": 1}));
}

#[tokio::test]
async fn a_file_that_is_bad_or_too_large_is_told_at_its_field() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (server, tool) = add_tool(&app, &alice, &json!({})).await;
    let form = alice.get(&tool).await;
    let typed = [("v/title", "Trip")];
    let empty = alice.upload(&form, FORM, &typed, &[("u/picture", "nothing.png", b"")]).await;
    assert_eq!(empty.text("#f-picture__e"), "Error: “nothing.png” is empty: choose another file");
    assert_eq!(empty.attr("[name='v/title']", "value").as_deref(), Some("Trip"), "what was typed stays");

    let large = alice.upload(&form, FORM, &typed, &[("u/picture", "large.png", &vec![1; 1_500_000])]).await;
    assert_eq!(large.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = "Error: “large.png” has 1.5 MB, and a file may have up to 190 kB: choose a smaller one";
    assert_eq!(large.text("#f-picture__e"), told);
    assert!(!large.has("[name='u/picture'][type=checkbox]"), "it is not carried along");
    // no page is as large as the file
    assert!(large.body.len() < 100_000, "{}", large.body.len());

    let pasted = [("e/picture", "encoded"), ("v/picture", "data:image/png;base64,AAAA")];
    let pasted = alice.upload(&form, FORM, &pasted, &[]).await;
    assert_eq!(pasted.text("#f-picture__e"), "Error: Remove “data:image/png;base64,” from the beginning");

    let whole = alice.upload(&form, FORM, &typed, &[("u/picture", "huge.png", &vec![1; 6_000_000])]).await;
    assert_eq!(whole.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(whole.text("main").contains("the hub takes 5120 kB"), "{}", whole.text("main"));
    assert!(server.requests("tools/call").is_empty());
}

#[tokio::test]
async fn a_file_is_saved_with_the_input() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice, &json!({})).await;
    let form = alice.get(&tool).await;
    let asked = alice.upload(&form, FORM, &[("op", "save")], &[("u/picture", "picture.png", PICTURE)]).await;
    assert_eq!(asked.text("h1"), "Save this input");
    let page = alice.upload(&asked, FORM, &[("op", "save"), ("name", "Door")], &[]).await;
    assert!(page.text(FORM).contains("picture.png, 10 bytes, is kept"), "{}", page.text(FORM));
    let saved = alice.get(&page.attr("a[href*='saved=']", "href").unwrap()).await;
    assert_eq!(saved.text("[name='v/picture']"), ENCODED);
}

#[tokio::test]
async fn a_secret_file_is_sealed_and_nobody_else_opens_it() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (server, tool) = add_tool(&app, &alice, &json!({})).await;
    let form = alice.get(&tool).await;
    let refused = alice.upload(&form, FORM, &[("v/count", "1,5")], &[("u/key", "id_rsa", b"hunter2-in-a-file")]).await;
    for part in ["id_rsa", "hunter2-in-a-file", "aHVudGVyMi1pbi1hLWZpbGU"] {
        assert!(!refused.body.contains(part), "{part}");
    }
    let picture = [("u/picture", "picture.png", PICTURE)];
    let sent = alice.upload(&refused, FORM, &[("v/count", "1")], &picture).await;
    let job = app.wait_until_finished(&alice, sent.path().strip_prefix("/jobs/").unwrap().parse().unwrap()).await;
    assert_eq!(arguments(&server)["key"], "aHVudGVyMi1pbi1hLWZpbGU=");
    assert!(!job.body.contains("aHVudGVyMi1pbi1hLWZpbGU") && json(&alice, &job).await["input"]["key"] == "••••");
}

#[tokio::test]
async fn a_form_with_files_from_another_site_is_stopped_and_other_pages_take_none() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (server, tool) = add_tool(&app, &alice, &json!({})).await;
    let body = multipart_body(&[("op".to_owned(), "run".to_owned()), ("v/picture".to_owned(), "AAAA".to_owned())], &[]);
    let body = String::from_utf8(body).unwrap();
    let kind = ("content-type", "multipart/form-data; boundary=----a-browser");
    for source in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let stopped = alice.request(Method::POST, &tool, &[kind, source], &body).await;
        assert_eq!(stopped.status, StatusCode::FORBIDDEN, "{source:?}");
    }
    assert!(server.requests("tools/call").is_empty());
    let other = alice.request(Method::POST, "/jobs/cancellation", &[kind], &body).await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let cut = alice.request(Method::POST, &tool, &[kind], &body[..body.len() - 30]).await;
    assert_eq!(cut.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_was_typed_beside_a_large_file_returns_after_the_session_ended() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let (_server, tool) = add_tool(&app, &alice, &json!({})).await;
    let form = alice.get(&tool).await;
    alice.post("/sign-out", &[("", ""); 0]).await;
    let content = vec![7; 100_000];
    let page = alice.upload(&form, FORM, &[("v/title", "Trip")], &[("u/picture", "picture.png", &content)]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let signed_in = [("email", "alice@example.com"), ("password", PASSWORD)];
    let restored = alice.submit(&page, "form[action='/sign-in']", signed_in).await;
    assert_eq!(restored.path(), tool);
    assert_eq!(restored.attr("[name='v/title']", "value").as_deref(), Some("Trip"));
    let told = "“picture.png” was not kept while you were signed out: choose it again";
    assert!(restored.body.contains(told), "{}", restored.body);
}
