//! The answer of a service becomes the result of a job.

use serde_json::{Value, json};

use super::{json as job_of, start, tool};
use crate::support::ledger_service::KEY;
use crate::support::scripted_api::Scripted;

/// Runs `write_note`, which must not be repeated, with one answer. Returns the finished job, and the number of requests.
async fn written(answer: Scripted) -> (Value, usize) {
    let (app, ledger, alice) = start().await;
    ledger.answer(answer);
    let page = app.run(&alice, &tool("write_note"), [("v/text", "hello")]).await;
    (job_of(&alice, &page).await, ledger.received().len())
}

fn ended(job: &Value) -> [&Value; 3] {
    [&job["status"], &job["error_class"], &job["error"]]
}

fn is_tried_again(job: &Value) -> bool {
    job["events"].to_string().contains("It is tried again") || job["finished_at"].is_string()
}

#[tokio::test]
async fn a_refusal_says_what_the_service_said() {
    let refusal = json!({"error": {"message": "The book is closed."}});
    let (job, _) = written(Scripted::json(422, &refusal)).await;
    let message = "127.0.0.1 refused this (HTTP 422): The book is closed.";
    assert_eq!(ended(&job), [&json!("failed"), &json!("tool_error"), &json!(message)]);
    let kept = job["output"]["content"][1]["resource"]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(kept).unwrap(), refusal);
}

#[tokio::test]
async fn an_error_in_an_answer_of_success_is_an_error() {
    let (job, _) = written(Scripted::json(200, &json!({"errors": ["no"], "data": null}))).await;
    assert_eq!([&job["status"], &job["error"]], ["failed", "127.0.0.1 refused this."]);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(403, &json!({"error": {"message": "Not allowed"}})));
    let page = app.run(&alice, &tool("list_entries"), [("v/book", "sales")]).await;
    assert_eq!(
        job_of(&alice, &page).await["error"],
        "127.0.0.1 does not permit this (HTTP 403): Not allowed. The tool needs the permission “Entries: read”. Grant it at the service, and connect again."
    );
}

#[tokio::test]
async fn what_may_have_happened_is_not_repeated() {
    for (answer, class) in [
        (Scripted::json(500, &json!({})), "http_status"),
        (Scripted::bytes(200, "text/html", "<h1>Hello</h1>"), "not_json"),
        (Scripted::bytes(200, "application/json", r#"{"id": "#), "not_json"),
        (Scripted::bytes(200, "application/json", vec![b' '; 5 * 1024 * 1024]), "too_large"),
    ] {
        let (job, requests) = written(answer).await;
        assert_eq!([&job["status"], &job["error_class"]], ["unknown", class], "{job:#}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (job, requests) = written(Scripted::json(302, &json!({})).with_header("location", "/v1/elsewhere")).await;
    assert_eq!([&job["status"], &job["error_class"]], ["failed", "redirect"]);
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_thing_that_is_gone_is_deleted() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(404, &json!({"error": {"message": "No such entry"}})));
    let page = alice.get(&tool("delete_entry")).await;
    let preview = alice.submit(&page, "form[action*='/tools/']", [("v/entry", "e1")]).await;
    let page = alice.submit(&preview, "form[action*='/tools/']", [("op", "run")]).await;
    let job = page.path().rsplit('/').next().unwrap().parse().unwrap();
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text("#job-result").contains("It was deleted before."), "{}", page.text("main"));
}

/// A call that carries a key for repetition is tried again after an answer that is lost; the service recognises the key.
#[tokio::test]
async fn a_call_with_a_key_is_repeated_with_the_same_key() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(500, &json!({})));
    ledger.answer(Scripted::json(200, &json!({"id": "e1"})));
    let job = app.start(&alice, &tool("add_entry"), [("v/book", "sales"), ("v/amount", "5")]).await;
    app.wait_for_job(&alice, job, is_tried_again).await;
    app.advance(std::time::Duration::from_secs(600)).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert!(page.text("#job-result").contains("Added the entry e1."), "{}", page.text("main"));
    let keys: Vec<_> = ledger.received().iter().map(|it| it.headers["idempotency-key"].clone()).collect();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
}

/// The service is asked again at the time that it names.
#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_when_it_says() {
    for answer in [
        Scripted::json(429, &json!({})).with_header("retry-after", "120"),
        Scripted::json(400, &json!({"error": {"code": "busy"}})).with_header("retry-after", "120"),
    ] {
        let (app, ledger, alice) = start().await;
        ledger.answer(answer);
        let job = app.start(&alice, &tool("write_note"), [("v/text", "hello")]).await;
        app.wait_for_job(&alice, job, is_tried_again).await;
        assert_eq!(ledger.received().len(), 1);
        app.advance(std::time::Duration::from_secs(121)).await;
        let page = app.wait_until_finished(&alice, job).await;
        assert!(page.text("#job-result").contains("Written."), "{}", page.text("main"));
    }
}

#[tokio::test]
async fn a_key_that_is_no_longer_accepted_stops_the_job_until_it_is_replaced() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(401, &json!({})));
    ledger.answer(Scripted::json(401, &json!({})));
    let job = app.start(&alice, &tool("write_note"), [("v/text", "hello")]).await;
    app.wait_for_job(&alice, job, |job| job["status"] == "waiting_input").await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text("main").contains("Waiting for you"), "{}", page.text("main"));
}

#[tokio::test]
async fn a_key_that_the_service_repeats_is_not_shown() {
    let (app, ledger, alice) = start().await;
    ledger.answer(Scripted::json(200, &json!({"id": "e1", "presented": format!("Bearer {KEY}")})));
    let page = app.run(&alice, &tool("add_entry"), [("v/book", "sales"), ("v/amount", "7")]).await;
    let job = job_of(&alice, &page).await;
    assert_eq!(job["status"], "succeeded");
    assert!(!page.body.contains(KEY) && !job.to_string().contains(KEY), "{job:#}");
    assert!(job.to_string().contains("Bearer [redacted]"), "{job:#}");
}

#[tokio::test]
async fn a_file_is_kept_as_a_download() {
    let (app, ledger, alice) = start().await;
    let pdf = Scripted::bytes(200, "application/pdf", "%PDF-1.7 of e7 .");
    ledger.answer(pdf.with_header("content-disposition", "attachment; filename=\"receipt 7.pdf\""));
    let page = app.run(&alice, &tool("read_receipt"), [("v/entry", "e7")]).await;
    assert!(
        page.text("#job-result").contains("Read receipt 7.pdf: 16 bytes of application/pdf."),
        "{}",
        page.text("main")
    );
    let link = page.attr("#job-result a[href*='/content/']", "href").unwrap_or_else(|| panic!("{}", page.body));
    let file = alice.get(&link).await;
    assert_eq!(file.body, "%PDF-1.7 of e7 .");
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''receipt%207%2Epdf"));
    assert_eq!(app.bob().await.get(&link).await.status, http::StatusCode::NOT_FOUND);

    ledger.answer(Scripted::json(404, &json!({"error": {"message": "No receipt"}})));
    let page = app.run(&alice, &tool("read_receipt"), [("v/entry", "e8")]).await;
    assert_eq!(job_of(&alice, &page).await["error"], "127.0.0.1 has no such thing (HTTP 404): No receipt.");
}
