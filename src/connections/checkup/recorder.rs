//! Records a check-up: each check with its duration, reported at once. Skipped checks are added at the end.

use std::time::Instant;

use super::{Check, CheckReport, CheckResult, Checkup, Remedy};
use crate::audit::redact;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The reason why a check-up stops.
pub(super) enum Stop {
    /// A check failed, and the next ones depend on it.
    Blocked,
    /// The hub itself failed.
    Internal(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

/// The outcome of a check, with the value that later checks use; a failed one has no value.
pub(super) struct CheckOutcome<T> {
    value: Option<T>,
    result: CheckResult,
    message: String,
    advice: Option<String>,
    remedy: Option<Remedy>,
}

impl<T> CheckOutcome<T> {
    /// The check passed.
    pub(super) fn passed(value: T, message: impl Into<String>) -> Self {
        Self { value: Some(value), result: CheckResult::Passed, message: message.into(), advice: None, remedy: None }
    }

    /// The check passed, and the user should know something.
    pub(super) fn warned(value: T, message: impl Into<String>) -> Self {
        Self { result: CheckResult::Warning, ..Self::passed(value, message) }
    }

    /// The check failed.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { value: None, result: CheckResult::Failed, message: message.into(), advice: None, remedy: None }
    }

    /// The check failed with an error of the service or the network. Returns the hub's own errors as they are.
    pub(super) fn from_error(error: impl Into<Error>) -> Result<Self> {
        match error.into() {
            Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
                Ok(Self::from_message(&message))
            }
            internal => Err(internal),
        }
    }

    /// The check failed with a message that may end with advice.
    pub(super) fn from_message(message: &str) -> Self {
        let (finding, advice) = apart(message);
        Self { advice, ..Self::failed(finding) }
    }

    /// Adds the next step in words.
    pub(super) fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Adds the page that offers the next step.
    pub(super) fn with_remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }
}

/// Splits a message into the finding and the advice, which follows a colon or is a sentence of its own.
fn apart(message: &str) -> (String, Option<String>) {
    const BEGINNINGS: [&str; 8] = [": check", ": connect", ": try", ": enter", ": ask", ": whoever", ": add", ". "];
    let at = BEGINNINGS.iter().filter_map(|beginning| message.find(beginning)).min();
    let Some(at) = at else { return (message.to_owned(), None) };
    let (what, rest) = (&message[..at], message[at + 1..].trim_start());
    let mut letters = rest.chars();
    let advice = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
    (what.to_owned(), advice)
}

/// The record of a check-up that is running.
pub(super) struct CheckRecorder<'a> {
    plan: &'static [Check],
    reports: Vec<CheckReport>,
    secrets: Vec<Secret>,
    report: &'a mut (dyn FnMut(&CheckReport) + Send),
}

impl<'a> CheckRecorder<'a> {
    pub(super) fn new(plan: &'static [Check], report: &'a mut (dyn FnMut(&CheckReport) + Send)) -> Self {
        Self { plan, reports: Vec::new(), secrets: Vec::new(), report }
    }

    /// Redacts a secret in all later texts.
    pub(super) fn redact(&mut self, secret: &Secret) {
        self.secrets.push(secret.clone());
    }

    /// Runs a check and records it. Returns the check's value.
    ///
    /// # Errors
    /// [`Stop::Blocked`] if the check failed.
    pub(super) async fn run<T>(
        &mut self,
        check: Check,
        running: impl Future<Output = Result<CheckOutcome<T>>>,
    ) -> Result<T, Stop> {
        let started = Instant::now();
        let outcome = running.await?;
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let secrets: Vec<_> = self.secrets.iter().collect();
        let report = CheckReport {
            check,
            result: outcome.result,
            took_ms: Some(took),
            message: redact(&outcome.message, &secrets).into_owned(),
            advice: outcome.advice.map(|advice| redact(&advice, &secrets).into_owned()),
            remedy: outcome.remedy,
        };
        (self.report)(&report);
        self.reports.push(report);
        outcome.value.ok_or(Stop::Blocked)
    }

    /// Returns every check of the plan, in its order.
    pub(super) fn finish(self) -> Checkup {
        let report = |check: &Check| {
            let recorded = self.reports.iter().find(|report| report.check == *check).cloned();
            recorded.unwrap_or_else(|| CheckReport {
                check: *check,
                result: CheckResult::NotReached,
                took_ms: None,
                message: String::new(),
                advice: None,
                remedy: None,
            })
        };
        Checkup { checks: self.plan.iter().map(report).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn what_is_wrong_and_what_to_do_are_told_apart() {
        for (message, what, advice) in [
            ("a.test failed (HTTP 500): try again later", "a.test failed (HTTP 500)", Some("Try again later")),
            ("There is no host called a: check the spelling", "There is no host called a", Some("Check the spelling")),
            ("It is over. Connect Guarded again", "It is over", Some("Connect Guarded again")),
            ("It speaks http://a.test: nothing else", "It speaks http://a.test: nothing else", None),
        ] {
            assert_eq!(apart(message), (what.to_owned(), advice.map(str::to_owned)));
        }
    }
}
