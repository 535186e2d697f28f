//! The scenarios of the suite's server role, each with the result that is expected of the hub.

use std::collections::BTreeSet;

use super::suite::Check;
use crate::support::assistant::CURRENT;
use Expectation::{NotApplicable, NotBuilt, Pass, PassExcept, PassWithoutFeature};

const COMPLETION: &str = "The hub does not complete the arguments of prompts and resources yet.";
const LOGGING: &str = "The hub does not send the log messages of servers to assistants yet.";
const PROMPTS: &str = "The hub does not offer the prompts of servers to assistants yet.";
const QUESTIONS: &str = "The hub does not pass the questions of servers on to assistants yet.";
const RESOURCES: &str = "The hub does not offer the resources of servers to assistants yet.";
const SESSIONS: &str = "The hub creates no sessions. They are optional in this revision, and the next has none.";
const SKILLS: &str = "The hub offers tools. Skills are an optional extension.";
const TASKS: &str = "The hub does not offer its jobs as tasks yet. They are an optional extension.";

/// The result that is expected of a scenario.
#[derive(Clone, Copy)]
pub(super) enum Expectation {
    /// All of its checks succeed.
    Pass,
    /// All of its checks succeed, although the hub lacks the feature that they are about.
    PassWithoutFeature(&'static str),
    /// Some of its checks succeed, and exactly these do not.
    PassExcept {
        /// Ids of the other checks.
        checks: &'static [&'static str],
        /// Sentence for people.
        reason: &'static str,
    },
    /// The hub is no server of the kind that the scenario is about.
    NotApplicable(&'static str),
    /// The hub does not have the feature yet.
    NotBuilt(&'static str),
}

impl Expectation {
    /// Says whether a scenario with these checks ended as expected. One that passes unexpectedly did not.
    pub(super) fn is_met_by(self, checks: &[Check]) -> bool {
        let unmet: BTreeSet<_> =
            checks.iter().filter(|check| check.is_unmet()).map(|check| check.id.as_str()).collect();
        let has_success = checks.iter().any(Check::has_succeeded);
        match self {
            Pass | PassWithoutFeature(_) => has_success && unmet.is_empty(),
            PassExcept { checks, .. } => has_success && unmet == checks.iter().copied().collect(),
            NotApplicable(_) | NotBuilt(_) => !(has_success && unmet.is_empty()),
        }
    }
}

/// A scenario, with the expected result in each revision that has it.
pub(super) struct Scenario {
    name: &'static str,
    older: Option<Expectation>,
    current: Option<Expectation>,
}

/// Returns the scenarios of a revision, by name.
pub(super) fn scenarios_of(revision: &str) -> impl Iterator<Item = (&'static str, Expectation)> {
    let is_current = revision == CURRENT;
    SCENARIOS.iter().filter_map(move |scenario| {
        let expectation = if is_current { scenario.current } else { scenario.older };
        Some((scenario.name, expectation?))
    })
}

const fn both(name: &'static str, expectation: Expectation) -> Scenario {
    Scenario { name, older: Some(expectation), current: Some(expectation) }
}

const fn older(name: &'static str, expectation: Expectation) -> Scenario {
    Scenario { name, older: Some(expectation), current: None }
}

const fn current(name: &'static str, expectation: Expectation) -> Scenario {
    Scenario { name, older: None, current: Some(expectation) }
}

const SCENARIOS: &[Scenario] = &[
    current(
        "caching",
        PassExcept {
            checks: &[
                "sep-2549-prompts-list-caching-hints",
                "sep-2549-resources-list-caching-hints",
                "sep-2549-resources-templates-list-caching-hints",
            ],
            reason: "The list of tools says how long it may be kept. There are no lists of prompts and resources yet.",
        },
    ),
    both("completion-complete", NotBuilt(COMPLETION)),
    both("dns-rebinding-protection", Pass),
    older("elicitation-sep1034-defaults", NotBuilt(QUESTIONS)),
    older("elicitation-sep1330-enums", NotBuilt(QUESTIONS)),
    current(
        "http-custom-header-server-validation",
        NotApplicable(
            "The hub takes the arguments of a call from its message, and lists no argument that is a header too.",
        ),
    ),
    current("http-header-validation", Pass),
    current("input-required-result-basic-elicitation", NotBuilt(QUESTIONS)),
    current("input-required-result-basic-list-roots", NotBuilt(QUESTIONS)),
    current("input-required-result-basic-sampling", NotBuilt(QUESTIONS)),
    current("input-required-result-capability-check", NotBuilt(QUESTIONS)),
    current("input-required-result-ignore-extra-params", NotBuilt(QUESTIONS)),
    current("input-required-result-missing-input-response", NotBuilt(QUESTIONS)),
    current("input-required-result-multi-round", NotBuilt(QUESTIONS)),
    current("input-required-result-multiple-input-requests", NotBuilt(QUESTIONS)),
    current("input-required-result-non-tool-request", NotBuilt(QUESTIONS)),
    current("input-required-result-request-state", NotBuilt(QUESTIONS)),
    current("input-required-result-result-type", NotBuilt(QUESTIONS)),
    current("input-required-result-tampered-state", NotBuilt(QUESTIONS)),
    current("input-required-result-unsupported-methods", Pass),
    current(
        "input-required-result-validate-input",
        PassWithoutFeature("The hub refuses the call. It has no tool that asks a question yet."),
    ),
    both("json-schema-2020-12", Pass),
    older("logging-set-level", NotBuilt(LOGGING)),
    older("ping", Pass),
    both("prompts-get-embedded-resource", NotBuilt(PROMPTS)),
    both("prompts-get-simple", NotBuilt(PROMPTS)),
    both("prompts-get-with-args", NotBuilt(PROMPTS)),
    both("prompts-get-with-image", NotBuilt(PROMPTS)),
    both("prompts-list", NotBuilt(PROMPTS)),
    both("resources-list", NotBuilt(RESOURCES)),
    both("resources-read-binary", NotBuilt(RESOURCES)),
    both("resources-read-text", NotBuilt(RESOURCES)),
    older("resources-subscribe", NotBuilt(RESOURCES)),
    both("resources-templates-read", NotBuilt(RESOURCES)),
    older("resources-unsubscribe", NotBuilt(RESOURCES)),
    current("sep-2164-resource-not-found", NotBuilt(RESOURCES)),
    current("sep-2640-skills-directory", NotApplicable(SKILLS)),
    current("sep-2640-skills-enumeration", NotApplicable(SKILLS)),
    current("sep-2640-skills-manifest", NotApplicable(SKILLS)),
    older("server-initialize", Pass),
    older("server-session-lifecycle", NotApplicable(SESSIONS)),
    Scenario { name: "server-sse-multiple-streams", older: Some(NotApplicable(SESSIONS)), current: Some(Pass) },
    older("server-sse-polling", NotApplicable(SESSIONS)),
    current(
        "server-stateless",
        PassExcept {
            checks: &["sep-2575-missing-capability-http-400", "sep-2575-server-rejects-undeclared-capability"],
            reason: "No tool of the hub needs a capability of the assistant, so no call is refused for lack of one.",
        },
    ),
    current("tasks-capability-negotiation", NotBuilt(TASKS)),
    current("tasks-dispatch-and-envelope", NotBuilt(TASKS)),
    current("tasks-lifecycle", NotBuilt(TASKS)),
    current("tasks-mrtr-composition", NotBuilt(TASKS)),
    current("tasks-mrtr-input", NotBuilt(TASKS)),
    current("tasks-request-headers", NotBuilt(TASKS)),
    current("tasks-request-state-removal", NotBuilt(TASKS)),
    current("tasks-required-task-error", NotBuilt(TASKS)),
    current("tasks-status-notifications", NotBuilt(TASKS)),
    current("tasks-wire-fields", NotBuilt(TASKS)),
    both("tools-call-audio", Pass),
    older("tools-call-elicitation", NotBuilt(QUESTIONS)),
    both("tools-call-embedded-resource", Pass),
    both("tools-call-error", Pass),
    both("tools-call-image", Pass),
    both("tools-call-mixed-content", Pass),
    older("tools-call-sampling", NotBuilt(QUESTIONS)),
    both("tools-call-simple-text", Pass),
    older("tools-call-with-logging", NotBuilt(LOGGING)),
    both("tools-call-with-progress", Pass),
    both("tools-list", Pass),
];

#[test]
fn a_scenario_that_passes_unexpectedly_did_not_end_as_expected() {
    let checks = |statuses: &[&str]| -> Vec<Check> {
        let checks = statuses.iter().zip(["a", "b", "c"]);
        let checks = checks.map(|(status, id)| serde_json::json!({ "id": id, "status": status }));
        serde_json::from_value(checks.collect()).unwrap()
    };
    let in_part = PassExcept { checks: &["b"], reason: "b is not built." };
    for (statuses, passes, passes_in_part) in [
        (vec!["SUCCESS", "SUCCESS"], true, false),
        (vec!["SUCCESS", "INFO", "SKIPPED"], true, false),
        (vec!["SUCCESS", "FAILURE"], false, true),
        (vec!["SUCCESS", "WARNING"], false, true),
        (vec!["SUCCESS", "FAILURE", "FAILURE"], false, false),
        (vec!["FAILURE", "SUCCESS"], false, false),
        (vec!["SKIPPED"], false, false),
        (vec![], false, false),
    ] {
        let checks = checks(&statuses);
        assert_eq!(Pass.is_met_by(&checks), passes, "{statuses:?}");
        assert_eq!(NotBuilt("It is not built.").is_met_by(&checks), !passes, "{statuses:?}");
        assert_eq!(in_part.is_met_by(&checks), passes_in_part, "{statuses:?}");
    }
}
