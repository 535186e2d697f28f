//! Registries that are away, slow, limited or wrong: each failure is bounded and shown, and a pass goes on where it was.

use std::time::Duration;

use craft::registry::RegistryState;
use serde_json::Value;

use super::{found_names, hub_with};
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
