//! What a check-up writes down: each check with its time, told at once; what was not made is filled in at the end.

use std::borrow::Cow;
use std::time::Instant;

use super::{Check, Checkup, Fix, Step, Verdict};
use crate::error::{Error, Message, Result};
use crate::secret::{Redactor, Secret};

/// Why a check-up does not go on.
pub(super) enum Halt {
    /// A check failed that the next ones depend on.
    InTheWay,
    /// The hub met a fault of its own.
    Ours(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// What a check came to; with what the next ones go on with, unless it failed.
pub(super) struct Finding<T> {
    value: Option<T>,
    result: Verdict,
    said: String,
    advice: Option<String>,
    fix: Option<Fix>,
}

impl<T> Finding<T> {
    /// It stands.
    pub(super) fn passed(value: T, said: impl Into<String>) -> Self {
        Self { value: Some(value), result: Verdict::Passed, said: said.into(), advice: None, fix: None }
    }

    /// It stands, and there is something to know.
    pub(super) fn warned(value: T, said: impl Into<String>) -> Self {
        Self { result: Verdict::Warning, ..Self::passed(value, said) }
    }

    /// It does not stand.
    pub(super) fn failed(said: impl Into<String>) -> Self {
        Self { value: None, result: Verdict::Failed, said: said.into(), advice: None, fix: None }
    }

    /// It does not stand, for a reason in words of the hub that may end with what to do; a fault of the hub's own is
    /// passed on.
    pub(super) fn because(error: impl Into<Error>) -> Result<Self> {
        match error.into() {
            Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
                Ok(Self::told(message))
            }
            ours => Err(ours),
        }
    }

    /// The same for a reason alone.
    pub(super) fn told(message: impl Into<Message>) -> Self {
        let Message { text, advice } = message.into();
        Self { advice: advice.map(Cow::into_owned), ..Self::failed(text) }
    }

    /// What to do about it, in words.
    pub(super) fn advise(self, words: impl Into<String>) -> Self {
        Self { advice: Some(words.into()), ..self }
    }

    /// Where to do something about it.
    pub(super) fn fix(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }
}

/// A check-up under way.
pub(super) struct Chart<'a> {
    plan: &'static [Check],
    steps: Vec<Step>,
    secrets: Vec<Secret>,
    tell: &'a mut (dyn FnMut(&Step) + Send),
}

impl<'a> Chart<'a> {
    pub(super) fn new(plan: &'static [Check], tell: &'a mut (dyn FnMut(&Step) + Send)) -> Self {
        Self { plan, steps: Vec::new(), secrets: Vec::new(), tell }
    }

    /// From now on, this is in no text.
    pub(super) fn hide(&mut self, secret: &Secret) {
        self.secrets.push(secret.clone());
    }

    /// Makes a check, and writes it down.
    pub(super) async fn take<T>(
        &mut self,
        check: Check,
        looking: impl Future<Output = Result<Finding<T>>>,
    ) -> Result<T, Halt> {
        let begun = Instant::now();
        let found = looking.await?;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let redactor = Redactor::for_content(&self.secrets);
        let step = Step {
            check,
            result: found.result,
            took_ms: Some(took),
            said: redactor.redact(&found.said).into_owned(),
            advice: found.advice.map(|advice| redactor.redact(&advice).into_owned()),
            fix: found.fix,
        };
        (self.tell)(&step);
        self.steps.push(step);
        found.value.ok_or(Halt::InTheWay)
    }

    /// Every check of the plan, in its order.
    pub(super) fn finish(self) -> Checkup {
        let of = |check: &Check| {
            let made = self.steps.iter().find(|step| step.check == *check).cloned();
            made.unwrap_or_else(|| Step {
                check: *check,
                result: Verdict::NotReached,
                took_ms: None,
                said: String::new(),
                advice: None,
                fix: None,
            })
        };
        Checkup { checks: self.plan.iter().map(of).collect() }
    }
}
