//! The metrics of a real process. Only a process has a recorder, so these stories need the program.

use craft::actor::Origin;
use craft::connectors::Transport;
use craft::queue::{JobOutcome, WaitReason};
use craft::telemetry::{Metric, table};

use crate::support::data_directory::DataDirectory;
use crate::support::database::TestDatabase;
use crate::support::hang::wait_until;
use crate::support::hub::{Hub, database_url};
use crate::support::scrape::Scrape;

const HASH: &str = "/connectors/workbench/tools/hash";

/// Starts the program on a database of its own, with these arguments.
async fn start(place: &DataDirectory, database: &TestDatabase, arguments: &[&str]) -> Hub {
    let mut serve = place.craft(arguments);
    serve.env("DATABASE_URL", database_url(&database.options));
    Hub::start(serve).await
}

#[tokio::test]
async fn requests_jobs_and_the_queue_are_counted_without_a_word_of_whose_they_are() {
    let (place, database) = (DataDirectory::new("metrics"), TestDatabase::new().await);
    let hub = start(&place, &database, &["serve"]).await;
    let first = Scrape::of_hub(&hub).await;
    assert_eq!(first.count("craft_jobs_finished_total", []), 0, "a series begins before its first event");

    let owner = hub.owner().await;
    let job = owner.start(HASH, [("v/text", "figures")]).await;
    wait_until("the job has ended", async || {
        owner.get(&format!("/jobs/{job}.json")).await.json()["finished_at"].is_string()
    })
    .await;

    let scrape = Scrape::of_hub(&hub).await;
    assert_eq!(scrape.count("craft_jobs_enqueued_total", [("origin", "browser")]), 1);
    assert_eq!(scrape.count("craft_jobs_finished_total", [("outcome", "ok"), ("connector_kind", "builtin")]), 1);
    assert_eq!(scrape.count("craft_jobs_finished_total", []), 1);
    assert_eq!(scrape.count("craft_job_runs_total", [("result", "completed")]), 1);
    assert_eq!(scrape.count("craft_job_run_seconds_count", [("connector_kind", "builtin")]), 1);
    assert_eq!(scrape.count("craft_job_wait_seconds_count", []), 1);
    assert_eq!(scrape.count("craft_worker_slots", []), 32);
    let posts = [("method", "POST"), ("route", "/connectors/{slug}/tools/{tool}"), ("status", "3xx")];
    assert_eq!(scrape.count("craft_http_requests_total", posts), 1);
    assert!(scrape.sum("craft_http_request_seconds_count", [("route", "/jobs/{id}")]) >= 1.0);
    assert!(scrape.sum("craft_db_connections", [("pool", "web")]) >= 1.0);
    assert_eq!(scrape.count("craft_db_connections_max", [("pool", "web")]), 16);

    for private in [job.to_string().as_str(), "owner@example.com", "Olive", "workbench", "127.0.0.1"] {
        assert!(!scrape.text.contains(private), "{private} is in\n{}", scrape.text);
    }
    assert_labels_are_declared(&scrape);
}

#[tokio::test]
async fn jobs_that_nobody_runs_are_seen_as_depth_and_age_of_the_queue() {
    let (place, database) = (DataDirectory::new("metrics-depth"), TestDatabase::new().await);
    let hub = start(&place, &database, &["serve", "--no-worker"]).await;
    let owner = hub.owner().await;
    owner.start(HASH, [("v/text", "one")]).await;
    owner.start(HASH, [("v/text", "two")]).await;

    let scrape = Scrape::of_hub(&hub).await;
    assert_eq!(scrape.count("craft_queue_jobs", [("state", "ready")]), 2);
    assert_eq!(scrape.count("craft_queue_jobs", [("state", "running")]), 0);
    assert!(scrape.sum("craft_queue_oldest_ready_seconds", []) > 0.0);
    assert_eq!(scrape.count("craft_queue_leader", []), 0, "this process maintains no queue");

    owner.start(HASH, [("v/text", "three")]).await;
    let soon = Scrape::of_hub(&hub).await;
    assert_eq!(soon.count("craft_jobs_enqueued_total", []), 3);
    wait_until("the depth is read again after some seconds", async || {
        Scrape::of_hub(&hub).await.count("craft_queue_jobs", [("state", "ready")]) >= 3
    })
    .await;
}

#[test]
fn every_word_that_is_counted_is_declared() {
    assert_eq!(values(&table::JOBS_FINISHED, "outcome"), JobOutcome::ALL.map(JobOutcome::stored_text));
    assert_eq!(values(&table::JOBS_ENQUEUED, "origin"), Origin::ALL.map(Origin::as_str));
    let kinds = values(&table::JOBS_FINISHED, "connector_kind");
    assert_eq!(kinds[..kinds.len() - 1], Transport::ALL.map(Transport::stored_text));
    for reason in WaitReason::ALL {
        assert!(values(&table::JOB_RUNS, "result").contains(&reason.stored_text()));
        assert!(values(&table::QUEUE_JOBS, "state").contains(&reason.stored_text()));
    }
}

fn values(metric: &Metric, label: &str) -> &'static [&'static str] {
    metric.labels.iter().find(|declared| declared.name == label).unwrap().values
}

/// Each label is declared, with one of its declared values. Routes are the only values that the table does not list.
fn assert_labels_are_declared(scrape: &Scrape) {
    for series in scrape.series() {
        let metric = table::ALL.iter().find(|metric| metric.name == series.metric());
        let metric = metric.unwrap_or_else(|| panic!("{series:?} is not declared"));
        for (label, value) in series.labels.iter().filter(|(label, _)| *label != "le") {
            let declared = metric.labels.iter().find(|declared| declared.name == label);
            let declared = declared.unwrap_or_else(|| panic!("{series:?} has an undeclared label"));
            let is_route = label == "route" && (value.starts_with('/') || value == "none");
            assert!(is_route || declared.values.contains(&value.as_str()), "{series:?} has an undeclared value");
        }
    }
}
