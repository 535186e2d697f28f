//! The document of the results, which is written from the tables of the tests.

use std::fmt::Write as _;

use serde_json::Value;

use super::scenarios::{Expectation, scenarios_of};
use crate::conformance::{SCORED_SCENARIOS, UNSUPPORTED, required_scenarios};
use crate::support::assistant::{CURRENT, OLDER};
use crate::support::server_process::installed;

const DOCUMENT: &str = "docs/conformance.md";

/// Variable of the environment that lets the test write the document.
const WRITE_VARIABLE: &str = "CRAFT_WRITE_DOCUMENTS";

#[test]
fn the_document_has_the_results_of_the_tests() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let text = document();
    if std::env::var_os(WRITE_VARIABLE).is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let advice = format!("{WRITE_VARIABLE}=1 cargo test --locked --test it -- mcp::conformance::document");
    assert!(committed == text, "{DOCUMENT} differs from the tables of the tests. Write it anew: {advice}");
}

fn document() -> String {
    let package = std::fs::read_to_string(installed("package.json")).unwrap();
    let package: Value = serde_json::from_str(&package).unwrap();
    let version = package["dependencies"]["@modelcontextprotocol/conformance"].as_str().unwrap();
    let mut text = format!(
        "# Conformance

The official conformance suite of MCP judges the hub in both of its roles, as server and as client. It is the npm package `@modelcontextprotocol/conformance`, in version {version}.

The suite runs with the other tests, in the revisions {OLDER} and {CURRENT}. A test writes this page from the table of expected results. A scenario that ends otherwise fails its test, even if it passes.

## The hub as server

The suite is an assistant that calls `/mcp` with an access token. Its scenarios call tools of fixed names, which the server of `tests/upstreams/conformance_server.mjs` has. A person connects that server to the hub, so each call is a job that calls it.

A proxy before the hub makes up for three differences:

- It adds the access token, which the suite cannot send.
- It translates the names of tools. The hub offers `test_simple_text` as `fixture__test_simple_text`.
- It tells the server when a step of a call has arrived, because the hub sends at most ten steps a second.

The suite's own time limits are lengthened, because some are too short for a busy machine.

A revision requires some scenarios. The others are about optional extensions, or new in the suite.

| revision | passes | passes in part | not applicable | not built yet | required | required that pass |
|---|---|---|---|---|---|---|
"
    );
    for revision in [OLDER, CURRENT] {
        let results: Vec<_> = scenarios_of(revision).map(|(name, it)| (name, result_of(it).0)).collect();
        let count = |result: &str| results.iter().filter(|(_, other)| *other == result).count();
        let counts = [PASSES, PASSES_IN_PART, NOT_APPLICABLE, NOT_BUILT].map(|result| count(result).to_string());
        let required = required_scenarios("server", revision);
        let passing = results.iter().filter(|(name, result)| *result == PASSES && required.iter().any(|it| it == name));
        writeln!(text, "| {revision} | {} | {} | {} |", counts.join(" | "), required.len(), passing.count()).unwrap();
    }
    for revision in [OLDER, CURRENT] {
        write!(text, "\n### Scenarios of {revision}\n\n| scenario | result | reason |\n|---|---|---|\n").unwrap();
        for (name, expectation) in scenarios_of(revision) {
            let (result, reason) = result_of(expectation);
            writeln!(text, "| `{name}` | {result} | {reason} |").unwrap();
        }
    }
    text + &client_role()
}

const PASSES: &str = "passes";
const PASSES_IN_PART: &str = "passes in part";
const NOT_APPLICABLE: &str = "not applicable";
const NOT_BUILT: &str = "not built yet";

/// Returns the words for an expected result, and its reason.
fn result_of(expectation: Expectation) -> (&'static str, String) {
    match expectation {
        Expectation::Pass => (PASSES, String::new()),
        Expectation::PassWithoutFeature(reason) => (PASSES, reason.to_owned()),
        Expectation::PassExcept { checks, reason } => {
            let checks: Vec<_> = checks.iter().map(|check| format!("`{check}`")).collect();
            (PASSES_IN_PART, format!("{reason} Checks that do not pass: {}.", checks.join(", ")))
        }
        Expectation::NotApplicable(reason) => (NOT_APPLICABLE, reason.to_owned()),
        Expectation::NotBuilt(reason) => (NOT_BUILT, reason.to_owned()),
    }
}

fn client_role() -> String {
    let mut text = "
## The hub as client

The suite is a server that a person adds to the hub. The person signs in there if it asks, and runs its tools. All scenarios that the suite scores pass, except those below.

| revision | scored scenarios | pass |
|---|---|---|
"
    .to_owned();
    for (revision, count) in SCORED_SCENARIOS {
        let unsupported = UNSUPPORTED.iter().filter(|scenario| scenario.revision == revision).count();
        writeln!(text, "| {revision} | {count} | {} |", count - unsupported).unwrap();
    }
    text.push_str("\n| scenario | revision | reason |\n|---|---|---|\n");
    for scenario in UNSUPPORTED {
        writeln!(text, "| `{}` | {} | {} |", scenario.name, scenario.revision, scenario.reason).unwrap();
    }
    text
}
