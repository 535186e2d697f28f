//! Registries that are away, slow, limited or wrong: each failure is bounded and shown, and a pass goes on where it was.

use std::time::Duration;

use craft::clock::Timestamp;
use craft::registry::{RegistryMirror, RegistryState};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use super::{found_names, hub_with};
use crate::support::hang::in_time;
use crate::support::listener::{closed_port, send_endless_body, serve_raw};
use crate::support::registry_server::{Misbehaviour, RegistryServer, entry, remote};
use crate::support::test_app::TestApp;

/// More than two pages.
fn many_entries() -> Vec<Value> {
    (0..250).map(|number| entry(&format!("com.example/{number:03}"), &remote("https://a.example/mcp"))).collect()
}

async fn state(app: &TestApp) -> RegistryState {
    app.app.registry.states().await.unwrap().remove(0)
}

async fn stored(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM registry_servers").fetch_one(app.app.system.pool()).await.unwrap()
}

#[tokio::test]
async fn a_failed_pass_goes_on_at_its_cursor() {
    let registry = RegistryServer::start(many_entries()).await;
    let app = hub_with(&registry).await;
    registry.misbehave(Some((2, Misbehaviour::Status(503))));
    app.app.registry.read_due().await.unwrap();
    let failed = state(&app).await;
    assert_eq!(failed.failure.as_deref(), Some("127.0.0.1 failed (HTTP 503) (out for lunch)"));
    assert_eq!((stored(&app).await, failed.pages, failed.finished_at), (200, Some(2), None));
    assert_eq!(app.app.registry.read_due().await.unwrap(), 0, "the registry is left alone for a while");

    registry.misbehave(None);
    app.advance(Duration::from_secs(11 * 60)).await;
    app.app.registry.read_due().await.unwrap();
    let cursors = registry.parameters("cursor");
    assert_eq!(cursors, ["-", "com.example/099:1.0.0", "com.example/199:1.0.0", "com.example/199:1.0.0"]);
    let finished = state(&app).await;
    assert_eq!((finished.servers, finished.failure, finished.pages), (250, None, None));
}

/// Reads the registry as a hub that waits a second for a page.
async fn read_impatiently(app: &TestApp, registry: &RegistryServer) {
    let handles = &app.app;
    let (system, egress, clock) = (handles.system.clone(), handles.egress.clone(), handles.clock.clone());
    let mirror = RegistryMirror::new(system, egress, clock, std::slice::from_ref(&registry.url));
    let reading = mirror.with_page_timeout(Duration::from_secs(1));
    assert_eq!(in_time("the run ends by its limit", reading.read_due()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_registry_that_never_answers_ends_the_run_and_the_next_one_goes_on() {
    let registry = RegistryServer::start(many_entries()).await;
    let app = hub_with(&registry).await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    registry.misbehave(Some((2, Misbehaviour::Status(503))));
    app.app.registry.read_due().await.unwrap();

    for (misbehaviour, runs) in [(Misbehaviour::Silence, 4), (Misbehaviour::Stall, 5)] {
        app.advance(Duration::from_secs(11 * 60)).await;
        registry.misbehave(Some((0, misbehaviour)));
        read_impatiently(&app, &registry).await;
        assert_eq!(registry.requests().len(), runs, "{misbehaviour:?}: it was asked once");
        let failed = state(&app).await;
        let retry_at = app.app.clock.now() + Duration::from_secs(10 * 60);
        assert_eq!((failed.pages, failed.finished_at, failed.next_at), (Some(2), None, Some(retry_at)));

        let page = owner.get("/connectors/new/registry?q=com.example/150").await;
        let told = page.text(".callout.warn");
        let happened = "127.0.0.1 could not be read to the end. 127.0.0.1 did not answer within 1 second. Check that it is \
                        running, or try again later. The hub tries again ";
        assert!(told.starts_with(happened), "{misbehaviour:?}: {told}");
        let shown = page.attr(".callout.warn time", "datetime").unwrap();
        assert_eq!(Timestamp::parse(&shown, &Rfc3339).unwrap().unix_timestamp(), retry_at.unix_timestamp());
        assert!(page.text("main").contains("2 pages read so far"), "{}", page.text("main"));
        assert_eq!(page.texts(".card h3"), ["com.example/150"], "the copy is searched meanwhile");
        assert_eq!(alice.get("/connectors/new/registry?q=com.example/150").await.texts(".card h3").len(), 1);
        assert_eq!(app.app.registry.read_due().await.unwrap(), 0, "the registry is left alone for a while");
    }

    app.advance(Duration::from_secs(11 * 60)).await;
    let late = owner.get("/connectors/new/registry").await;
    let told = late.text(".callout.warn");
    assert!(
        told.ends_with("The hub tries again within a minute. What it has read can be searched meanwhile."),
        "{told}"
    );
    registry.misbehave(None);
    app.app.registry.read_due().await.unwrap();
    assert_eq!(registry.parameters("cursor")[2..], ["com.example/199:1.0.0"; 4]);
    let finished = state(&app).await;
    assert_eq!((finished.servers, finished.failure, finished.pages), (250, None, None));
    assert!(!owner.get("/connectors/new/registry").await.has(".callout.warn"));
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_is_left() {
    let registry = RegistryServer::start(many_entries()).await;
    let app = hub_with(&registry).await;
    registry.misbehave(Some((0, Misbehaviour::Loop)));
    app.app.registry.read_due().await.unwrap();
    assert_eq!(registry.requests().len(), 2);
    let failure = state(&app).await.failure.unwrap();
    assert!(failure.starts_with("The list of 127.0.0.1 does not end"), "{failure}");

    registry.misbehave(None);
    app.advance(Duration::from_secs(11 * 60)).await;
    app.app.registry.read_due().await.unwrap();
    assert_eq!(registry.parameters("cursor")[2], "-", "it begins again");
    assert_eq!(found_names(&app, "249").await, ["com.example/249"]);
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_explained() {
    let registry = RegistryServer::start(many_entries()).await;
    let app = hub_with(&registry).await;
    for (misbehaviour, sentence) in [
        (
            Misbehaviour::Html,
            "127.0.0.1 answered with a web page, not with a list of servers. Check CRAFT_REGISTRY_URLS",
        ),
        (Misbehaviour::OddJson, "The answer of 127.0.0.1 is not a list of servers. Check CRAFT_REGISTRY_URLS"),
        (Misbehaviour::Status(404), "127.0.0.1 failed (HTTP 404) (out for lunch)"),
        (Misbehaviour::Limited(1_800), "127.0.0.1 asks the hub to slow down (HTTP 429). Try again later"),
    ] {
        registry.misbehave(Some((0, misbehaviour)));
        app.app.registry.read_due().await.unwrap();
        assert_eq!(state(&app).await.failure.as_deref(), Some(sentence));
        app.advance(Duration::from_secs(11 * 60)).await;
    }
    assert_eq!(app.app.registry.read_due().await.unwrap(), 0, "the registry asked for half an hour");
    app.advance(Duration::from_secs(20 * 60)).await;
    assert_eq!(app.app.registry.read_due().await.unwrap(), 1);
}

#[tokio::test]
async fn a_registry_that_is_away_is_named() {
    let address = closed_port().await;
    let url = format!("http://{address}/").parse().unwrap();
    let app = TestApp::with(|dependencies| dependencies.registries = vec![url]).await;
    app.app.registry.read_due().await.unwrap();
    let failure = state(&app).await.failure.unwrap();
    assert!(failure.contains("127.0.0.1") && failure.contains("refused"), "{failure}");
}

#[tokio::test]
async fn a_page_without_an_end_is_cut() {
    let address = serve_raw(|stream| send_endless_body(stream, "application/json", 9_000)).await;
    let url = format!("http://{address}/").parse().unwrap();
    let app = TestApp::with(|dependencies| dependencies.registries = vec![url]).await;
    app.app.registry.read_due().await.unwrap();
    let failure = state(&app).await.failure.unwrap();
    assert!(failure.starts_with("127.0.0.1") && failure.contains('8'), "{failure}");
}

#[tokio::test]
async fn two_processes_do_not_read_the_same_registry() {
    let registry = RegistryServer::start(many_entries()).await;
    let app = hub_with(&registry).await;
    let other = app.second_process();
    let (one, two) = tokio::join!(app.app.registry.read_due(), other.app.registry.read_due());
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(registry.requests().len(), 3);
}
