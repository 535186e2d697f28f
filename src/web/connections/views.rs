//! Parts of the pages of connections, with every value computed.

use super::expiry::Expiry;
use crate::clock::Timestamp;
use crate::connections::{ConnectionDetail, ConnectionHealth, label};
use crate::connectors::AuthKind;
use crate::jobs::{DependentJobs, JobStatus};
use crate::web::badge::Badge;
pub(super) use crate::web::connection_links::{StepLink, can_be_checked, href, name, sign_in_href};
use crate::web::here::Here;
use crate::web::job_row::JobRowView;
use crate::web::tile::Tile;
use crate::web::when::{Calendar, When, count};

/// The number of dependent jobs that a page lists; further jobs are only counted.
const MAX_LISTED_JOBS: usize = 10;

/// The longest name of a permission that a row shows, in characters.
const MAX_SCOPE_LENGTH: usize = 24;

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
    /// The connector with the label, where others of the connector have labels too.
    pub(super) name: String,
    /// The label, unless the connection is the only one of its connector and has none.
    pub(super) label: Option<String>,
    pub(super) state: Badge,
    /// The date from which another credential is needed, if it is near; in place of the state.
    pub(super) expires_soon: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) account: Option<String>,
    pub(super) scopes: String,
    pub(super) expires: Option<When>,
    pub(super) expiry: Option<Expiry>,
    /// The words for a connection without a date of expiry.
    pub(super) no_expiry: &'static str,
    pub(super) used: Option<When>,
    /// The default of several connections to the service.
    pub(super) is_default: bool,
    pub(super) selection: Selection,
    /// The link that mends the connection.
    pub(super) step: Option<StepLink>,
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
        let expiry = Expiry::for_connection(connection, calendar);
        let is_working = StatusLine::for_connection(connection) == StatusLine::Working;
        let expires_soon = expiry.as_ref().filter(|it| is_working && it.is_near()).map(Expiry::distance);
        let is_named = connection.siblings > 0 || label::is_given(&connection.label);
        Self {
            id: connection.id.to_string(),
            href: href(connection, here),
            connector: connection.connector.clone(),
            tile: Tile::new(&connection.connector),
            name: name(connection),
            label: is_named.then(|| connection.label.clone()),
            state: Badge::connection_state(connection.status, connection.health),
            cause: cause(connection),
            account: connection.account.clone(),
            scopes: scope_words(&connection.scopes),
            expires: calendar.when_any(shown_expiry(connection)),
            no_expiry: match connection.auth {
                _ if connection.is_disconnected() => "None",
                AuthKind::None => "Never",
                AuthKind::Token | AuthKind::OAuth => "Not known",
            },
            step: StepLink::for_connection(connection, expires_soon.is_some(), here),
            expiry,
            expires_soon,
            used: calendar.when_any(connection.last_used_at),
            is_default: connection.is_default && connection.usable > 1,
            selection: if connection.is_disconnected() { Selection::Impossible } else { Selection::Possible },
            columns,
        }
    }
}

/// Names one short permission, and counts others: "repo", "3 permissions". Empty if there are none.
fn scope_words(scopes: &[String]) -> String {
    match scopes {
        [] => String::new(),
        [one] if one.chars().count() <= MAX_SCOPE_LENGTH => one.clone(),
        several => count(several.len() as u64, "permission"),
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

    /// Leaves out what all rows of one connection have in common.
    pub(super) fn of_one_connection(mut self) -> Self {
        self.jobs.iter_mut().for_each(|job| job.connector.clear());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, scope_words};

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
    fn a_single_permission_is_named_and_several_are_counted() {
        let words = |scopes: &[&str]| scope_words(&scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>());
        assert_eq!((words(&[]).as_str(), words(&["repo"]).as_str()), ("", "repo"));
        assert_eq!(words(&["repo", "gist"]), "2 permissions");
        assert_eq!(words(&["https://www.googleapis.com/auth/gmail.readonly"]), "1 permission");
    }
}
