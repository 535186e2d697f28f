//! Parts of the pages of connections, with every value computed.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::clock::day_to_jiff;
use crate::connections::{ConnectionDetail, ConnectionHealth};
use crate::connectors::AuthKind;
use crate::jobs::{DependentJobs, JobStatus};
use crate::web::badge::Badge;
pub(super) use crate::web::connection_links::{can_be_checked, href, name, sign_in_href};
use crate::web::filtering::format_date;
use crate::web::here::Here;
use crate::web::job_row::JobRowView;
use crate::web::tile::Tile;
use crate::web::when::{Calendar, When, count};

/// The number of dependent jobs that a page lists; further jobs are only counted.
const MAX_LISTED_JOBS: usize = 10;

/// The days before the expiry of a typed credential from which the page warns, as the reminder mail does.
const WARNING_DAYS: i32 = 7;

/// Returns true if the owner types the credential.
pub(super) fn takes_token(connection: &ConnectionDetail) -> bool {
    connection.auth == AuthKind::Token
}

/// Returns the reason why the connection does not work, or not fully.
pub(super) fn cause(connection: &ConnectionDetail) -> Option<String> {
    let recorded = connection.reason.clone().or_else(|| connection.last_error.clone());
    let by_health = match connection.health {
        ConnectionHealth::Limited => "The service allows less than some tools need",
        ConnectionHealth::Degraded => "The service could not be reached recently. The hub tries again",
        ConnectionHealth::ReauthRequired => "The service no longer accepts the credential",
        ConnectionHealth::Exhausted => "The service has failed for days",
        ConnectionHealth::Ok => return recorded.filter(|_| connection.status.is_broken()),
    };
    recorded.or_else(|| Some(by_health.to_owned()))
}

/// The first line of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusLine {
    Disconnected,
    NeedsOwner,
    Working,
}

impl StatusLine {
    pub(super) fn for_connection(connection: &ConnectionDetail) -> Self {
        let is_working = connection.status.is_usable() && connection.health.is_ok();
        match connection.is_disconnected() {
            true => Self::Disconnected,
            false if is_working => Self::Working,
            false => Self::NeedsOwner,
        }
    }
}

/// A connection in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) connector: String,
    pub(super) tile: Tile,
    pub(super) label: String,
    pub(super) status: Badge,
    pub(super) health: Option<Badge>,
    pub(super) cause: Option<String>,
    pub(super) account: Option<String>,
    pub(super) scopes: String,
    pub(super) expires: Option<When>,
    pub(super) expiry: Option<Expiry>,
    pub(super) used: Option<When>,
    /// The default of several connections to the service.
    pub(super) is_default: bool,
    pub(super) can_be_selected: bool,
    /// The connection has a problem and can be checked.
    pub(super) needs_owner: bool,
}

impl Row {
    pub(super) fn new(connection: &ConnectionDetail, here: &Here, calendar: &Calendar) -> Self {
        Self {
            id: connection.id.to_string(),
            href: href(connection, here),
            connector: connection.connector.clone(),
            tile: Tile::new(&connection.connector),
            label: connection.label.clone(),
            status: Badge::connection(connection.status),
            health: Badge::health(connection.health),
            cause: cause(connection),
            account: connection.account.clone(),
            scopes: if connection.scopes.is_empty() { String::new() } else { connection.scopes.len().to_string() },
            expires: calendar.when_any(connection.expires_at.filter(|_| connection.status.is_usable())),
            expiry: Expiry::for_connection(connection, calendar),
            used: calendar.when_any(connection.last_used_at),
            is_default: connection.is_default && connection.usable > 1,
            can_be_selected: !connection.is_disconnected(),
            needs_owner: StatusLine::for_connection(connection) == StatusLine::NeedsOwner && can_be_checked(connection),
        }
    }
}

/// The jobs that end with a connection.
pub(super) struct Dependent {
    /// "2 jobs are running", if any are.
    pub(super) running: Option<String>,
    pub(super) waiting: Option<String>,
    pub(super) jobs: Vec<JobRowView>,
    pub(super) has_more: bool,
}

impl Dependent {
    pub(super) fn new(dependants: &DependentJobs, here: &Here, calendar: &Calendar) -> Self {
        let all = dependants.jobs.len();
        let running = dependants.jobs.iter().filter(|(_, job)| job.status == JobStatus::Running).count();
        let at_least = if dependants.is_cut { "At least " } else { "" };
        let words = |n: usize, what: &str| {
            let verb = if n == 1 { "is" } else { "are" };
            (n > 0).then(|| format!("{at_least}{} {verb} {what}", count(n as u64, "job")))
        };
        Self {
            running: words(running, "running"),
            waiting: words(all - running, "waiting"),
            jobs: dependants
                .jobs
                .iter()
                .take(MAX_LISTED_JOBS)
                .map(|(_, job)| JobRowView::new(job, here, calendar))
                .collect(),
            has_more: all > MAX_LISTED_JOBS || dependants.is_cut,
        }
    }
}

/// The expiry date of a typed credential, as the owner entered it.
pub(super) struct Expiry {
    day: Date,
    today: Date,
}

impl Expiry {
    /// Returns the expiry date, if the owner entered one.
    pub(super) fn for_connection(connection: &ConnectionDetail, calendar: &Calendar) -> Option<Self> {
        connection.expires_on.map(|day| Self { day: day_to_jiff(day), today: calendar.today() })
    }

    /// Formats for machines: "2027-03-03".
    pub(super) fn iso(&self) -> String {
        self.day.to_string()
    }

    /// Formats for people: "3 March 2027".
    pub(super) fn long_text(&self) -> String {
        format_date(self.day)
    }

    /// Returns true if the owner should enter another credential.
    pub(super) fn is_near(&self) -> bool {
        self.day <= self.today.saturating_add(WARNING_DAYS.days())
    }

    /// Returns "ends" or "ended".
    pub(super) fn verb(&self) -> &'static str {
        if self.day < self.today { "ended" } else { "ends" }
    }
}

#[cfg(test)]
mod tests {
    use crate::connections::ConnectionHealth;
    use crate::web::badge::Badge;

    #[test]
    fn only_a_health_problem_has_a_badge() {
        for health in ConnectionHealth::ALL {
            assert_eq!(
                Badge::health(health).map(|badge| badge.shape),
                (!health.is_ok()).then_some("needs"),
                "{health:?}"
            );
        }
    }
}
