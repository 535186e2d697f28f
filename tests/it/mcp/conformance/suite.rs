//! The program of the suite: the scenarios that it lists, and the checks of one that it ran.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde::Deserialize;
use tokio::process::Command;

use crate::support::server_process::installed;

const PROGRAM: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// The longest time for a scenario, in milliseconds. The suite's time limits are lengthened twenty times.
const SCENARIO_TIMEOUT_MS: &str = "6000";

/// A check of a scenario.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    pub(super) id: String,
    status: String,
    error_message: Option<String>,
}

impl Check {
    /// Says whether the server breaks the rule that is checked. A warning is about a rule that need not be kept (SHOULD).
    pub(super) fn is_unmet(&self) -> bool {
        matches!(self.status.as_str(), "FAILURE" | "WARNING")
    }

    /// Says whether the check is one of the scenario's own that succeeded. The suite checks all messages beside them.
    pub(super) fn has_succeeded(&self) -> bool {
        self.status == "SUCCESS" && !self.id.starts_with("wire-schema-")
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status, self.id, self.error_message.as_deref().unwrap_or_default())
    }
}

/// Returns the names of the server's scenarios that the suite lists for a revision. Those of extensions belong to the newest.
pub(super) async fn list_scenarios(revision: &str, with_extensions: bool) -> BTreeSet<String> {
    let list = async |further: &[&str]| {
        let output = program().args(["list", "--server"]).args(further).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut listed = list(&["--spec-version", revision]).await;
    if with_extensions {
        let all = list(&[]).await;
        listed.extend(all.split_inclusive('\n').filter(|line| line.contains("[extension]")));
    }
    let names = listed.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(' ').next());
    names.map(str::to_owned).collect()
}

/// Runs a scenario against the server at `url`; returns its checks.
pub(super) async fn run_scenario(name: &str, revision: &str, url: &str) -> Vec<Check> {
    let directory = std::env::temp_dir().join(format!("craft-conformance-{}", uuid::Uuid::new_v4()));
    let mut suite = program();
    suite.args(["server", "--url", url, "--scenario", name, "--spec-version", revision, "--force"]);
    suite.args(["--timeout", SCENARIO_TIMEOUT_MS, "--output-dir"]).arg(&directory);
    let output = suite.output().await.unwrap();
    let results: Vec<_> = std::fs::read_dir(&directory).into_iter().flatten().collect();
    let checks = results.first().map(|result| result.as_ref().unwrap().path().join("checks.json"));
    let checks = checks.and_then(|file| std::fs::read(file).ok());
    let _ = std::fs::remove_dir_all(&directory);
    let checks = checks.unwrap_or_else(|| panic!("{name} has no result: {}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_slice(&checks).unwrap()
}

fn program() -> Command {
    let mut program = Command::new(installed("node_modules/.bin/node"));
    program.arg("--import").arg(installed("conformance_patience.mjs")).arg(installed(PROGRAM));
    // starting the program costs more than most scenarios
    program.env("NODE_COMPILE_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/node-compile-cache"));
    program.stdin(Stdio::null()).kill_on_drop(true);
    program
}
