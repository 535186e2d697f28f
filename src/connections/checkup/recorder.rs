//! Records a check-up: each check with its duration, reported at once. Skipped checks are added at the end.

use std::borrow::Cow;
use std::time::Instant;

use super::{Check, CheckReport, CheckResult, Checkup, Remedy};
use crate::error::{Error, Message, Result};
use crate::secret::{Redactor, Secret};

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
    detail: Option<String>,
    remedy: Option<Remedy>,
}

impl<T> CheckOutcome<T> {
    /// The check passed.
    pub(super) fn passed(value: T, message: impl Into<String>) -> Self {
        Self { value: Some(value), ..Self::new(CheckResult::Passed, message) }
    }

    /// The check passed, and the user should know something.
    pub(super) fn warned(value: T, message: impl Into<String>) -> Self {
        Self { result: CheckResult::Warning, ..Self::passed(value, message) }
    }

    /// The check failed.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(CheckResult::Failed, message)
    }

    fn new(result: CheckResult, message: impl Into<String>) -> Self {
        Self { value: None, result, message: message.into(), advice: None, detail: None, remedy: None }
    }

    /// The check failed with an error of the service or the network. Returns the hub's own errors as they are.
    pub(super) fn from_error(error: impl Into<Error>) -> Result<Self> {
        match error.into() {
            Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
                Ok(Self::from_message(message))
            }
            internal => Err(internal),
        }
    }

    /// The check failed with a message that may have advice and detail.
    pub(super) fn from_message(message: impl Into<Message>) -> Self {
        let Message { text, advice, detail } = message.into();
        Self { advice: advice.map(Cow::into_owned), ..Self::failed(text) }.with_detail(detail)
    }

    /// Adds the next step in words.
    pub(super) fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Adds the words of a machine about the cause.
    pub(super) fn with_detail(self, detail: Option<Box<str>>) -> Self {
        Self { detail: detail.map(Into::into), ..self }
    }

    /// Adds the page that offers the next step.
    pub(super) fn with_remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }
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
        let redactor = Redactor::for_content(self.secrets.iter().map(Secret::expose));
        let report = CheckReport {
            check,
            result: outcome.result,
            took_ms: Some(took),
            message: redactor.redact(&outcome.message).into_owned(),
            advice: outcome.advice.map(|advice| redactor.redact(&advice).into_owned()),
            detail: outcome.detail.map(|detail| redactor.redact(&detail).into_owned()),
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
                result: CheckResult::Skipped,
                took_ms: None,
                message: String::new(),
                advice: None,
                detail: None,
                remedy: None,
            })
        };
        Checkup { checks: self.plan.iter().map(report).collect() }
    }
}
