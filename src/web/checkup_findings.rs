//! The results of a check-up, as its page and the page of its job show them.

use std::time::Duration;

use super::badge::Badge;
use super::connection_links::{can_be_checked, href, name, sign_in_href};
use super::here::Here;
use super::when::{self, Calendar, When};
use crate::connections::{CheckReport, CheckResult, Checkup, ConnectionDetail, Remedy};
use crate::jobs::Job;

/// The part of a check-up's job that other jobs do not have.
pub(super) struct CheckupView {
    /// The name of the connection.
    pub(super) name: String,
    /// The address at which the check-up can be repeated, unless the connection cannot be checked.
    pub(super) repeat_href: Option<String>,
    pub(super) findings: Option<CheckupResults>,
}

impl CheckupView {
    pub(super) fn new(job: &Job, connection: &ConnectionDetail, here: &Here) -> Self {
        let href = href(connection, here);
        Self {
            name: name(connection),
            repeat_href: can_be_checked(connection).then(|| format!("{href}/checkup")),
            findings: job.checkup_result().map(|found| CheckupResults::new(&found, connection, here)),
        }
    }
}

/// Every check, and a summary.
pub(super) struct CheckupResults {
    pub(super) tally: String,
    pub(super) checks: Vec<CheckRow>,
}

/// A check.
pub(super) struct CheckRow {
    pub(super) title: &'static str,
    pub(super) badge: Badge,
    /// Class of the style: `passed`, `warning`, `failed` or `missed`.
    pub(super) tone: &'static str,
    pub(super) message: Option<String>,
    pub(super) took: Option<String>,
    pub(super) advice: Option<String>,
    pub(super) detail: Option<String>,
    /// The address and the label of the remedy.
    pub(super) remedy: Option<(String, &'static str)>,
}

impl CheckupResults {
    pub(super) fn new(found: &Checkup, connection: &ConnectionDetail, here: &Here) -> Self {
        let checks = found.checks.iter().map(|step| CheckRow::new(step, connection, here)).collect();
        Self { tally: found.tally(), checks }
    }
}

impl CheckRow {
    fn new(step: &CheckReport, connection: &ConnectionDetail, here: &Here) -> Self {
        let (badge, tone) = match step.result {
            CheckResult::Passed => (Badge::PASSED, "passed"),
            CheckResult::Warning => (Badge::WARNING, "warning"),
            CheckResult::Failed => (Badge::FAILED, "failed"),
            CheckResult::Skipped => (Badge::NOT_REACHED, "missed"),
        };
        Self {
            title: step.check.title(),
            badge,
            tone,
            message: (!step.message.is_empty()).then(|| sentence(&step.message)),
            took: step.took_ms.filter(|took| *took > 0).map(|took| when::duration(Duration::from_millis(took))),
            advice: step.advice.as_deref().map(sentence),
            detail: step.detail.clone(),
            remedy: step
                .remedy
                .filter(|_| can_be_checked(connection))
                .map(|remedy| remedy_link(remedy, connection, here)),
        }
    }
}

fn remedy_link(remedy: Remedy, connection: &ConnectionDetail, here: &Here) -> (String, &'static str) {
    match remedy {
        Remedy::ConnectAgain => (sign_in_href(connection, here), "Connect again"),
        Remedy::GrantMore => (sign_in_href(connection, here), "Grant more"),
        Remedy::ReplaceToken if connection.takes_key() => {
            (format!("{}/token", href(connection, here)), "Replace the key")
        }
        Remedy::ReplaceToken => (format!("{}/token", href(connection, here)), "Replace the token"),
        Remedy::AddAgain => (here.path("/connectors/new/mcp"), "Add the server again"),
    }
}

/// Adds a full stop, unless the text ends a sentence already.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The newest check-up of a connection, in one line.
pub(super) struct LastCheckup {
    /// "1 of 9 checks failed".
    pub(super) words: String,
    /// The moment at which it finished, or was accepted.
    pub(super) at: When,
    pub(super) is_finished: bool,
    pub(super) job: String,
}

impl LastCheckup {
    pub(super) fn new(job: &Job, here: &Here, calendar: &Calendar) -> Self {
        let is_finished = job.status.is_final();
        let words = match job.checkup_result() {
            Some(found) => found.tally(),
            None if is_finished => "It did not finish".to_owned(),
            None => "It is still running".to_owned(),
        };
        let at = calendar.when(job.finished_at.unwrap_or(job.created_at));
        Self { words, at, is_finished, job: here.path(&format!("/jobs/{}", job.id)) }
    }
}
