//! What a check-up found, as its page and the page of its job show it.

use std::time::Duration;

use super::views::{self, href, renewal};
use crate::connections::{CheckReport, CheckResult, Checkup, ConnectionDetail, Remedy};
use crate::jobs::Job;
use crate::web::badge::Badge;
use crate::web::when::{self, Calendar, When};

/// The job of a check-up, beside what every job shows.
pub(in crate::web) struct Checked {
    /// The connection.
    pub(in crate::web) name: String,
    /// Its label.
    pub(in crate::web) called: String,
    pub(in crate::web) href: String,
    /// Where it is checked again; none: it cannot be.
    pub(in crate::web) again: Option<String>,
    pub(in crate::web) findings: Option<Findings>,
}

impl Checked {
    pub(in crate::web) fn new(job: &Job, connection: &ConnectionDetail) -> Self {
        Self {
            name: views::name(connection),
            called: connection.label.clone(),
            href: href(connection),
            again: views::can_be_checked(connection).then(|| format!("{}/checkup", href(connection))),
            findings: job.found().map(|found| Findings::new(&found, connection)),
        }
    }
}

/// Every check, and the whole in a few words.
pub(in crate::web) struct Findings {
    pub(in crate::web) tally: String,
    pub(in crate::web) checks: Vec<Checkpoint>,
}

/// One check.
pub(in crate::web) struct Checkpoint {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) badge: Badge,
    /// `passed`, `warning`, `failed` or `missed`: for the style.
    pub(in crate::web) tone: &'static str,
    pub(in crate::web) said: Option<String>,
    pub(in crate::web) took: Option<String>,
    pub(in crate::web) advice: Option<String>,
    /// Where to do something about it, and what to call that.
    pub(in crate::web) fix: Option<(String, &'static str)>,
}

impl Findings {
    pub(super) fn new(found: &Checkup, connection: &ConnectionDetail) -> Self {
        Self {
            tally: found.tally(),
            checks: found.checks.iter().map(|step| Checkpoint::new(step, connection)).collect(),
        }
    }
}

impl Checkpoint {
    fn new(step: &CheckReport, connection: &ConnectionDetail) -> Self {
        let (badge, tone) = match step.result {
            CheckResult::Passed => (Badge::PASSED, "passed"),
            CheckResult::Warning => (Badge::WARNING, "warning"),
            CheckResult::Failed => (Badge::FAILED, "failed"),
            CheckResult::NotReached => (Badge::NOT_REACHED, "missed"),
        };
        Self {
            title: step.check.title(),
            badge,
            tone,
            said: (!step.message.is_empty()).then(|| sentence(&step.message)),
            took: step.took_ms.filter(|took| *took > 0).map(|took| when::duration(Duration::from_millis(took))),
            advice: step.advice.as_deref().map(sentence),
            fix: step.remedy.filter(|_| views::can_be_checked(connection)).map(|fix| place(fix, connection)),
        }
    }
}

fn place(fix: Remedy, connection: &ConnectionDetail) -> (String, &'static str) {
    match fix {
        Remedy::ConnectAgain => (renewal(connection), "Connect again"),
        Remedy::GrantMore => (renewal(connection), "Grant more"),
        Remedy::ReplaceToken if connection.takes_key() => (format!("{}/token", href(connection)), "Replace the key"),
        Remedy::ReplaceToken => (format!("{}/token", href(connection)), "Replace the token"),
        Remedy::AddAgain => ("/connectors/new/mcp".to_owned(), "Add the server again"),
    }
}

/// With a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The newest check-up of a connection, in a line.
pub(super) struct LastCheckup {
    /// "1 of 9 checks failed".
    pub(super) words: String,
    /// When it ended, or began.
    pub(super) at: When,
    pub(super) is_over: bool,
    pub(super) job: String,
}

impl LastCheckup {
    pub(super) fn new(job: &Job, calendar: &Calendar) -> Self {
        let is_over = job.status.is_final();
        let words = match job.found() {
            Some(found) => found.tally(),
            None if is_over => "It did not come to its end".to_owned(),
            None => "It is under way".to_owned(),
        };
        let at = calendar.when(job.finished_at.unwrap_or(job.created_at));
        Self { words, at, is_over, job: format!("/jobs/{}", job.id) }
    }
}
