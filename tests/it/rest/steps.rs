//! Requests around that of a tool: look-ups before it, and details of what it lists.

use serde_json::json;

use super::{json as job_of, start, tool};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::scripted_api::{Scripted, ScriptedApi};
use crate::support::test_app::TestApp;

/// Runs `set_state`, which shows its preview first.
async fn set_state<const N: usize>(app: &TestApp, alice: &Browser, fields: [(&str, &str); N]) -> Page {
    let page = alice.get(&tool("set_state")).await;
    let preview = alice.submit(&page, "form[action*='/tools/']", fields).await;
    let page = alice.submit(&preview, "form[action*='/tools/']", [("op", "run")]).await;
    app.wait_until_finished(alice, page.path().rsplit('/').next().unwrap().parse().unwrap()).await
}

fn states() -> Scripted {
    Scripted::json(200, &json!({"states": [{"id": "s1", "name": "Open"}, {"id": "s2", "name": "Closed"}]}))
}

fn sent(ledger: &ScriptedApi) -> Vec<String> {
    ledger.received().iter().map(|it| format!("{} {} {}", it.method, it.path, it.body).trim_end().to_owned()).collect()
}

#[tokio::test]
async fn a_name_is_looked_up_before_the_request() {
    let (app, ledger, alice) = start().await;
    ledger.answer(states());
    let page = set_state(&app, &alice, [("v/entry", "e1"), ("v/state", "closed")]).await;
    assert!(page.text("#job-result").contains("Set."), "{}", page.text("main"));
    assert_eq!(sent(&ledger), ["GET /v1/states", r#"PATCH /v1/entries/e1 {"state_id":"s2"}"#]);
}

#[tokio::test]
async fn nothing_is_looked_up_for_what_was_not_entered() {
    let (app, ledger, alice) = start().await;
    set_state(&app, &alice, [("v/entry", "e1"), ("v/note", "x")]).await;
    assert_eq!(sent(&ledger), [r#"PATCH /v1/entries/e1 {"note":"x"}"#]);
}

#[tokio::test]
async fn an_unknown_name_is_told_with_those_that_exist_and_nothing_is_changed() {
    let (app, ledger, alice) = start().await;
    ledger.answer(states());
    let page = set_state(&app, &alice, [("v/entry", "e1"), ("v/state", "done")]).await;
    let job = job_of(&alice, &page).await;
    assert_eq!(job["error"], "There is no “done”. There are: Open, Closed. Change the input, and run the tool again");
    assert_eq!(sent(&ledger), ["GET /v1/states"]);
}

#[tokio::test]
async fn the_details_of_entries_are_read_up_to_the_limit() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(200, &json!({"mails": [{"id": "m1"}, {"id": "m2"}, {"id": "m3"}]})));
    ledger.answer(Scripted::json(200, &json!({"subject": "Hello"})));
    ledger.answer(Scripted::json(200, &json!({"subject": "Hello"})));
    let page = app.run(&alice, &tool("list_mails"), []).await;
    assert_eq!(page.texts("#job-result tbody tr td")[..4], ["m1", "Hello", "m2", "Hello"], "{}", page.text("main"));
    let mut paths = sent(&ledger);
    paths.sort();
    assert_eq!(paths, ["GET /v1/mails", "GET /v1/mails/m1", "GET /v1/mails/m2"]);
}

#[tokio::test]
async fn a_refused_detail_refuses_the_list() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(200, &json!({"mails": [{"id": "m1"}]})));
    ledger.answer(Scripted::json(403, &json!({"error": {"message": "Not yours"}})));
    let page = app.run(&alice, &tool("list_mails"), []).await;
    assert_eq!(job_of(&alice, &page).await["error"], "127.0.0.1 does not permit this (HTTP 403): Not yours.");
}
