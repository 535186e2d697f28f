//! Several jobs chosen in the list: cancelled, run again, and two of them compared.

use http::StatusCode;

use super::{COUNTDOWN, HASH, QUERY};
use crate::support::browser::Browser;
use crate::support::test_app::TestApp;

async fn start_long_job(app: &TestApp, browser: &Browser) -> String {
    let job = app.start(browser, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(browser, job, |job| job["status"] == "running").await;
    job.to_string()
}

async fn hash(app: &TestApp, browser: &Browser, text: &str) -> String {
    app.run(browser, HASH, [("v/text", text)]).await.path().replace("/jobs/", "")
}

fn chosen(jobs: &[&String]) -> String {
    jobs.iter().map(|job| format!("c={job}")).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn chosen_jobs_are_cancelled_together_and_each_leaves_its_own_entry() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(start_long_job(&app, &alice).await);
    }
    let waiting = app.start(&alice, HASH, [("v/text", "a")]).await.to_string();
    let list = alice.get("/jobs").await;
    assert_eq!(list.attr("form[aria-labelledby=unfinished]", "action").as_deref(), Some("/jobs/cancellation"));
    assert_eq!(list.attrs("form[aria-labelledby=unfinished] input[name=c]", "value").len(), 5);

    let address = format!("/jobs/cancellation?{}", chosen(&[&running[0], &waiting]));
    assert_eq!(bob.get(&address).await.status, StatusCode::NOT_FOUND);
    let question = alice.get(&address).await;
    assert_eq!(question.text("h1"), "Cancel 2 jobs?");
    assert_eq!(question.texts("main tbody tr").len(), 2);
    let list = alice.submit(&question, "main form", []).await;
    assert_eq!(list.path(), "/jobs");
    assert_eq!(list.text(".flash p"), "1 job is cancelled. 1 job was told to stop.");
    for job in [&running[0], &waiting] {
        let page = app.wait_until_finished(&alice, job.parse().unwrap()).await;
        assert_eq!(page.text("#job-head .state"), "Cancelled");
        assert!(page.has("#job-head a[href^='/audit/']"), "{job} left no entry");
    }
    assert_eq!(alice.get(&format!("/jobs/{}.json", running[1])).await.json()["status"], "running");

    let one = alice.get(&format!("/jobs/cancellation?{}", chosen(&[&running[1]]))).await;
    assert_eq!((one.text("h1"), one.text("main form a")), ("Cancel Count down?".to_owned(), "Keep it".to_owned()));
    assert!(one.text("title").starts_with("Cancel Count down?"), "{}", one.text("title"));
    let late = alice.get(&address).await;
    assert_eq!((late.path(), late.text(".flash p")), ("/jobs", "The selected jobs had finished before.".to_owned()));
    let none = alice.get("/jobs/cancellation").await;
    assert_eq!(none.text(".flash p"), "Select the jobs to cancel first.");
    let foreign = bob.post("/jobs/cancellation", &[("c", &running[1])]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn chosen_jobs_run_again_once_however_often_the_form_is_sent() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let (first, second) = (hash(&app, &alice, "a").await, hash(&app, &alice, "b").await);
    let running = start_long_job(&app, &alice).await;
    let address = format!("/jobs/repetition?{}", chosen(&[&first, &second, &running]));
    assert_eq!(bob.get(&address).await.status, StatusCode::NOT_FOUND);
    let question = alice.get(&address).await;
    assert_eq!(question.text("h1"), "Run 2 jobs again?");
    assert_eq!(question.text("section[aria-labelledby=refused] p.sub"), "It has not finished.");
    for _ in 0..2 {
        let list = alice.submit(&question, "main form", []).await;
        assert_eq!(list.text(".flash p"), "2 jobs were started.");
    }
    let ids = alice.get("/jobs?tool=hash").await.attrs("tbody tr", "id");
    assert_eq!(ids.len(), 4, "the form that was sent twice started more: {ids:?}");
    for id in &ids[..2] {
        let id = id.replace("job-", "");
        app.wait_until_finished(&alice, id.parse().unwrap()).await;
        let job = alice.get(&format!("/jobs/{id}.json")).await.json();
        assert_eq!((&job["status"], &job["origin"]), (&"succeeded".into(), &"browser".into()), "{job}");
        assert!(["a", "b"].contains(&job["input"]["text"].as_str().unwrap()), "{job}");
    }
}

#[tokio::test]
async fn a_job_whose_tool_is_gone_is_left_out_with_the_reason() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = hash(&app, &alice, "a").await;
    sqlx::query("UPDATE connector_tools SET is_active = false WHERE name = 'hash'")
        .execute(app.app.system.pool())
        .await
        .unwrap();
    let question = alice.get(&format!("/jobs/repetition?{}", chosen(&[&job]))).await;
    assert_eq!(question.text("h1"), "None of these can be run again from here");
    assert!(!question.has("main button") && question.text("main").contains("Its tool is no longer there."));
    let list = alice.post("/jobs/repetition", &[("c", &job)]).await;
    assert_eq!(list.status, StatusCode::SEE_OTHER);
    assert_eq!(alice.get("/jobs").await.attrs("tbody tr", "id").len(), 1);
}

#[tokio::test]
async fn two_jobs_are_compared_by_their_values() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let (first, second) = (hash(&app, &alice, "a").await, hash(&app, &alice, "b").await);
    let failed = app.run(&alice, QUERY, [("v/filter", ".["), ("v/json", "{}")]).await.path().replace("/jobs/", "");
    let page = alice.get(&format!("/jobs/comparison?{}", chosen(&[&first, &second]))).await;
    assert!(page.path().starts_with(&format!("/jobs/comparison?a={first}&b={second}")), "{}", page.path());
    assert_eq!(page.text("#input"), "Input 1 value differs, 2 the same");
    let rows = page.texts("section[aria-labelledby=input] tbody:first-of-type tr:nth-child(2) > *");
    assert_eq!(rows, ["text", "a", "b"]);
    assert_eq!(page.texts("section[aria-labelledby=input] thead th"), ["Field", "First", "Second"]);
    assert!(page.text("#result").contains("1 value differs"), "{}", page.text("#result"));

    let with_failure = alice.get(&format!("/jobs/comparison?a={failed}&b={first}")).await;
    assert_eq!(with_failure.texts("section[aria-labelledby=jobs] .state"), ["Failed", "Succeeded"]);
    let with_itself = alice.get(&format!("/jobs/comparison?a={first}&b={first}")).await;
    assert_eq!(with_itself.text("#input .sub"), "Nothing differs");
    assert_eq!(bob.get(&format!("/jobs/comparison?a={first}&b={second}")).await.status, StatusCode::NOT_FOUND);
    let one = alice.get(&format!("/jobs/comparison?{}", chosen(&[&first]))).await;
    assert_eq!(one.text(".flash p"), "Select exactly two jobs to compare.");
}

#[tokio::test]
async fn all_rows_of_a_form_are_chosen_by_a_link_without_script() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let running = start_long_job(&app, &alice).await;
    let (first, second) = (hash(&app, &alice, "a").await, hash(&app, &alice, "b").await);
    let list = alice.get("/jobs?live=off").await;
    assert!(!list.has("input[name=c][checked]"));
    let all = list.attrs(".sheet-head a[href*='select=']", "href");
    assert_eq!(all, ["/jobs?live=off&select=unfinished", "/jobs?live=off&select=finished"]);

    let unfinished = alice.get(&all[0]).await;
    assert_eq!(unfinished.attrs("input[name=c][checked]", "value"), std::slice::from_ref(&running));
    assert_eq!(
        unfinished.text("form[aria-labelledby=unfinished] .sheet-head > a"),
        "Select none of the unfinished jobs"
    );
    let finished = alice.get("/jobs?select=finished").await;
    assert_eq!(finished.attrs("input[name=c][checked]", "value"), [second, first]);
    let question = alice.submit(&finished, "form[aria-labelledby=list]", []).await;
    assert_eq!(question.text("h1"), "Run 2 jobs again?");
    // a row that is sent again keeps its tick, and a page that began without has none
    let stream = alice.get("/jobs?select=unfinished").await.attr("div.live", "data-hx-sse-connect").unwrap();
    let row = alice.stream(&stream, &[]).await.message().await.unwrap().data;
    assert!(row.contains(&format!("value=\"{running}\" checked")), "{row}");
    assert_eq!(alice.get("/jobs?select=every").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
