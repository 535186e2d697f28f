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

/// The revisions of MCP, each with the number of scenarios that it requires of clients.
pub(crate) const SCORED_SCENARIOS: [(&str, usize); 2] = [("2025-11-25", 18), ("2026-07-28", 32)];

/// A scored scenario that the hub cannot pass.
pub(crate) struct UnsupportedScenario {
    pub(crate) name: &'static str,
    pub(crate) revision: &'static str,
    /// Sentence for people.
    pub(crate) reason: &'static str,
}

const QUESTIONS: &str = "The server asks a question in the middle of a call, which the hub does not answer yet.";

/// Scored scenarios that the hub cannot pass.
pub(crate) const UNSUPPORTED: [UnsupportedScenario; 2] = [
    UnsupportedScenario { name: "elicitation-sep1034-client-defaults", revision: "2025-11-25", reason: QUESTIONS },
    UnsupportedScenario { name: "sep-2322-client-request-state", revision: "2026-07-28", reason: QUESTIONS },
];

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance";

#[tokio::test]
async fn the_scored_scenarios_of_2025_11_25_pass() {
    run_suite(SCORED_SCENARIOS[0]).await;
}

#[tokio::test]
async fn the_scored_scenarios_of_2026_07_28_pass() {
    run_suite(SCORED_SCENARIOS[1]).await;
}

/// Runs the scenarios that a revision of MCP requires of clients; there are `count` of them.
async fn run_suite((revision, count): (&'static str, usize)) {
    let control = Router::new().route(
        "/",
        post(|body: String| async move {
            use_server(&serde_json::from_str::<Scenario>(&body).unwrap()).await;
        }),
    );
    let control = Arc::new(format!("http://{}/", serve(control).await));
    let scenarios = required_scenarios("client", revision);
    assert_eq!(scenarios.len(), count, "the suite scores other scenarios");
    let is_unsupported = |name: &str| UNSUPPORTED.iter().any(|scenario| scenario.name == name);
    let runs = scenarios.into_iter().filter(|name| !is_unsupported(name));
    let runs = runs.map(|name| run_scenario(name, revision, control.clone()));
    let failures: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(CONCURRENCY).collect().await;
    let failures: Vec<_> = failures.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{} of {count} scenarios failed:\n{}", failures.len(), failures.join("\n"));
}

/// Reads the scenarios that a revision requires of a role, `client` or `server`. The suite's requirements are YAML.
pub(crate) fn required_scenarios(role: &str, revision: &str) -> Vec<String> {
    let requirements = std::fs::read_to_string(installed(&format!("{SUITE}/requirements/{revision}.yaml"))).unwrap();
    let (_, lists) = requirements.split_once(&format!("\n{role}:\n")).unwrap();
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
