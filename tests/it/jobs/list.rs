//! The list of jobs: newest first, in pages that do not shift.

use super::HASH;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

/// Rows of a page, and some more.
const MANY: usize = 53;

/// Sends the form of the hash without opening it; returns the job's place.
async fn start(browser: &Browser, n: usize) -> String {
    let text = n.to_string();
    let answer = browser.post(HASH, &[("v/text", text.as_str())]).await;
    answer.header("location").expect("it was not accepted").to_owned()
}

fn rows(page: &Page) -> Vec<String> {
    let ids = page.attrs("tbody tr", "id");
    ids.iter().map(|id| id.replacen("job-", "/jobs/", 1)).collect()
}

#[tokio::test]
async fn the_list_is_newest_first_and_its_pages_do_not_shift_when_jobs_arrive() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let mut started = Vec::new();
    for n in 0..MANY {
        started.push(start(&alice, n).await);
    }
    for job in &started {
        app.wait_until_finished(&alice, job.rsplit('/').next().unwrap().parse().unwrap()).await;
    }
    started.reverse();

    let first = alice.get("/jobs").await;
    assert_eq!(rows(&first), started[..50]);
    assert!(!first.has("nav.pager a:not([rel])"), "a link to newer ones than the newest");
    let older = first.attr("nav.pager a[rel=next]", "href").unwrap();
    start(&alice, MANY).await;
    let second = alice.get(&older).await;
    assert_eq!(rows(&second), started[50..], "the second page moved");
    assert!(!second.has("nav.pager a[rel=next]"));
    assert_eq!(second.attr("nav.pager a", "href").as_deref(), Some("/jobs"));

    assert_eq!(bob.get("/jobs").await.text("main h2"), "No jobs yet");
}
