//! Killed processes lose no job, and every job has an outcome afterwards.

use craft::ids::JobId;
use http::StatusCode;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::data_directory::DataDirectory;
use crate::support::hang::{HANG_TIMEOUT, wait_until};
use crate::support::hub::Hub;
use crate::support::modern_server::ModernServer;

const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";

#[tokio::test]
async fn a_killed_hub_runs_its_jobs_again_or_says_that_it_cannot_know() {
    let (place, modern) = (DataDirectory::new("killed-hub"), ModernServer::start().await);
    let mut hub = with_three_slots(&place).await;
    let mut owner = hub.owner().await;
    let service = owner.add_server("Modern", &modern.url()).await;

    // one that may have had an effect, one that says it may be repeated, one that reads, and one for which there is no slot
    let risky = owner.start(&format!("{service}/tools/wait"), []).await;
    until(&owner, risky, |job| has_line(job, "waiting")).await;
    let repeatable = owner.start(&format!("{service}/tools/rest"), []).await;
    until(&owner, repeatable, |job| has_line(job, "resting")).await;
    let links = owner.start(&format!("{service}/tools/links"), []).await;
    until(&owner, links, is_over).await;
    let page = owner.get(&format!("/jobs/{links}")).await;
    let reading = owner.submit(&page, "#job-result form", []).await.path().replace("/jobs/", "").parse().unwrap();
    until(&owner, reading, |job| job["status"] == "running").await;
    let queued = owner.start(COUNTDOWN, [("v/seconds", "1")]).await;
    let workers = place.workers().await;
    hub.kill().await;

    let hub = with_three_slots(&place).await;
    place.bury(&workers).await;
    modern.wake().await;
    owner.set_base(&hub.base);
    let queued = until(&owner, queued, is_over).await;
    assert_eq!((&queued["status"], &queued["run_no"]), (&"succeeded".into(), &1.into()), "{queued}");

    let repeated = until(&owner, repeatable, is_over).await;
    let reading = until(&owner, reading, is_over).await;
    for again in [&repeated, &reading] {
        assert_eq!(again["status"], "succeeded", "{again}");
        assert!(has_line(again, "The hub stopped while this call was running. It will run again"), "{again}");
        assert!(has_line(again, "Started again"), "{again}");
    }

    let unknown = until(&owner, risky, is_over).await;
    assert_eq!((&unknown["status"], &unknown["error_class"]), (&"unknown".into(), &"crash".into()), "{unknown}");
    assert!(!has_line(&unknown, "Started again"), "it may have had an effect: {unknown}");
    let page = owner.get(&format!("/jobs/{risky}")).await;
    assert!(page.texts(".actions a").contains(&"Run again".to_owned()), "{}", page.body);
}

#[tokio::test]
async fn killed_postgres_comes_back_under_the_running_hub_with_all_it_had() {
    let place = DataDirectory::new("killed-postgres");
    let hub = place.serve().await;
    let owner = hub.owner().await;
    let before = owner.start(COUNTDOWN, [("v/seconds", "1")]).await;
    let before = until(&owner, before, is_over).await;
    let during = owner.start(COUNTDOWN, [("v/seconds", "5")]).await;
    until(&owner, during, |job| has_line(job, "4 seconds to go")).await;

    let first = place.postmaster().unwrap();
    kill_process(first, Signal::KILL).unwrap();
    wait_until("PostgreSQL is back", async || place.postmaster() != Some(first) && hub.is_ready().await).await;

    let id: JobId = before["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(until(&owner, id, is_over).await, before, "what was committed is as it was");
    let during = until(&owner, during, is_over).await;
    assert_eq!((&during["status"], &during["run_no"]), (&"succeeded".into(), &1.into()), "{during}");
    let after = owner.start(COUNTDOWN, [("v/seconds", "1")]).await;
    assert_eq!(until(&owner, after, is_over).await["status"], "succeeded");
}

async fn with_three_slots(place: &DataDirectory) -> Hub {
    let mut serve = place.craft(&["serve"]);
    serve.env("CRAFT_WORKERS", "3");
    Hub::start(serve).await
}

/// The job, as JSON, once it is as `is_so` wants it; each look but the first follows a change.
async fn until(browser: &Browser, job: JobId, is_so: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let page = browser.get(&format!("/jobs/{job}.json")).await;
            // a pool trusts a connection that was idle for less than a second, even one that PostgreSQL has dropped
            if page.status == StatusCode::SERVICE_UNAVAILABLE {
                continue;
            }
            let seen = page.json();
            if is_so(&seen) {
                return seen;
            }
            assert!(!is_over(&seen), "it ended otherwise: {seen}");
            let last = seen["events"].as_array().and_then(|events| events.last()?["id"].as_str());
            let next = format!("/jobs/{job}?after={}&wait=25", last.unwrap_or("0.-1"));
            browser.get(&next).await;
        }
    };
    if let Ok(seen) = tokio::time::timeout(HANG_TIMEOUT, look).await {
        return seen;
    }
    panic!("waited in vain for {}", browser.get(&format!("/jobs/{job}.json")).await.body)
}

fn is_over(job: &Value) -> bool {
    job["finished_at"].is_string()
}

fn has_line(job: &Value, words: &str) -> bool {
    let lines = job["events"].as_array().into_iter().flatten();
    lines.filter_map(|line| line["message"].as_str()).any(|line| line.contains(words))
}
