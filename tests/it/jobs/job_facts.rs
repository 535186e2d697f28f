//! The facts on the page of a job: what ran, for whom, through which connection, for how long, and the jobs beside it.

use serde_json::json;

use super::{COUNTDOWN, HASH};
use crate::support::scripted_server::ScriptedServer;
use crate::support::test_app::TestApp;

const BESIDE: &str = "nav[aria-label='Jobs before and after'] a";

#[tokio::test]
async fn a_job_names_its_tool_its_asker_and_its_connection() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let tool = json!([{ "name": "list_invoices", "title": "List invoices", "inputSchema": { "type": "object" } }]);
    let server = ScriptedServer::start(tool, "done").await;
    let place = app.add_server(&alice, "Bills", &server.url()).await;
    let page = app.run(&alice, &format!("{place}/tools/list_invoices"), []).await;
    assert_eq!((page.text("h1").as_str(), page.text(".lede code").as_str()), ("List invoices", "list_invoices"));
    assert!(page.text("title").starts_with("Succeeded: List invoices"), "{}", page.text("title"));

    let facts = page.texts("#job-head .strip dd");
    assert_eq!(facts[..3], ["You, in a browser", "Account 1", "1"]);
    let through = alice.get(&page.attr("#job-head .strip dd a", "href").unwrap()).await;
    assert_eq!(through.text("h1"), "Bills");
    let entry = alice.get(&page.attr("#job-head .strip div:last-child a", "href").unwrap()).await;
    assert!(entry.text("main").contains("list_invoices"));

    let times = page.texts(".run-words li");
    assert!(times[0].starts_with("Created today at ") && times[2].starts_with("Finished today at "), "{times:?}");
    assert!(times[1].starts_with("waited ") && times[1].contains(", ran "), "{times:?}");
    assert!(page.path().ends_with(&page.text("#job-id")));
    for source in page.attrs("[data-copy]", "data-copy") {
        assert!(page.has(&format!("#{source}")), "{source} is copied, and not there");
    }
    assert_eq!(page.attrs("[data-copy]", "data-copy"), ["part-0", "job-id", "job-input"]);
}

#[tokio::test]
async fn a_running_job_says_for_how_long_and_how_far_it_is() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let job = app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await;
    app.wait_for_job(&alice, job, |job| job["events"].to_string().contains("seconds to go")).await;
    app.advance(std::time::Duration::from_secs(42)).await;
    let page = alice.get(&format!("/jobs/{job}")).await;
    assert!(page.text(".verdict").starts_with("Running for 42 s."), "{}", page.text(".verdict"));
    assert!(page.text("#job-head .step bdi").ends_with("seconds to go"), "{}", page.text("#job-head .step"));
    assert!(page.has("#job-head .step progress") && page.text("#job-head .step .num").ends_with(" %"));
    assert!(page.has("#job-result[hidden]"), "an empty result takes no place");
    assert!(page.text(".run-words").contains("Not finished yet"));
    assert!(page.text("#job-head .actions").starts_with("Pause updates"));
    let paused = alice.get(&page.attr("#job-head .actions a", "href").unwrap()).await;
    assert!(paused.text("#job-head .actions").starts_with("Resume updates"));
    assert_eq!(page.texts("main section h2"), ["Log", "Input"]);
}

#[tokio::test]
async fn a_job_leads_to_the_jobs_of_its_owner_before_and_after_it() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let first = app.run(&alice, HASH, [("v/text", "1")]).await;
    app.run(&bob, HASH, [("v/text", "bob’s")]).await;
    let second = app.run(&alice, HASH, [("v/text", "2")]).await;
    let third = app.run(&alice, HASH, [("v/text", "3")]).await;

    for (page, expected) in
        [(&first, vec![second.path()]), (&second, vec![first.path(), third.path()]), (&third, vec![second.path()])]
    {
        assert_eq!(alice.get(page.path()).await.attrs(BESIDE, "href"), expected);
    }
    assert!(alice.get(second.path()).await.text("nav[aria-label='Jobs before and after']").contains("Earlier: "));
}

#[tokio::test]
async fn a_result_shows_lists_as_tables_and_lines_as_lines() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let typed = [("v/before", "one\r\ntwo\r\n"), ("v/after", "one\r\nthree\r\n")];
    let page = app.run(&alice, "/connectors/workbench/tools/text_diff", typed).await;
    let diff = page.texts("#job-result pre").into_iter().find(|text| text.contains("-two")).unwrap();
    assert!(!diff.contains("\\n"), "{diff}");
    assert!(page.texts("#job-result h3").contains(&"Unified diff".to_owned()));
    for part in page.attrs("#job-result pre", "tabindex") {
        assert_eq!(part, "0", "keys cannot scroll a part");
    }

    let rows: Vec<_> = (1..=60).map(|n| json!({ "id": n, "name": format!("row {n}") })).collect();
    let server = ScriptedServer::start(
        json!([{ "name": "rows", "inputSchema": { "type": "object" } }]),
        &json!(rows).to_string(),
    )
    .await;
    let place = app.add_server(&alice, "Rows", &server.url()).await;
    let page = app.run(&alice, &format!("{place}/tools/rows"), []).await;
    assert_eq!(page.texts("#job-result tbody tr").len(), 50);
    assert!(page.text("#job-result .foot").starts_with("Rows 1 to 50 of 60"), "{}", page.text("#job-result .foot"));
    let next = alice.get(&page.attr("#job-result a[rel=next]", "href").unwrap()).await;
    assert_eq!(next.texts("tbody tr th").first().map(String::as_str), Some("Row 51"));
    assert_eq!(next.texts("tbody tr").len(), 10);
    let whole = alice.get(&format!("{}/output", page.path())).await;
    assert!(whole.body.contains("row 60"));
}
