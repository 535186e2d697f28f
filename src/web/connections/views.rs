//! What the pages of connections show, computed.

use askama::Template;

use super::end::End;
use super::findings::LastCheckup;
use super::page_data::PageData;
use crate::connections::{ConnectionDetail, ConnectionHealth, label};
use crate::connectors::AuthKind;
use crate::jobs::{Dependants, Status};
use crate::web::badge::Badge;
use crate::web::jobs::Row as JobRow;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::path::segment;
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When, count};

/// Jobs that are named; others are counted.
const JOBS: usize = 10;

/// "Guarded", or "Guarded, Work" if its owner has given it a label.
pub(super) fn name(connection: &ConnectionDetail) -> String {
    match connection.label.as_str() {
        label::DEFAULT => connection.connector.clone(),
        label => format!("{}, {label}", connection.connector),
    }
}

pub(super) fn href(connection: &ConnectionDetail) -> String {
    format!("/connections/{}", connection.id)
}

/// Whether there is something to look at, step by step.
pub(super) fn can_be_checked(connection: &ConnectionDetail) -> bool {
    !connection.is_disconnected() && connection.is_listed
}

/// Where its owner signs in again for it.
pub(super) fn renewal(connection: &ConnectionDetail) -> String {
    format!("/connectors/{}/connection?label={}", connection.slug, segment(&connection.label))
}

/// Whether its owner types its credential.
pub(super) fn takes_token(connection: &ConnectionDetail) -> bool {
    connection.auth == AuthKind::Token
}

/// Why it does not work, or not well.
fn cause(connection: &ConnectionDetail) -> Option<String> {
    let known = connection.reason.clone().or_else(|| connection.last_error.clone());
    let by_health = match connection.health {
        ConnectionHealth::Limited => "The service allows less than some tools need",
        ConnectionHealth::Degraded => "The service could not be reached lately. It is tried again",
        ConnectionHealth::ReauthRequired => "The service no longer accepts the credential",
        ConnectionHealth::Exhausted => "The service has failed for days",
        ConnectionHealth::RevokedByProvider => "The service has taken the permission back",
        ConnectionHealth::Blocked => "An administrator has blocked it",
        ConnectionHealth::Ok => return known.filter(|_| connection.status.is_broken()),
    };
    known.or_else(|| Some(by_health.to_owned()))
}

/// What the page says first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Over,
    NeedsYou,
    Well,
}

impl Standing {
    pub(super) fn of(connection: &ConnectionDetail) -> Self {
        let is_well = connection.status.is_usable() && connection.health.is_ok();
        match connection.is_disconnected() {
            true => Self::Over,
            false if is_well => Self::Well,
            false => Self::NeedsYou,
        }
    }
}

/// A connection in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) connector: String,
    pub(super) label: String,
    pub(super) status: Badge,
    pub(super) health: Option<Badge>,
    pub(super) cause: Option<String>,
    pub(super) account: Option<String>,
    pub(super) scopes: String,
    pub(super) expires: Option<When>,
    pub(super) end: Option<End>,
    pub(super) used: Option<When>,
    /// One of several, and the one that is used unless another is chosen.
    pub(super) is_default: bool,
    pub(super) can_be_chosen: bool,
    /// It does not work, or not well, and can be checked.
    pub(super) needs_you: bool,
}

impl Row {
    pub(super) fn new(connection: &ConnectionDetail, calendar: &Calendar) -> Self {
        Self {
            id: connection.id.to_string(),
            href: href(connection),
            connector: connection.connector.clone(),
            label: connection.label.clone(),
            status: Badge::connection(connection.status),
            health: Badge::health(connection.health),
            cause: cause(connection),
            account: connection.account.clone(),
            scopes: if connection.scopes.is_empty() { String::new() } else { connection.scopes.len().to_string() },
            expires: calendar.when_any(connection.expires_at.filter(|_| connection.status.is_usable())),
            end: End::of(connection, calendar),
            used: calendar.when_any(connection.last_used_at),
            is_default: connection.is_default && connection.usable > 1,
            can_be_chosen: !connection.is_disconnected(),
            needs_you: Standing::of(connection) == Standing::NeedsYou && can_be_checked(connection),
        }
    }
}

/// Jobs that end with a connection.
pub(super) struct Depending {
    /// "2 jobs are waiting", and the like; none if nothing depends on it.
    pub(super) running: Option<String>,
    pub(super) waiting: Option<String>,
    pub(super) jobs: Vec<JobRow>,
    pub(super) has_more: bool,
}

impl Depending {
    pub(super) fn new(dependants: &Dependants, calendar: &Calendar) -> Self {
        let all = dependants.jobs.len();
        let running = dependants.jobs.iter().filter(|(_, job)| job.status == Status::Running).count();
        let at_least = if dependants.is_cut { "At least " } else { "" };
        let words = |n: usize, what: &str| {
            let verb = if n == 1 { "is" } else { "are" };
            (n > 0).then(|| format!("{at_least}{} {verb} {what}", count(n as u64, "job")))
        };
        Self {
            running: words(running, "running"),
            waiting: words(all - running, "waiting"),
            jobs: dependants.jobs.iter().take(JOBS).map(|(_, job)| JobRow::new(job, calendar)).collect(),
            has_more: all > JOBS || dependants.is_cut,
        }
    }
}

/// One connection.
#[derive(Template)]
#[template(path = "connections/show.html")]
pub(super) struct ShowPage {
    pub(super) shell: Shell,
    pub(super) connection: ConnectionView,
    /// How it is kept up to date, if anything here can change.
    pub(super) bar: Option<LiveUpdatesBar>,
    /// Where its changes come from, if the reader did not pause them.
    pub(super) stream: Option<String>,
}

/// What its page shows of a connection, which changes while it is looked at.
pub(super) struct ConnectionView {
    name: String,
    href: String,
    connector: String,
    /// None: the service has left the catalogue.
    service: Option<String>,
    label: String,
    status: Badge,
    health: Option<Badge>,
    cause: Option<String>,
    account: Option<String>,
    credential: &'static str,
    /// In words, where the service's file has some.
    scopes: Vec<Scope>,
    expires: Option<When>,
    end: Option<End>,
    made: When,
    changed: When,
    used: Option<When>,
    last_ok: Option<When>,
    last_error: Option<String>,
    standing: Standing,
    /// One of several, and the one that is used unless another is chosen.
    is_default: bool,
    /// Another is used unless this one is chosen.
    can_be_made_default: bool,
    takes_token: bool,
    /// Where it is checked, step by step.
    checkup: Option<String>,
    last_checkup: Option<LastCheckup>,
    /// What it is called.
    token: &'static str,
    /// Where one signs in again for this connection.
    renewal: Option<String>,
    /// The words of the link that leads there.
    renewal_words: &'static str,
    /// Where the service is connected once more.
    again: Option<String>,
    depending: Depending,
    jobs: String,
}

/// Something that the service allows.
pub(super) struct Scope {
    name: String,
    words: Option<String>,
}

impl ConnectionView {
    pub(super) fn new(whole: &PageData, calendar: &Calendar) -> Self {
        let PageData { connection, provider, dependants, checkup } = whole;
        let words = |scope: &String| provider.as_ref().and_then(|it| it.scope_words.get(scope)).cloned();
        let (is_over, takes_token) = (connection.is_disconnected(), takes_token(connection));
        let signs_in = connection.auth == AuthKind::OAuth;
        let has_way = takes_token || signs_in || connection.auth == AuthKind::None;
        Self {
            name: name(connection),
            href: href(connection),
            connector: connection.connector.clone(),
            service: connection.is_listed.then(|| format!("/connectors/{}", connection.slug)),
            label: connection.label.clone(),
            status: Badge::connection(connection.status),
            health: Badge::health(connection.health),
            cause: cause(connection),
            account: connection.account.clone(),
            credential: credential(connection),
            scopes: connection.scopes.iter().map(|scope| Scope { name: scope.clone(), words: words(scope) }).collect(),
            expires: calendar.when_any(connection.expires_at.filter(|_| connection.status.is_usable())),
            end: End::of(connection, calendar),
            made: calendar.when(connection.created_at),
            changed: calendar.when(connection.updated_at),
            used: calendar.when_any(connection.last_used_at),
            last_ok: calendar.when_any(connection.last_ok_at),
            last_error: connection.last_error.clone(),
            standing: Standing::of(connection),
            is_default: connection.is_default && connection.usable > 1,
            can_be_made_default: connection.status.is_usable() && !connection.is_default,
            takes_token: takes_token && !is_over,
            checkup: can_be_checked(connection).then(|| format!("{}/checkup", href(connection))),
            last_checkup: checkup.as_ref().map(|job| LastCheckup::new(job, calendar)),
            renewal: (signs_in && !is_over && connection.is_listed).then(|| renewal(connection)),
            token: if connection.takes_key() { "key" } else { "token" },
            renewal_words: match connection.has_secret {
                true if connection.status.is_usable() && !connection.wanted.is_empty() => "Grant more",
                true => "Connect it again",
                false => "Connect it",
            },
            again: (is_over && has_way && connection.is_listed)
                .then(|| format!("/connectors/{}/connection", connection.slug)),
            depending: Depending::new(dependants, calendar),
            jobs: format!("/jobs?connector={}", connection.slug),
        }
    }
}

fn credential(connection: &ConnectionDetail) -> &'static str {
    match (connection.has_secret, takes_token(connection), connection.auth) {
        (true, true, _) if connection.takes_key() => "A key, sealed",
        (true, true, _) => "A bearer token, sealed",
        (true, false, AuthKind::OAuth) => "A token from signing in, sealed",
        (true, false, _) => "Sealed",
        (false, _, AuthKind::None) => "None needed",
        (false, ..) => "None: it is forgotten",
    }
}

/// Rows of a list that changed, as pieces of the page.
#[derive(Template)]
#[template(path = "connections/_rows_change.html")]
pub(super) struct RowsChange {
    pub(super) rows: Vec<Row>,
    // rows that can change are rows that can be chosen
    pub(super) can_choose: bool,
    /// A sentence for the live region.
    pub(super) announce: Option<String>,
}

/// A connection that changed, as a piece of its page.
#[derive(Template)]
#[template(path = "connections/_change.html")]
pub(super) struct Change {
    pub(super) connection: ConnectionView,
    /// A sentence for the live region.
    pub(super) announce: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::connections::ConnectionHealth;
    use crate::web::badge::Badge;

    #[test]
    fn a_health_that_is_no_trouble_has_no_badge() {
        for health in ConnectionHealth::ALL {
            assert_eq!(
                Badge::health(health).map(|badge| badge.shape),
                (!health.is_ok()).then_some("needs"),
                "{health:?}"
            );
        }
    }
}
