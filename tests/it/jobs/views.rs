//! Unfinished jobs before the finished ones, the views with their numbers, and the links of a row.

use std::time::Duration;

use super::{COUNTDOWN, HASH, QUERY};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// The rows of the jobs that run and wait.
const PINNED: &str = "form[aria-labelledby=unfinished] tbody tr";

/// The rows of the finished jobs.
const FINISHED: &str = "form[aria-labelledby=list] tbody tr";

async fn start_long_job(app: &TestApp, browser: &Browser) -> String {
    let job = app.start(browser, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(browser, job, |job| job["status"] == "running").await;
    job.to_string()
}

fn address(page: &Page) -> String {
    page.attr("div.live", "data-hx-sse-connect").expect("the page follows nothing")
}

/// Makes the job wait until its owner connects the service again.
async fn let_wait_for_owner(app: &TestApp, job: &str) {
    sqlx::query("UPDATE job_later SET reason = 'reauth' WHERE job_id = $1::uuid")
        .bind(job)
        .execute(app.app.system.pool())
        .await
        .unwrap();
}

/// Puts a job into the state of one that is tried again later.
async fn delay(app: &TestApp, job: &str) {
    sqlx::query(
        "WITH ready AS (DELETE FROM job_ready WHERE job_id = $1::uuid RETURNING *)
         INSERT INTO job_later (job_id, run_at, owner_id, queue, lane, attempt, crashes, run_no, repeatable, reason)
         SELECT job_id, 'infinity', owner_id, queue, lane, attempt, crashes, run_no, repeatable, 'retry' FROM ready",
    )
    .bind(job)
    .execute(app.app.system.pool())
    .await
    .unwrap();
}

#[tokio::test]
async fn what_runs_stands_before_what_has_finished_however_long_ago_it_began() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let running = start_long_job(&app, &alice).await;
    let mut finished = Vec::new();
    for text in ["a", "b"] {
        finished.push(app.run(&alice, HASH, [("v/text", text)]).await.path().replace("/jobs/", "job-"));
    }
    finished.reverse();
    app.app.clock.advance(Duration::from_secs(12));
    let page = alice.get("/jobs").await;
    assert_eq!(page.attrs(PINNED, "id"), [format!("job-{running}")]);
    assert_eq!(page.text(&format!("{PINNED} .num .vh")), "Running for 12 s");
    assert_eq!(page.attrs(FINISHED, "id"), finished);
    let cancel = page.attr(&format!("{PINNED} td.nowrap a"), "href").unwrap();
    assert!(alice.get(&cancel).await.text("h1").starts_with("Cancel"));
    let again = page.attr(&format!("{FINISHED} td.nowrap a"), "href").unwrap();
    assert!(again.contains("/tools/hash?from="), "{again}");
    assert_eq!(alice.get(&again).await.text("textarea[name='v/text'], input[name='v/text']"), "b");

    // one tool has its own
    let of_tool = alice.get("/jobs?tool=countdown").await;
    assert!(of_tool.has(PINNED) && !of_tool.has(FINISHED));
    assert!(!alice.get("/jobs?tool=hash").await.has(PINNED) && !bob.get("/jobs").await.has(PINNED));
    let of_day = alice.get("/jobs?since=9999-01-01").await;
    assert!(!of_day.has(PINNED), "a job of another day");
}

#[tokio::test]
async fn the_views_have_numbers_and_lead_to_their_jobs() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    assert!(!alice.get("/jobs").await.has("#views"), "there is nothing to choose from");
    for _ in 0..4 {
        start_long_job(&app, &alice).await;
    }
    // the four slots run; these wait
    let queued = app.start(&alice, HASH, [("v/text", "a")]).await.to_string();
    let asking = app.start(&alice, HASH, [("v/text", "b")]).await.to_string();
    delay(&app, &asking).await;
    let_wait_for_owner(&app, &asking).await;
    let page = alice.get("/jobs").await;
    assert_eq!(page.texts("#views a"), ["All", "Running 4", "Failed 0 in 7 days", "Needs me 1"]);
    assert_eq!(page.text("#views [aria-current]"), "All");
    assert_eq!(page.text("#unfinished .sub"), "6");
    assert_eq!(page.attrs(PINNED, "id")[..2], [format!("job-{asking}"), format!("job-{queued}")]);

    let views = page.attrs("#views a", "href");
    let needs_me = alice.get(&views[3]).await;
    assert_eq!(needs_me.text("h1"), "Jobs that wait for you");
    assert_eq!(needs_me.attrs("tbody tr", "id"), [format!("job-{asking}")]);
    assert_eq!(needs_me.text("#views [aria-current]"), "Needs me 1");
    assert_eq!(needs_me.text("tbody td > .state"), "Waiting for you");
    assert_eq!(alice.get(&views[1]).await.attrs("tbody tr", "id").len(), 4);
    assert!(!bob.get("/jobs?status=waiting_input").await.has("tbody tr"));
    assert!(alice.get(&views[2]).await.text("h1").starts_with("Failed or unknown jobs since "));
}

#[tokio::test]
async fn failures_are_counted_for_a_week() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    assert_eq!(alice.get("/jobs").await.texts("#views a")[2], "Failed 1 in 7 days");
    let age = "UPDATE job_hours SET hour = hour - interval '7 days'";
    sqlx::query(age).execute(app.app.system.pool()).await.unwrap();
    assert_eq!(alice.get("/jobs").await.texts("#views a")[2], "Failed 0 in 7 days");
}

#[tokio::test]
async fn many_waiting_jobs_are_counted_and_not_all_shown() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let over = app.run(&alice, HASH, [("v/text", "over")]).await.path().replace("/jobs/", "job-");
    for _ in 0..4 {
        start_long_job(&app, &alice).await;
    }
    for n in 0..20 {
        alice.post(HASH, &[("v/text", n.to_string())]).await;
    }
    let page = alice.get("/jobs").await;
    assert_eq!(page.attrs(PINNED, "id").len(), 20);
    let states = page.texts(&format!("{PINNED} > td > .state"));
    assert_eq!(states.iter().filter(|state| *state == "Running").count(), 4, "{states:?}");
    assert_eq!((page.text("#unfinished .sub"), page.attrs(FINISHED, "id")), ("24".to_owned(), vec![over]));
    let waiting = page.attr("form[aria-labelledby=unfinished] .sheet-head a", "href").unwrap();
    assert_eq!(alice.get(&waiting).await.attrs("tbody tr", "id").len(), 20);
    // those that are not pinned are not new
    let mut stream = alice.stream(&address(&page), &[]).await;
    assert!(!stream.message().await.unwrap().data.contains("new job"));
}

#[tokio::test]
async fn the_stream_counts_the_seconds_and_the_views() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, HASH, [("v/text", "old")]).await;
    let running = start_long_job(&app, &alice).await;
    let mut stream = alice.stream(&address(&alice.get("/jobs").await), &[]).await;
    let first = stream.message().await.unwrap().data;
    assert!(first.contains("Running for less than a second"), "{first}");
    app.app.clock.advance(Duration::from_secs(75));
    start_long_job(&app, &alice).await;
    let message = stream.until("hx-target=\"#views\"").await.data;
    assert!(message.contains("Running for 1 min 15 s"), "{message}");
    assert!(message.contains("1 min ago") && message.contains("Hash a text"), "the finished row has its old time");
    assert!(message.contains("Running <span class=\"num\">2</span>"), "{message}");
    alice.post(&format!("/jobs/{running}/cancellation"), &[("a", "b")]).await;
    let ended = stream.until("Run again").await.data;
    assert!(ended.contains("Cancelled"), "{ended}");
}
