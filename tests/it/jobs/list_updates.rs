//! Updates of an open list: rows change in place, new jobs are announced, and the number of streams is bounded.

use http::{Method, StatusCode};

use super::{COUNTDOWN, HASH, QUERY};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Starts a job that runs longer than any test.
async fn start_long_job(app: &TestApp, browser: &Browser) -> String {
    let job = app.start(browser, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(browser, job, |job| job["status"] == "running").await;
    job.to_string()
}

async fn cancel(browser: &Browser, job: &str) {
    let page = browser.get(&format!("/jobs/{job}/cancellation")).await;
    browser.submit(&page, "main form", []).await;
}

fn address(page: &Page) -> String {
    page.attr("div.live", "data-hx-sse-connect").expect("the page follows nothing")
}

/// The rows that a message replaces.
fn rows(data: &str) -> Vec<String> {
    data.split("hx-target=\"#job-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_row_changes_in_place_and_a_new_job_is_announced() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let over = app.run(&alice, HASH, [("v/text", "over")]).await.path().replace("/jobs/", "");
    let shown = start_long_job(&app, &alice).await;
    let page = alice.get("/jobs").await;
    assert_eq!(page.attrs("tbody tr", "id"), [format!("job-{shown}"), format!("job-{over}")]);
    let mut stream = alice.stream(&address(&page), &[]).await;
    let first = stream.message().await.unwrap();
    assert_eq!(rows(&first.data), std::slice::from_ref(&shown), "only an unfinished job may have changed");
    assert!(!first.data.contains("id=\"live\"") && !first.data.contains("new job"), "{}", first.data);

    let new = start_long_job(&app, &alice).await;
    let told = stream.until("<a href=\"/jobs\">1 new job – show</a>").await;
    assert!(!rows(&told.data).contains(&new), "the new row was inserted");
    assert!(told.data.contains("hx-target=\"#live\" hx-swap=\"innerHTML\">1 new job."), "{}", told.data);
    assert_eq!(told.id.as_deref(), Some("1"));
    cancel(&alice, &shown).await;
    let ended = stream.until("Cancelled").await;
    assert_eq!(rows(&ended.data), std::slice::from_ref(&shown));
    assert!(!ended.data.contains("#live\""), "two announcements within a moment");
    assert!(ended.data.contains("1 new job – show"), "the link went away");
    assert_eq!(alice.get("/jobs").await.attrs("tbody tr", "id").len(), 3);
}

#[tokio::test]
async fn a_reconnect_repeats_the_state_and_announces_nothing_again() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let shown = start_long_job(&app, &alice).await;
    let address = address(&alice.get("/jobs").await);
    start_long_job(&app, &alice).await;
    let mut again = alice.stream(&address, &[("last-event-id", "1")]).await;
    let first = again.message().await.unwrap();
    assert_eq!(rows(&first.data), [shown]);
    assert!(first.data.contains("1 new job – show") && !first.data.contains("#live\""), "{}", first.data);
    // a page that comes back from the browser's memory was told of none
    let mut fresh = alice.stream(&address, &[]).await;
    assert!(fresh.message().await.unwrap().data.contains("#live\" hx-swap=\"innerHTML\">1 new job."));
}

#[tokio::test]
async fn a_filtered_list_receives_only_rows_that_it_shows() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await;
    let path = "/jobs?status=failed&connector=workbench&tool=json_query";
    let page = alice.get(path).await;
    assert_eq!(page.attrs("tbody tr", "id").len(), 1);
    let mut stream = alice.stream(&address(&page), &[]).await;
    assert!(!stream.message().await.unwrap().data.contains("new job"));
    app.run(&alice, HASH, [("v/text", "another tool")]).await;
    app.run(&alice, QUERY, [("v/filter", "."), ("v/json", "{}")]).await;
    app.run(&alice, QUERY, [("v/filter", ".{"), ("v/json", "{}")]).await;
    let told = stream.until("new job").await;
    let link = format!("<a href=\"{}\">1 new job – show</a>", path.replace('&', "&#38;"));
    assert!(told.data.contains(&link), "{link} is not in {}", told.data);
}

#[tokio::test]
async fn a_job_that_matches_later_is_announced_and_one_that_matches_no_more_stays() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let late = start_long_job(&app, &alice).await;
    let shown = start_long_job(&app, &alice).await;
    cancel(&alice, &shown).await;
    // a list that is read before it has ended would be told of it as of a new one
    app.wait_until_finished(&alice, shown.parse().unwrap()).await;
    let canceled = alice.get("/jobs?status=canceled").await;
    let running = alice.get("/jobs?status=running").await;
    let mut of_canceled = alice.stream(&address(&canceled), &[]).await;
    let mut of_running = alice.stream(&address(&running), &[]).await;
    of_canceled.message().await.unwrap();
    of_running.message().await.unwrap();
    cancel(&alice, &late).await;
    of_canceled.until("1 new job – show").await;
    assert_eq!(rows(&of_running.until("Cancelled").await.data), [late]);
}

#[tokio::test]
async fn a_later_page_receives_its_own_rows_only_and_its_stream_ends_with_them() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let shown = start_long_job(&app, &alice).await;
    let newest = start_long_job(&app, &alice).await;
    let later = alice.get(&format!("/jobs?status=running&before={newest}")).await;
    assert!(!later.has("#new-jobs"));
    let mut stream = alice.stream(&address(&later), &[]).await;
    assert_eq!(rows(&stream.message().await.unwrap().data), std::slice::from_ref(&shown));
    start_long_job(&app, &alice).await;
    cancel(&alice, &shown).await;
    let last = stream.message().await.unwrap();
    assert!(last.data.contains("Cancelled") && !last.data.contains("new job"), "{}", last.data);
    assert_eq!(stream.message().await.unwrap().name.as_deref(), Some("end"));
    assert!(stream.message().await.is_none());
    let over = alice.get(&format!("/jobs?status=canceled&before={newest}")).await;
    assert!(!over.has("div.live") && !over.has("#live-bar"), "nothing on this page can change");
}

#[tokio::test]
async fn rows_of_other_users_are_not_sent() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    start_long_job(&app, &alice).await;
    let mut stream = bob.stream(&address(&alice.get("/jobs").await), &[]).await;
    let first = stream.message().await.unwrap();
    assert!(rows(&first.data).is_empty() && !first.data.contains("Count down"), "{}", first.data);
    let own = start_long_job(&app, &bob).await;
    let told = stream.until("1 new job – show").await;
    assert!(!told.data.contains(&own));
}

#[tokio::test]
async fn rows_that_no_page_can_have_are_rejected_with_a_message() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let id = uuid::Uuid::nil().to_string();
    let ids = |n: usize| vec![id.as_str(); n].join(".");
    let asked = [
        format!("/jobs/news?open={}", ids(51)),
        format!("/jobs/news?open={}&over={}", ids(21), ids(50)),
        "/jobs/news?open=1".to_owned(),
        format!("/jobs/news?over={id},{id}"),
        "/jobs/news?older=x".to_owned(),
        "/jobs/news?status=lost".to_owned(),
    ];
    for path in asked {
        let page = alice.request(Method::GET, &path, &[], "").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(page.text("main .lede").contains("Open the list of jobs"), "{path}");
    }
    alice.stream(&format!("/jobs/news?open={}", ids(50)), &[]).await.message().await.unwrap();
}

#[tokio::test]
async fn without_script_or_paused_the_list_is_reloaded_by_a_link() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    assert!(!alice.get("/jobs").await.has("#live-bar"), "there is nothing to keep up to date");
    start_long_job(&app, &alice).await;
    let page = alice.get("/jobs?status=running").await;
    assert_eq!(page.texts("#live-bar li.unscripted"), ["Reload this page"]);
    assert_eq!(page.attr("#live-bar .unscripted a", "href").as_deref(), Some("/jobs?status=running"));
    let paused = alice.get(&page.attr("#live-bar .scripted a", "href").unwrap()).await;
    assert!(!paused.has("div.live") && !paused.has("#live-bar .unscripted") && !paused.has("#new-jobs"));
    assert_eq!(paused.texts("#live-bar a"), ["Resume live updates", "Reload this page"]);
    let found = alice.submit(&paused, "form[role=search]", [("status", "queued")]).await;
    assert!(!found.has("div.live"), "the form forgot that the page is to stay still");
    assert!(alice.get("/jobs?status=canceled").await.has("div.live"), "a list that is empty may not stay so");
    let odd = alice.get("/jobs?live=loud").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(odd.text("main .callout").contains("“loud” was left out of “live”"));
}

#[tokio::test]
async fn the_oldest_of_too_many_live_pages_ends_with_a_message() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let job = start_long_job(&app, &alice).await;
    let list = address(&alice.get("/jobs").await);
    let mut of_job = alice.stream(&format!("/jobs/{job}/events"), &[]).await;
    of_job.message().await.unwrap();
    let mut oldest_list = alice.stream(&list, &[]).await;
    oldest_list.message().await.unwrap();
    let mut others = Vec::new();
    for _ in 0..craft::live::MAX_STREAMS_PER_USER - 2 {
        others.push(alice.stream(&list, &[]).await);
    }
    start_long_job(&app, &bob).await;
    let _of_bob = bob.stream(&address(&bob.get("/jobs").await), &[]).await;
    others.push(alice.stream(&list, &[]).await);
    let told = of_job.until("more than 20 pages").await;
    assert!(told.data.contains("hx-target=\"#notice\""), "{}", told.data);
    assert_eq!(of_job.message().await.unwrap().name.as_deref(), Some("end"), "it would come back for ever");
    assert!(of_job.message().await.is_none());
    others.push(alice.stream(&list, &[]).await);
    oldest_list.until("more than 20 pages").await;
    // a page that is closed gives its place back
    drop(others.pop());
    let mut newest = alice.stream(&list, &[]).await;
    newest.message().await.unwrap();
    start_long_job(&app, &alice).await;
    others[0].until("1 new job – show").await;
}

#[tokio::test]
async fn a_page_that_streams_as_html_counts_as_a_live_page() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = start_long_job(&app, &alice).await;
    let list = address(&alice.get("/jobs").await);
    let mut page = alice.stream(&format!("/jobs/{job}/live"), &[]).await;
    page.arrived("Started").await;
    let mut others = Vec::new();
    for _ in 0..craft::live::MAX_STREAMS_PER_USER {
        others.push(alice.stream(&list, &[]).await);
        others.last_mut().unwrap().message().await.unwrap();
    }
    let page = page.arrived("</html>").await;
    assert!(page.contains("You follow too many pages at once. The job continues"), "{page}");
}
