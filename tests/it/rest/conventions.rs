//! Conventions of services: a key in the path, a request of its own for the next page, pages from 0, the bytes of a file.

use http::StatusCode;
use serde_json::{Value, json};

use super::json as job_of;
use crate::support::browser::Browser;
use crate::support::courier_service::{self, KEY};
use crate::support::page::Page;
use crate::support::scripted_api::{Scripted, ScriptedApi};
use crate::support::secret_search::{LogCapture, tables_containing};
use crate::support::test_app::TestApp;

fn tool(name: &str) -> String {
    format!("/connectors/courier/tools/{name}")
}

async fn connect_with(browser: &Browser, key: &str) -> Page {
    let page = browser.get("/connectors/courier/connection").await;
    browser.submit(&page, "main form", [("bot_token", key)]).await
}

/// Starts a hub with the service, to which alice has connected.
async fn start() -> (TestApp, ScriptedApi, Browser) {
    let app = TestApp::new().await;
    let courier = courier_service::start(&app).await;
    let alice = app.alice().await;
    let page = connect_with(&alice, KEY).await;
    assert!(page.text(".flash").contains("connected"), "{}", page.text("main"));
    (app, courier, alice)
}

#[tokio::test]
async fn a_key_in_the_path_is_shown_nowhere() {
    let log = LogCapture::start();
    let (app, courier, alice) = start().await;
    courier.answer(Scripted::json(200, &json!({"ok": true, "result": {"id": 7}})));
    let form = alice.get(&tool("send_letter")).await;
    let preview = alice.submit(&form, "form[action*='/tools/']", [("v/text", "hello")]).await;
    let shown = preview.text("#preview-request");
    assert!(shown.contains("/bot(your credential)/sendLetter"), "{shown}");
    let page = alice.submit(&preview, "form[action*='/tools/']", [("op", "run")]).await;
    let job = page.path().rsplit('/').next().unwrap().parse().unwrap();
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text("#job-result").contains("Sent the letter 7."), "{}", page.text("main"));
    // the service strips the key, so that this request has arrived with it
    let [request] = courier.received().try_into().unwrap();
    assert_eq!((request.path.as_str(), request.body.as_str()), ("/sendLetter", r#"{"text":"hello"}"#));

    courier.answer(Scripted::json(400, &json!({"ok": false, "description": "Bad Request: no such box"})));
    let page = app.run(&alice, &tool("list_letters"), []).await;
    let refused = job_of(&alice, &page).await;
    assert_eq!(refused["error"], "127.0.0.1 refused this (HTTP 400): Bad Request: no such box.");

    let connection = alice.get("/connectors/courier").await;
    for body in [&page.body, &preview.body, &connection.body, &refused.to_string()] {
        assert!(!body.contains(KEY) && !body.contains("c0urier"), "{body}");
    }
    assert_eq!(tables_containing(app.app.system.pool(), &["c0urier"]).await, [] as [&str; 0]);
    assert!(!log.text().contains("c0urier"), "the log holds the key");
}

#[tokio::test]
async fn a_key_that_the_service_answers_with_404_is_not_accepted() {
    let app = TestApp::new().await;
    let _courier = courier_service::start(&app).await;
    let alice = app.alice().await;
    let page = connect_with(&alice, "41:wr0ng").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = page.text("#f-bot_token-e");
    assert!(told.contains("127.0.0.1 did not accept the credential (HTTP 404)"), "{told}");
    assert!(!page.body.contains("wr0ng"));
}

#[tokio::test]
async fn a_service_that_names_seconds_in_its_answer_is_asked_again_then() {
    let (app, courier, alice) = start().await;
    courier.answer(Scripted::json(429, &json!({"ok": false, "parameters": {"retry_after": 90}})));
    courier.answer(Scripted::json(200, &json!({"ok": true, "entries": []})));
    let job = app.start(&alice, &tool("list_letters"), []).await;
    app.wait_for_job(&alice, job, |job| job["events"].to_string().contains("It is tried again")).await;
    app.advance(std::time::Duration::from_secs(91)).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text("#job-result").contains("No letters."), "{}", page.text("main"));
}

#[tokio::test]
async fn the_next_page_may_be_another_request() {
    let (app, courier, alice) = start().await;
    let first = json!({"ok": true, "entries": [{"id": "l1"}], "cursor": "c/1", "has_more": true});
    courier.answer(Scripted::json(200, &first));
    let page = app.run(&alice, &tool("list_letters"), [("v/box", "in")]).await;
    assert!(page.text("#job-result").contains("enter c/1 as “Continue at”"), "{}", page.text("#job-result"));
    courier.answer(Scripted::json(200, &json!({"ok": true, "entries": [{"id": "l2"}], "has_more": false})));
    let page = app.run(&alice, &tool("list_letters"), [("v/box", "in"), ("v/cursor", "c/1")]).await;
    assert_eq!(page.texts("#job-result tbody tr td"), ["l2"]);
    let sent: Vec<_> = courier.received().into_iter().map(|it| (it.path, it.body)).collect();
    let expected = [("/letters/list", r#"{"box":"in"}"#), ("/letters/list/continue", r#"{"cursor":"c/1"}"#)];
    assert_eq!(sent, expected.map(|(path, body)| (path.to_owned(), body.to_owned())));
}

#[tokio::test]
async fn pages_may_be_counted_from_0_and_rows_be_lists() {
    let (app, courier, alice) = start().await;
    courier.answer(Scripted::json(200, &json!({"ok": true, "parcels": [["Ada", 36], ["Charles", 79]]})));
    let page = app.run(&alice, &tool("list_parcels"), []).await;
    assert_eq!(page.texts("#job-result tbody tr td"), ["Ada, 36", "Charles, 79"]);
    assert_eq!(job_of(&alice, &page).await["output"]["_meta"]["nextCursor"], "1");
    courier.answer(Scripted::json(200, &json!({"ok": true, "parcels": []})));
    let page = app.run(&alice, &tool("list_parcels"), [("v/cursor", "1")]).await;
    assert!(page.text("#job-result").contains("No parcels."), "{}", page.text("#job-result"));
    let paths: Vec<_> = courier.received().into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["/parcels?page=0", "/parcels?page=1"]);
}

#[tokio::test]
async fn a_file_is_sent_as_it_is_with_its_name_in_a_header() {
    let (app, courier, alice) = start().await;
    courier.answer(Scripted::json(200, &json!({"ok": true, "path": "/Büro.txt"})));
    let page = app.run(&alice, &tool("write_file"), [("v/path", "/Büro.txt"), ("v/text", "Grüße")]).await;
    assert!(page.text("#job-result").contains("Wrote /Büro.txt."), "{}", page.text("main"));
    let [request] = courier.received().try_into().unwrap();
    assert_eq!(request.body, "Grüße");
    assert_eq!(request.headers["content-type"], "application/octet-stream");
    let argument: Value = serde_json::from_str(request.headers["courier-argument"].to_str().unwrap()).unwrap();
    assert_eq!(argument, json!({"path": "/Büro.txt"}));
}
