//! Saved inputs: values of a tool under a name, which fill its form again.

use http::StatusCode;
use serde_json::json;

use super::{FORM, HASH, json};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const LIST: &str = "section[aria-labelledby=saved-heading]";

/// The names in the list beside the form.
fn saved(page: &Page) -> Vec<String> {
    page.texts(&format!("{LIST} .grow a"))
}

/// Saves what the form has, with these changes, under a name.
async fn save(browser: &Browser, form: &Page, name: &str, fields: [(&str, &str); 1]) -> Page {
    let asked = browser.submit(form, FORM, [("op", "save"), fields[0]]).await;
    assert_eq!(asked.text("h1"), "Save this input");
    browser.submit(&asked, FORM, [("op", "save"), ("name", name)]).await
}

/// Opens the page that shows and deletes the first saved input.
async fn open_first(browser: &Browser, page: &Page) -> Page {
    browser.get(&page.attr(&format!("{LIST} a[href*='/inputs/']"), "href").unwrap()).await
}

#[tokio::test]
async fn an_input_is_saved_chosen_and_deleted() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let form = alice.get(HASH).await;
    assert!(!form.has(LIST), "there is nothing to choose yet");
    let page = save(&alice, &form, " Monday ", [("v/text", "for monday")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.text(".flash p"), "The input is saved as “Monday”.");
    assert_eq!(page.text("[name='v/text']"), "for monday", "the form keeps what it had");
    let page = save(&alice, &page, "Friday", [("v/text", "for friday")]).await;
    assert_eq!(saved(&page), ["Friday", "Monday"]);
    assert_eq!(page.text(&format!("{LIST} [aria-current]")), "Friday");

    let monday = alice.get(&page.attr(&format!("{LIST} .grow a:not([aria-current])"), "href").unwrap()).await;
    assert_eq!(monday.text("[name='v/text']"), "for monday");
    assert!(monday.text(FORM).contains("Filled in with Monday"), "{}", monday.text(FORM));
    let job = alice.submit(&monday, FORM, []).await;
    assert_eq!(json(&alice, &job).await["input"]["text"], "for monday");

    let friday = open_first(&alice, &page).await;
    assert_eq!(friday.text("h1"), "Friday");
    assert!(friday.text("pre").contains("for friday"), "{}", friday.text("pre"));
    for method in [http::Method::GET, http::Method::POST] {
        let foreign = bob.request(method, friday.path(), &[("content-type", "application/x-www-form-urlencoded")], "");
        assert_eq!(foreign.await.status, StatusCode::NOT_FOUND);
    }
    assert!(saved(&bob.get(HASH).await).is_empty());
    let left = alice.submit(&friday, "main form", []).await;
    assert_eq!(left.text(".flash p"), "The saved input “Friday” is deleted.");
    assert_eq!(saved(&left), ["Monday"]);
    assert_eq!(alice.get(friday.path()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(&format!("{HASH}?saved={}", uuid::Uuid::nil())).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_name_is_asked_for_and_one_that_is_taken_is_replaced_only_by_choice() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get(HASH).await;
    let page = save(&alice, &form, "Report", [("v/text", "first")]).await;
    let long = "x".repeat(81);
    for (name, told) in [
        (" ", "Enter a name"),
        (long.as_str(), "Enter a name of 80 characters or fewer"),
        ("REPORT", "You already have a saved input called “REPORT”"),
    ] {
        let refused = save(&alice, &page, name, [("v/text", "second")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text(".summary").contains(told), "{}", refused.text(".summary"));
        assert_eq!(refused.attr("#f-name", "value").as_deref(), Some(name));
        assert_eq!(refused.has("[name=replaces]"), name == "REPORT");
        let back = alice.submit(&refused, FORM, [("op", "change")]).await;
        assert_eq!(back.text("[name='v/text']"), "second", "the form keeps what was typed");
    }
    let refused = save(&alice, &page, "REPORT", [("v/text", "second")]).await;
    let replaced = alice.submit(&refused, FORM, [("op", "save"), ("replaces", "on")]).await;
    assert_eq!(saved(&replaced), ["REPORT"]);
    assert!(open_first(&alice, &replaced).await.text("pre").contains("second"));
}

#[tokio::test]
async fn a_secret_is_not_saved_and_an_incomplete_input_is() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({ "type": "object", "required": ["title", "pin"], "properties": {
        "title": { "type": "string" }, "amount": { "type": "integer" },
        "pin": { "type": "string", "writeOnly": true } } });
    let server = ScriptedServer::start(json!([{"name": "pay", "inputSchema": schema}]), "paid").await;
    let tool = format!("{}/tools/pay", app.add_server(&alice, "Bank", &server.url()).await);
    let form = alice.get(&tool).await;
    let typed = [("op", "save"), ("v/amount", "1000000000000000000000001"), ("v/pin", "hunter2")];
    let asked = alice.submit(&form, FORM, typed).await;
    assert!(asked.text("main").contains("Secrets are not saved"), "{}", asked.body);
    let page = alice.submit(&asked, FORM, [("op", "save"), ("name", "Rent")]).await;
    assert!(page.has("[name='s/pin'][checked]"), "the page keeps the secret for this run: {}", page.body);
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT input FROM saved_inputs").fetch_all(app.app.system.pool()).await.unwrap();
    assert!(stored.len() == 1 && stored[0].contains("1000000000000000000000001"), "{stored:?}");
    assert!(!stored[0].contains("hunter2"), "{stored:?}");

    let rent = alice.get(&page.attr(&format!("{LIST} .grow a"), "href").unwrap()).await;
    assert_eq!(rent.attr("[name='v/amount']", "value").as_deref(), Some("1000000000000000000000001"));
    let refused = alice.submit(&rent, FORM, []).await;
    let faults = refused.text(".summary");
    assert!(faults.contains("title") || faults.contains("Title"), "{faults}");
    assert!(faults.to_lowercase().contains("pin"), "{faults}");
}

#[tokio::test]
async fn saved_inputs_end_with_their_connector() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let schema = json!({ "type": "object", "properties": { "title": { "type": "string" } } });
    let server = ScriptedServer::start(json!([{"name": "note", "inputSchema": schema}]), "noted").await;
    let path = app.add_server(&alice, "Notes", &server.url()).await;
    let form = alice.get(&format!("{path}/tools/note")).await;
    let page = save(&alice, &form, "Mine", [("v/title", "t")]).await;
    let mine = page.attr(&format!("{LIST} a[href*='/inputs/']"), "href").unwrap();
    let removal = alice.get(&format!("{path}/removal")).await;
    alice.submit(&removal, "main form", []).await;
    assert_eq!(alice.get(&mine).await.status, StatusCode::NOT_FOUND);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM saved_inputs").fetch_one(app.app.system.pool()).await.unwrap();
    assert_eq!(left, 0);
}
