//! What the audit pages show, computed.

use std::time::Duration;

use askama::Template;

use super::actions::Choices;
use super::export::Format;
use super::filters::Filters;
use crate::actor::Origin;
use crate::audit::{Entry, EntryDetail, Listing, Outcome};
use crate::web::badge::Badge;
use crate::web::filtering::SelectOption;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

/// The list.
#[derive(Template)]
#[template(path = "audit/index.html")]
pub(super) struct IndexPage {
    shell: Shell,
    filters: Filters,
    origins: Vec<SelectOption>,
    outcomes: Vec<SelectOption>,
    actions: Vec<Choices>,
    entries: Vec<Row>,
    /// Until when was looked, if the search stopped before the page was full.
    stopped_at: Option<When>,
    newest: String,
    older: String,
    /// Addresses of the files, by their names.
    exports: [(&'static str, String); 2],
}

impl IndexPage {
    pub(super) fn new(shell: Shell, filters: Filters, list: &Listing, calendar: &Calendar) -> Self {
        let state = match list.rows.is_empty() && list.older.is_none() && !filters.filter.is_empty() {
            _ if !filters.faults.is_empty() => Some("Error"),
            true => Some("No matches"),
            false => None,
        };
        Self {
            shell: match state {
                Some(state) => shell.title_prefix(state),
                None => shell,
            },
            origins: Filters::origins(),
            outcomes: Filters::outcomes(),
            actions: Filters::actions(),
            entries: list.rows.iter().map(|entry| Row::new(entry, calendar)).collect(),
            stopped_at: list.stopped_at.map(|entry| calendar.when(entry.made_at())),
            newest: filters.before.map(|_| filters.href(None)).unwrap_or_default(),
            older: list.older.map(|entry| filters.href(Some(entry))).unwrap_or_default(),
            exports: Format::ALL.map(|format| (format.name(), filters.export_href(format.path()))),
            filters,
        }
    }

    /// "2 filters are on: failed, Workbench."
    fn active(&self) -> Option<String> {
        let (n, words) = (self.filters.parts.len(), self.filters.words());
        match n {
            0 => None,
            1 => Some(format!("1 filter is on: {words}.")),
            _ => Some(format!("{n} filters are on: {words}.")),
        }
    }
}

/// A line of the list.
pub(super) struct Row {
    id: String,
    what: String,
    detail: String,
    origin: String,
    badge: Badge,
    took: String,
    at: When,
}

impl Row {
    pub(super) fn new(entry: &Entry, calendar: &Calendar) -> Self {
        let names = [entry.tool_name.as_deref(), entry.connector.as_deref()];
        Self {
            id: entry.id.to_string(),
            what: words(&entry.action),
            detail: names.into_iter().flatten().collect::<Vec<_>>().join(", "),
            origin: actor(&entry.origin),
            badge: Badge::outcome(&entry.outcome),
            took: took(entry.latency_ms).unwrap_or_else(|| "–".to_owned()),
            at: calendar.when(entry.created_at),
        }
    }
}

/// One entry.
#[derive(Template)]
#[template(path = "audit/show.html")]
pub(super) struct ShowPage {
    shell: Shell,
    what: String,
    action: String,
    badge: Badge,
    at: When,
    origin: String,
    target: Option<String>,
    connector: Option<String>,
    connector_href: Option<String>,
    connection: Option<String>,
    tool: Option<String>,
    job: Option<String>,
    took: Option<String>,
    error_class: Option<String>,
    error: Option<String>,
    bodies: Vec<Body>,
    ip: Option<String>,
    agent: Option<String>,
}

/// A request or a response.
struct Body {
    id: &'static str,
    heading: &'static str,
    size: String,
    /// None: it is no longer kept.
    text: Option<String>,
}

impl Body {
    fn new(id: &'static str, heading: &'static str, there_was: bool, text: Option<&str>) -> Option<Self> {
        there_was.then(|| Self {
            id,
            heading,
            size: when::count(text.map_or(0, |text| text.len() as u64), "byte"),
            text: text.map(pretty),
        })
    }
}

impl ShowPage {
    pub(super) fn new(shell: Shell, entry: EntryDetail, calendar: &Calendar) -> Self {
        let request = Body::new("request", "Request", entry.had_request, entry.request.as_deref());
        let response = Body::new("response", "Response", entry.had_response, entry.response.as_deref());
        Self {
            shell,
            what: words(&entry.action),
            action: entry.action,
            badge: Badge::outcome(&entry.outcome),
            at: calendar.when(entry.created_at),
            origin: actor(&entry.origin),
            target: entry.target_kind.zip(entry.target_id).map(|(kind, id)| format!("{kind} {id}")),
            connector: entry.connector,
            connector_href: entry.connector_slug.map(|slug| format!("/connectors/{slug}")),
            connection: entry.connection,
            tool: entry.tool_name,
            job: entry.job_id.map(|id| id.to_string()),
            took: took(entry.latency_ms),
            error_class: entry.error_class,
            error: entry.error,
            bodies: request.into_iter().chain(response).collect(),
            ip: entry.ip,
            agent: entry.agent,
        }
    }
}

/// `job.finished` as people say it; an action of a later version is shown as it is stored.
pub(in crate::web) fn words(action: &str) -> String {
    match action {
        "account.created" => "Account created",
        "account.confirmed" => "Email address confirmed",
        "profile.changed" => "Profile changed",
        "appearance.changed" => "Appearance changed",
        "password.changed" => "Password changed",
        "password.refused" => "Current password refused",
        "email.asked" => "New email address asked for",
        "email.changed" => "Email address changed",
        "sessions.revoked" => "Browsers signed out",
        "password.reset" => "Password reset by a mailed link",
        "session.started" => "Signed in",
        "session.refused" => "Sign-in refused",
        "session.delayed" => "Sign-in slowed down",
        "session.ended" => "Signed out",
        "connector.added" => "Connector added",
        "tools.discovered" => "Tools read from the server",
        "connection.created" => "Connection made",
        "connection.reconnected" => "Connected again",
        "connection.renewed" => "Renewal of a token",
        "connection.verified" => "Verification of a key or token",
        "connection.limited" => "More permission wanted",
        "connection.refused" => "Sign-in at a service refused",
        "client.registered" => "Hub made known to a service",
        "connection.checked" => "Check-up of a connection",
        "connection.renamed" => "Connection renamed",
        "connection.preferred" => "Connection used by default",
        "connection.disconnected" => "Connection disconnected",
        "credential.replaced" => "Credential replaced",
        "job.cancel_requested" => "Cancelling asked for",
        "job.finished" => "Tool run",
        "audit.exported" => "Audit log exported",
        other => other,
    }
    .to_owned()
}

fn actor(origin: &str) -> String {
    Origin::ALL.into_iter().find(|known| known.as_str() == origin).map_or("You", origin_words).to_owned()
}

/// Who acted, as the reader sees it.
pub(super) const fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::System => "The hub, for you",
        Origin::Browser => "You, in a browser",
        Origin::Assistant => "You, through an assistant",
        Origin::Cli => "On the server’s command line",
    }
}

/// As the badge of an entry says it.
pub(super) fn outcome_words(outcome: Outcome) -> &'static str {
    Badge::outcome(outcome.as_str()).word
}

fn took(latency: Option<i32>) -> Option<String> {
    let millis = u64::try_from(latency?).ok()?;
    Some(when::duration(Duration::from_millis(millis)))
}

fn pretty(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}
