//! The server role of the official conformance suite (npm `@modelcontextprotocol/conformance`), in both revisions of MCP. The
//! suite is the assistant of a person, and calls the tools of a server that the person has connected.

mod document;
mod proxy;
mod scenarios;
mod suite;

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use http::Method;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;

use crate::support::assistant::{Assistant, CURRENT, OLDER};
use crate::support::browser::Browser;
use crate::support::server_process::{ServerProcess, node};
use crate::support::test_app::TestApp;
use proxy::Proxy;
use scenarios::{Expectation, scenarios_of};
use suite::{list_scenarios, run_scenario};

/// Scenarios that run at once.
const CONCURRENCY: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_of_2025_11_25_end_as_expected() {
    run_suite(OLDER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_of_2026_07_28_end_as_expected() {
    run_suite(CURRENT).await;
}

/// Runs each scenario of a revision against a hub of its own.
async fn run_suite(revision: &str) {
    let expected: BTreeSet<_> = scenarios_of(revision).map(|(name, _)| name.to_owned()).collect();
    let listed = list_scenarios(revision, revision == CURRENT).await;
    assert_eq!(listed, expected, "the suite has other scenarios than the table");

    let app = TestApp::new().await;
    let alice = app.alice().await;
    let server = start_server().await;
    let server_url = Url::parse(&format!("http://127.0.0.1:{}/mcp", server.port)).unwrap();
    app.add_server(&alice, "Fixture", &server_url).await;
    let (steps, arrived_steps) = unbounded_channel();
    tokio::spawn(report_steps(server_url, arrived_steps));
    let hub = app.listen().await.socket_addrs(|| None).unwrap()[0];
    let token = Assistant::new(&app, &alice).await.token().to_owned();
    let url = format!("http://{}/mcp", Proxy { hub, token, steps }.serve().await);

    let runs = scenarios_of(revision).map(|(name, expectation)| find_fault(name, expectation, revision, &url));
    let faults: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(CONCURRENCY).collect().await;
    let faults: Vec<_> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{} scenarios did not end as expected:\n{}", faults.len(), faults.join("\n"));
}

/// Starts the server whose tools the suite calls.
async fn start_server() -> ServerProcess {
    let command = |port: u16| {
        let mut command = node("conformance_server.mjs");
        command.arg(port.to_string());
        command
    };
    ServerProcess::start(command, "listening").await
}

/// Runs a scenario. Returns its checks if it does not end as expected.
async fn find_fault(name: &str, expectation: Expectation, revision: &str, url: &str) -> Option<String> {
    let checks = run_scenario(name, revision, url).await;
    if expectation.is_met_by(&checks) {
        return None;
    }
    let checks: Vec<_> = checks.iter().map(|check| format!("  {check}")).collect();
    Some(format!("{name}:\n{}", checks.join("\n")))
}

/// Tells the server of each step that has reached the suite.
async fn report_steps(server: Url, mut arrived_steps: UnboundedReceiver<()>) {
    let server = Browser::for_url(server);
    while arrived_steps.recv().await.is_some() {
        server.request(Method::POST, "/test/arrived", &[], "").await;
    }
}
