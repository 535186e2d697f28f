//! Cancellation of a job, before it starts and while it runs.

use craft::ids::JobId;
use http::StatusCode;

use super::{COUNTDOWN, json, log};
use crate::support::browser::Browser;
use crate::support::everything_server::EverythingServer;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Jobs that the worker of a test runs at once.
const SLOTS: usize = 4;

/// Goes from the job's page to the question, and answers it.
async fn cancel(browser: &Browser, job: JobId) -> Page {
    let page = browser.get(&format!("/jobs/{job}")).await;
    let question = browser.get(&page.attr("#job-head .btn-danger", "href").unwrap()).await;
    browser.submit(&question, "form[action$='/cancellation']", []).await
}

#[tokio::test]
async fn a_job_that_waits_for_a_worker_is_canceled_at_once() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for _ in 0..SLOTS {
        let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
        app.wait_for_job(&alice, job, |job| job["status"] == "running").await;
    }
    let waiting = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    let page = cancel(&alice, waiting).await;
    assert_eq!(page.text(".flash p"), "The job is cancelled. It had not started.");
    assert_eq!(
        (page.text("#job-head .state"), page.text(".sentence")),
        ("Cancelled".into(), "before it started.".into())
    );
    let job = json(&alice, &page).await;
    assert_eq!([&job["status"], &job["error_class"]], ["canceled", "canceled"]);
    assert!(job["started_at"].is_null(), "{job}");
    assert_eq!(log(&page), ["Created", "Cancelled on request"]);
}

#[tokio::test]
async fn only_its_owner_can_cancel_a_running_job() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(&alice, job, |job| job.to_string().contains("599 seconds to go")).await;
    let foreign = bob.post(&format!("/jobs/{job}/cancellation"), &[("a", "b")]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.get(&format!("/jobs/{job}.json")).await.json()["status"], "running");

    cancel(&alice, job).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert_eq!(page.text("#job-head .state"), "Cancelled");
    assert_eq!(log(&page).last().unwrap(), "Warning: Cancelled on request");

    let late = alice.post(&format!("/jobs/{job}/cancellation"), &[("a", "b")]).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert_eq!(page.text(".flash p"), "The job had finished before it could be cancelled.");
    assert_eq!(json(&alice, &page).await["status"], "canceled");
}

#[tokio::test]
async fn a_running_call_of_a_real_server_is_canceled() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = EverythingServer::start().await;
    let place = app.add_server(&alice, "Everything", &server.url()).await;
    let long = format!("{place}/tools/trigger-long-running-operation");
    let job = app.start(&alice, &long, [("v/duration", "600"), ("v/steps", "3000")]).await;
    app.wait_for_job(&alice, job, |job| job.to_string().contains("Step 1 of 3000")).await;
    cancel(&alice, job).await;
    let page = app.wait_until_finished(&alice, job).await;
    assert_eq!(json(&alice, &page).await["status"], "canceled");
    assert_eq!(page.text("#job-result"), "Result The job has no result.", "what was wanted is shown as a fault");
}
