//! The page of a connector of the hub, and turning it off for everybody.

use craft::connectors::shipped;
use craft::serve::ship_connectors;
use craft::workbench::Workbench;
use http::StatusCode;
use serde_json::json;

use super::hub_log;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::TestApp;

const WORKBENCH: &str = "/admin/connectors/workbench";
const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";

/// Turns the Workbench on or off, as the page asks.
async fn turn(owner: &Browser) -> Page {
    let page = owner.get(&format!("{WORKBENCH}/availability")).await;
    owner.submit(&page, "main form", []).await
}

#[tokio::test]
async fn the_page_of_a_connector_tells_its_use_and_why_calls_failed() {
    let app = TestApp::new().await;
    let (owner, alice, bob) = (app.owner().await, app.alice().await, app.bob().await);
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "x")]).await;
    app.run(&bob, "/connectors/workbench/tools/json_query", [("v/json", "not JSON"), ("v/filter", ".")]).await;
    let list = owner.get("/admin/connectors").await;
    assert!(list.attrs("tbody th a", "href").contains(&WORKBENCH.to_owned()));
    let page = owner.get(WORKBENCH).await;
    let facts = page.text("main dl");
    for told in ["Turned on", "2 connected", "2 (1 failed)", "1 call: the tool reported an error"] {
        assert!(facts.contains(told), "{told} is missing: {facts}");
    }
    assert_eq!(owner.get("/admin/connectors/no-such").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_uses_a_connector_that_is_off_and_all_is_there_when_it_is_on_again() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    // the four slots are taken, so the fifth waits
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(app.start(&alice, COUNTDOWN, [("v/seconds", "600")]).await);
    }
    for job in &jobs {
        app.wait_for_job(&alice, *job, |job| job["status"] == "running").await;
    }
    let waiting = app.start(&alice, COUNTDOWN, [("v/seconds", "1")]).await;

    let page = turn(&owner).await;
    assert_eq!(page.text("#flash"), "Workbench is turned off for everybody.");
    assert!(page.text("main dl").contains("Turned off"), "{}", page.text("main dl"));
    assert!(owner.get("/admin/connectors").await.text("tbody").contains("Turned off"));
    for job in &jobs {
        alice.post(&format!("/jobs/{job}/cancellation"), &[("a", "b")]).await;
    }
    let told = "An administrator has turned Workbench off. Ask an administrator of this hub to turn it on.";
    let failed = app.wait_until_finished(&alice, waiting).await;
    assert!(failed.text("main").contains(told), "{}", failed.text("main"));
    for path in ["/connectors/workbench", COUNTDOWN, "/connectors/workbench/connection"] {
        let page = alice.get(path).await;
        assert!(
            page.status == StatusCode::CONFLICT && page.text("main").contains(told),
            "{path}: {}",
            page.text("main")
        );
    }
    let refused = alice.post(COUNTDOWN, &[("v/seconds", "1")]).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER, "a run of a connector that is off was accepted");
    for path in ["/connectors", "/search?q=workbench"] {
        let page = alice.get(path).await;
        assert!(!page.has("main a[href='/connectors/workbench']"), "{path}: {}", page.text("main"));
    }
    assert_eq!(alice.get("/jobs?connector=workbench").await.status, StatusCode::OK, "past jobs are still listed");
    assert!(alice.get("/connections").await.text("main").contains("Workbench"), "the connection is kept");

    // the page of another time turns nothing on that is on
    assert_eq!(turn(&owner).await.text("#flash"), "Workbench is turned on for everybody.");
    let again = owner.post(&format!("{WORKBENCH}/availability"), &[("to", "on")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(hub_log(&app).await, ["connector.turned_off by owner", "connector.turned_on by owner"]);
    assert_eq!(owner.get("/admin/log").await.texts("tbody tr .sub"), ["Workbench", "Workbench"]);
    let done = app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "x")]).await;
    let json = alice.get(&format!("{}.json", done.path())).await.json();
    assert_eq!(json["status"], json!("succeeded"));
}

#[tokio::test]
async fn a_connector_that_is_off_stays_off_when_the_hub_starts_again() {
    let app = TestApp::new().await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    turn(&owner).await;
    let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
    let shipped = shipped().unwrap();
    ship_connectors(&app.app.system, &shipped, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
    assert_eq!(alice.get("/connectors/workbench").await.status, StatusCode::CONFLICT);
}
