//! The request of a tool.

use serde_json::json;

use super::{json as job_of, start, tool};
use crate::support::scripted_api::Scripted;

#[tokio::test]
async fn a_tool_sends_what_its_form_shows() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(200, &json!({"id": "e1", "secret": "s3cret"})));
    let page = app.run(&alice, &tool("add_entry"), [("v/book", "a/b"), ("v/amount", "5")]).await;
    assert!(page.text("#job-result").contains("Added the entry e1."), "{}", page.text("main"));
    assert!(!page.body.contains("s3cret"));
    let [request] = ledger.received().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/books/a%2Fb/entries"));
    assert_eq!(request.body, r#"{"by":"acct_alice","amount":{"value":5}}"#);
    assert_eq!(request.headers["ledger-version"], "7");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["idempotency-key"].len(), 36);
}

#[tokio::test]
async fn a_list_is_a_table_and_its_cursor_leads_to_the_next_page() {
    let (app, ledger, alice) = start().await;
    let entries = json!([{"id": "e1", "amount": {"value": 5}}, {"id": "e2", "amount": {"value": 7}}]);
    ledger.answer(Scripted::json(200, &json!({"data": entries, "has_more": true})));
    let page = app.run(&alice, &tool("list_entries"), [("v/book", "sales")]).await;
    assert_eq!(page.texts("#job-result tbody tr td"), ["e1", "5", "e2", "7"]);
    assert_eq!(ledger.received()[0].path, "/v1/books/sales/entries?limit=10");
    assert!(page.text("#job-result").contains("enter e2 as “Continue at”"), "{}", page.text("#job-result"));
    let job = job_of(&alice, &page).await;
    assert_eq!(job["output"]["_meta"]["nextCursor"], "e2");
    let whole = page.attr("#job-result p a[href*='/content/']", "href").unwrap();
    assert_eq!(alice.get(&whole).await.json()["has_more"], true);

    ledger.answer(Scripted::json(200, &json!({"data": [], "has_more": false})));
    let next = page.attr("#job-result .actions a", "href").unwrap();
    let form = alice.get(&next).await;
    assert_eq!(form.text("[name='v/cursor']"), "e2");
    let page = app.run(&alice, &tool("list_entries"), [("v/book", "sales"), ("v/cursor", "e2")]).await;
    assert!(!page.has("#job-result .actions a"), "there is no further page");
    assert!(page.text("#job-result").contains("No entries."), "{}", page.text("#job-result"));
    assert_eq!(ledger.received()[1].path, "/v1/books/sales/entries?after=e2&limit=10");
}

#[tokio::test]
async fn a_value_that_would_leave_its_place_is_refused_before_anything_is_sent() {
    let (_app, ledger, alice) = start().await;
    for op in ["run", "preview"] {
        let page = alice.get(&tool("list_entries")).await;
        let refused = alice.submit(&page, "form[action*='/tools/']", [("v/book", ".."), ("op", op)]).await;
        assert_eq!(refused.status, http::StatusCode::UNPROCESSABLE_ENTITY);
        let told = refused.text("#f-book__e");
        assert_eq!(told, "Error: “..” cannot be the “book” of this request. Enter another value");
    }
    assert!(ledger.received().is_empty());
    assert!(!alice.get("/jobs").await.has("main tbody tr"), "a run that cannot be sent is no job");
}

#[tokio::test]
async fn a_preview_shows_the_request_without_sending_it() {
    let (_app, ledger, alice) = start().await;
    let page = alice.get(&tool("delete_entry")).await;
    let preview = alice.submit(&page, "form[action*='/tools/']", [("v/entry", "e1")]).await;
    let request = preview.text("#preview-request");
    assert!(request.starts_with("DELETE http://127.0.0.1:") && request.contains("/v1/entries/e1"), "{request}");
    assert!(request.contains("authorization: Bearer (your credential)"), "{request}");
    assert!(!preview.text("main").contains("according to the server"));
    assert!(ledger.received().is_empty());
}

#[tokio::test]
async fn a_tool_of_a_service_is_run_by_everybody_who_has_a_connection_of_their_own() {
    let (app, ledger, _alice) = start().await;
    let bob = app.bob().await;
    let page = bob.get("/connectors?q=ledger").await;
    assert_eq!(page.texts(".card h3"), ["Ledger"]);
    let page = bob.get(&tool("write_note")).await;
    let refused = bob.submit(&page, "form[action*='/tools/']", [("v/text", "mine")]).await;
    assert_eq!(refused.status, http::StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("main").contains("Ledger is not connected"), "{}", refused.text("main"));
    assert!(ledger.received().is_empty());
}

#[tokio::test]
async fn shipped_services_have_tools() {
    let (_app, _ledger, alice) = start().await;
    let catalogue = alice.get("/connectors").await;
    assert!(!catalogue.text("main").contains("Not ready yet"), "{}", catalogue.text("main"));
    assert_eq!(alice.get("/connectors?q=stripe").await.texts(".card h3"), ["Stripe"]);
    let tools = alice.get("/connectors/stripe").await;
    assert!(tools.text("main").contains("Create a customer"), "{}", tools.text("main"));
}
