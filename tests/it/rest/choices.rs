//! A field offers the choices that another tool of the service lists. Typing a value stays possible.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{json as job_of, start, tool};
use crate::support::browser::Browser;
use crate::support::hang::in_time;
use crate::support::page::Page;
use crate::support::scripted_api::Scripted;

const FORM: &str = "form[action*='/tools/']";
const LIST: &str = "select[name='c/entry']";

fn entries() -> Scripted {
    Scripted::json(
        200,
        &json!({ "data": [
            { "id": "e1", "title": "Paper", "amount": { "value": 5 } }, { "id": "e2" }, { "id": "e3", "title": "Ink" },
            { "id": "e4", "title": "Ink" },
        ] }),
    )
}

/// Presses the button, and again for as long as the list is being read: a busy machine is slow.
async fn request_list<const N: usize>(browser: &Browser, page: &Page, fields: [(&str, &str); N]) -> Page {
    let mut page = browser.submit(page, FORM, fields).await;
    in_time("the list of entries", async {
        while page.text(".offer").contains("still being read") {
            page = browser.submit(&page, FORM, [("op", "choices/entry")]).await;
        }
        page
    })
    .await
}

#[tokio::test]
async fn choices_are_listed_by_name_and_the_chosen_one_is_sent() {
    let (app, ledger, alice) = start().await;
    ledger.answer(entries());
    let page = alice.get(&tool("move_entry")).await;
    assert_eq!(page.texts(".offer button"), ["Choose from a list of entries (Entry)"]);
    let typed = [("v/book", "sales"), ("v/entry", "mistyped"), ("v/note", "for the tax"), ("op", "choices/entry")];
    let page = request_list(&alice, &page, typed).await;
    let names = page.texts(&format!("{LIST} option"));
    assert_eq!(names, ["As typed above", "Paper · 5", "e2", "Ink (e3)", "Ink (e4)"]);
    assert_eq!(
        page.text(&format!("label[for='{}']", page.attr(LIST, "id").unwrap())),
        "Or choose one of the entries (Entry)"
    );
    assert!(page.attr(LIST, "autofocus").is_some() && !page.has(".summary"));
    for (field, value) in [("v/book", "sales"), ("v/entry", "mistyped"), ("v/note", "for the tax")] {
        assert_eq!(page.attr(&format!("[name='{field}']"), "value").as_deref(), Some(value), "{field}");
    }
    assert_eq!(
        ledger.received().iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        ["/v1/books/sales/entries?limit=100"]
    );

    // what was chosen is what the preview shows and the run sends
    let preview = alice.submit(&page, FORM, [("c/entry", "e3")]).await;
    assert!(preview.text("#preview-request").contains("/books/sales/entries/e3"), "{}", preview.text("main"));
    let page = alice.submit(&preview, FORM, [("op", "run")]).await;
    let job = page.path().rsplit('/').next().unwrap().parse().unwrap();
    let page = app.wait_until_finished(&alice, job).await;
    let sent = ledger.received().pop().unwrap();
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PUT", "/v1/books/sales/entries/e3"));
    assert_eq!(job_of(&alice, &page).await["input"]["entry"], "e3");
    // the list was a call like any other
    let log = alice.get("/audit").await;
    assert!(log.text("main").contains("List entries"), "{}", log.text("main"));
}

#[tokio::test]
async fn what_is_typed_counts_if_nothing_is_chosen() {
    let (_app, ledger, alice) = start().await;
    ledger.answer(entries());
    let page = alice.get(&tool("move_entry")).await;
    let page = request_list(&alice, &page, [("v/book", "sales"), ("op", "choices/entry")]).await;
    let preview = alice.submit(&page, FORM, [("v/entry", "e9"), ("c/entry", "")]).await;
    assert!(preview.text("#preview-request").contains("/books/sales/entries/e9"), "{}", preview.text("main"));
    // a choice stays when another field is at fault, and in the view as JSON
    let page = alice.submit(&page, FORM, [("v/book", ""), ("c/entry", "e1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.attr("[name='v/entry']", "value").as_deref(), Some("e1"));
    let page = alice.submit(&page, FORM, [("op", "json")]).await;
    assert!(page.text("textarea[name=j]").contains("\"entry\": \"e1\""), "{}", page.text("main"));
}

#[tokio::test]
async fn a_list_that_depends_on_another_field_says_so_and_asks_nobody() {
    let (_app, ledger, alice) = start().await;
    let page = alice.get(&tool("move_entry")).await;
    let page = alice.submit(&page, FORM, [("v/note", "for the tax"), ("op", "choices/entry")]).await;
    assert_eq!(page.text(".offer p.hint"), "The entries depend on “Book”. Fill it in, then ask for the list.");
    assert_eq!(page.attr("[name='v/note']", "value").as_deref(), Some("for the tax"));
    assert!(page.has(".offer button") && !page.has(".summary"));
    assert!(ledger.received().is_empty());
    // a value that the listing tool does not take
    let long = "b".repeat(41);
    let page = alice.submit(&page, FORM, [("v/book", &long), ("op", "choices/entry")]).await;
    assert!(page.text(".offer p.hint").contains("40 characters"), "{}", page.text(".offer p.hint"));
    assert_eq!(page.attr("[name='v/book']", "value"), Some(long));
}

#[tokio::test]
async fn a_list_that_cannot_be_read_keeps_the_form() {
    let (app, ledger, alice) = start().await;
    for (answer, told, link) in [
        (
            Scripted::json(403, &json!({"error": {"message": "Not yours"}})),
            "could not be read. You can type a value.",
            "See why",
        ),
        (Scripted::json(200, &json!({"data": []})), "is empty. You can type a value.", "See the answer"),
    ] {
        ledger.answer(answer);
        let page = alice.get(&tool("move_entry")).await;
        let page = request_list(&alice, &page, [("v/book", "sales"), ("v/entry", "e9"), ("op", "choices/entry")]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.text(".offer p.hint"), format!("The list of entries {told} {link}"));
        let job = page.attr(".offer a", "href").unwrap();
        assert!(alice.get(&job).await.text("h1").contains("List entries"));
        assert_eq!(page.attr("[name='v/entry']", "value").as_deref(), Some("e9"));
        // another press reads it again
        app.app.clock.advance(Duration::from_secs(1));
        ledger.answer(entries());
        let page = request_list(&alice, &page, [("op", "choices/entry")]).await;
        assert_eq!(page.texts(&format!("{LIST} option")).len(), 5, "{}", page.text("main"));
    }
}

#[tokio::test]
async fn a_service_that_is_slow_blocks_nobody_and_is_asked_once() {
    let (_app, ledger, alice) = start().await;
    let gate = Arc::new(Semaphore::new(0));
    ledger.answer(entries().behind(&gate));
    let page = alice.get(&tool("move_entry")).await;
    let page = alice.submit(&page, FORM, [("v/book", "sales"), ("op", "choices/entry")]).await;
    assert_eq!(
        page.text(".offer p.hint"),
        "The list of entries is still being read. Ask for it again in a moment, or type a value. Watch it"
    );
    gate.add_permits(1);
    let page = request_list(&alice, &page, [("op", "choices/entry")]).await;
    assert_eq!(page.texts(&format!("{LIST} option")).len(), 5);
    assert_eq!(ledger.received().len(), 1);
}

#[tokio::test]
async fn a_long_list_says_that_others_can_be_typed() {
    let (_app, ledger, alice) = start().await;
    let data: Vec<_> = (1..=100).map(|n| json!({ "id": format!("e{n}") })).collect();
    ledger.answer(Scripted::json(200, &json!({ "data": data, "has_more": true })));
    let page = alice.get(&tool("move_entry")).await;
    let page = request_list(&alice, &page, [("v/book", "sales"), ("op", "choices/entry")]).await;
    assert_eq!(page.texts(&format!("{LIST} option")).len(), 101);
    let hint = page.attr(LIST, "aria-describedby").unwrap();
    assert_eq!(page.text(&format!("#{hint}")), "The first 100 are listed. To use another, type it above.");
}

#[tokio::test]
async fn without_a_connection_there_is_no_list_and_other_fields_have_none() {
    let (app, ledger, alice) = start().await;
    let bob = app.bob().await;
    let page = bob.get(&tool("move_entry")).await;
    assert!(!page.has(".offer") && page.text(".callout").contains("There is no connection"));
    let page = bob.submit(&page, FORM, [("v/book", "sales"), ("op", "choices/entry")]).await;
    assert!(page.status.is_success() || page.status.is_client_error(), "{}", page.status);
    assert!(!page.has(LIST));
    let page = alice.submit(&alice.get(&tool("move_entry")).await, FORM, [("op", "choices/book")]).await;
    assert!(page.has(FORM) && !page.has(LIST));
    // text that is no JSON stays, with its fault
    let page = alice.get(&format!("{}?as=json", tool("move_entry"))).await;
    let page = alice.submit(&page, FORM, [("j", "{"), ("op", "choices/entry")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.text("textarea[name=j]"), "{");
    assert!(ledger.received().is_empty());
}
