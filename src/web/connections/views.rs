//! Parts of the pages of connections, with every value computed.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::clock::{Timestamp, day_to_jiff};
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
    pub(super) selection: Selection,
    /// The connection has a problem and can be checked.
    pub(super) needs_owner: bool,
    pub(super) columns: Columns,
}

/// The check box of a row, for actions on several connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// The connection is disconnected, so the row has no box.
    Impossible,
    Possible,
    Chosen,
}

/// The columns that some row of a page fills. The page leaves out the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) account: bool,
    pub(super) permissions: bool,
    pub(super) expiry: bool,
}

impl Columns {
    /// The separator of the names, which needs no escape in an address.
    const SEPARATOR: &str = ".";

    /// Returns the columns that these rows fill.
    pub(super) fn for_rows(rows: &[ConnectionDetail]) -> Self {
        Self {
            account: rows.iter().any(|row| row.account.is_some()),
            permissions: rows.iter().any(|row| !row.scopes.is_empty()),
            expiry: rows.iter().any(|row| row.expires_on.is_some() || shown_expiry(row).is_some()),
        }
    }

    const fn named(self) -> [(&'static str, bool); 3] {
        [("account", self.account), ("permissions", self.permissions), ("expiry", self.expiry)]
    }

    /// Writes the columns for the address of the stream.
    pub(super) fn to_param(self) -> String {
        let names = self.named().into_iter().filter(|(_, is_shown)| *is_shown).map(|(name, _)| name);
        names.collect::<Vec<_>>().join(Self::SEPARATOR)
    }

    /// Reads the columns of an address; unknown names are ignored.
    pub(super) fn from_param(param: &str) -> Self {
        let has = |name| param.split(Self::SEPARATOR).any(|it| it == name);
        Self { account: has("account"), permissions: has("permissions"), expiry: has("expiry") }
    }
}

/// Returns the expiry time of an access token, while it means something.
fn shown_expiry(connection: &ConnectionDetail) -> Option<Timestamp> {
    connection.expires_at.filter(|_| connection.status.is_usable())
}

impl Row {
    /// Chooses the row, if it can be chosen.
    pub(super) fn chosen(self) -> Self {
        match self.selection {
            Selection::Impossible => self,
            Selection::Possible | Selection::Chosen => Self { selection: Selection::Chosen, ..self },
        }
    }

    pub(super) fn new(connection: &ConnectionDetail, columns: Columns, here: &Here, calendar: &Calendar) -> Self {
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
            expires: calendar.when_any(shown_expiry(connection)),
            expiry: Expiry::for_connection(connection, calendar),
            used: calendar.when_any(connection.last_used_at),
            is_default: connection.is_default && connection.usable > 1,
            selection: if connection.is_disconnected() { Selection::Impossible } else { Selection::Possible },
            needs_owner: StatusLine::for_connection(connection) == StatusLine::NeedsOwner && can_be_checked(connection),
            columns,
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

    /// Returns the distance in words: "Expires in 3 days", "Expires today", "Expired 2 days ago".
    pub(super) fn distance(&self) -> String {
        let days = self.today.until(self.day).map_or(0, |span| i64::from(span.get_days()));
        let words = |days: i64| count(days.unsigned_abs(), "day");
        match days {
            0 => "Expires today".to_owned(),
            1 => "Expires tomorrow".to_owned(),
            2.. => format!("Expires in {}", words(days)),
            _ => format!("Expired {} ago", words(days)),
        }
    }

    /// Returns "ends" or "ended".
    pub(super) fn verb(&self) -> &'static str {
        if self.day < self.today { "ended" } else { "ends" }
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, Expiry};
    use crate::connections::ConnectionHealth;
    use crate::web::badge::Badge;
    use jiff::civil::date;

    #[test]
    fn the_distance_of_an_expiry_date_is_counted_in_days() {
        let distance = |day| Expiry { day, today: date(2026, 11, 29) }.distance();
        assert_eq!(distance(date(2026, 12, 2)), "Expires in 3 days");
        assert_eq!(distance(date(2027, 11, 29)), "Expires in 365 days");
        assert_eq!(distance(date(2026, 11, 30)), "Expires tomorrow");
        assert_eq!(
            (distance(date(2026, 11, 29)).as_str(), distance(date(2026, 11, 28)).as_str()),
            ("Expires today", "Expired 1 day ago")
        );
    }

    #[test]
    fn columns_are_read_back_from_an_address() {
        let columns = Columns { account: true, permissions: false, expiry: true };
        assert_eq!(
            (columns.to_param().as_str(), Columns::from_param(&columns.to_param())),
            ("account.expiry", columns)
        );
        assert_eq!(Columns::from_param("x").to_param(), "");
    }

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
