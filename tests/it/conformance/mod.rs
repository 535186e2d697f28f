//! The client role of the official conformance suite (npm `@modelcontextprotocol/conformance`), in both revisions of MCP: a
//! person adds the suite's server to the hub, signs in there, and runs its tools.

mod person;

use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use futures_util::StreamExt;

use crate::support::listener::serve;
use crate::support::server_process::{installed, node};
use person::{Scenario, use_server};

/// Scenarios that run at once.
const CONCURRENCY: usize = 4;

/// Scored scenarios that the hub cannot pass.
const UNSUPPORTED: [&str; 2] = [
    // these two ask questions in the middle of a call
    "elicitation-sep1034-client-defaults",
    "sep-2322-client-request-state",
];

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance";

#[tokio::test]
async fn the_scored_scenarios_of_2025_11_25_pass() {
    run_suite("2025-11-25", 18).await;
}

#[tokio::test]
async fn the_scored_scenarios_of_2026_07_28_pass() {
    run_suite("2026-07-28", 32).await;
}

/// Runs the scenarios that a revision of MCP requires of clients; there are `count` of them.
async fn run_suite(revision: &'static str, count: usize) {
    let control = Router::new().route(
        "/",
        post(|body: String| async move {
            use_server(&serde_json::from_str::<Scenario>(&body).unwrap()).await;
        }),
    );
    let control = Arc::new(format!("http://{}/", serve(control).await));
    let scenarios = required_scenarios(revision);
    assert_eq!(scenarios.len(), count, "the suite scores other scenarios");
    let runs = scenarios.into_iter().filter(|name| !UNSUPPORTED.contains(&name.as_str()));
    let runs = runs.map(|name| run_scenario(name, revision, control.clone()));
    let failures: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(CONCURRENCY).collect().await;
    let failures: Vec<_> = failures.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{} of {count} scenarios failed:\n{}", failures.len(), failures.join("\n"));
}

/// Reads the list `client` of the suite's requirements, which are YAML.
fn required_scenarios(revision: &str) -> Vec<String> {
    let requirements = std::fs::read_to_string(installed(&format!("{SUITE}/requirements/{revision}.yaml"))).unwrap();
    let (_, lists) = requirements.split_once("\nclient:\n").unwrap();
    lists.lines().map_while(|line| line.strip_prefix("  - ")).map(str::to_owned).collect()
}

/// Runs a scenario. Returns its output if it fails. The suite warns about rules that need not be kept (SHOULD).
async fn run_scenario(name: String, revision: &str, control: Arc<String>) -> Option<String> {
    let client =
        [installed("node_modules/.bin/node"), installed("conformance_client.mjs")].map(|it| it.display().to_string());
    let client = format!("{} {control}", client.join(" "));
    let mut suite = node(&format!("{SUITE}/dist/index.js"));
    suite.args([
        "client",
        "--scenario",
        &name,
        "--spec-version",
        revision,
        "--command",
        &client,
        "--timeout",
        "120000",
    ]);
    let output = suite.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let has_passed =
        told.contains(", 0 failed, ") && !told.contains("Test incomplete") && !told.contains("may be incomplete");
    (!has_passed).then(|| format!("{name}: {told}"))
}
