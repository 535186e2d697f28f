//! What the audit pages show, computed.

use std::time::Duration;

use askama::Template;

use crate::audit::{Entry, EntryDetail};
use crate::web::badge::Badge;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

/// The list.
#[derive(Template)]
#[template(path = "audit/index.html")]
pub(super) struct IndexPage {
    pub(super) shell: Shell,
    pub(super) entries: Vec<Row>,
    pub(super) newest: String,
    pub(super) older: String,
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
            origin: actor(&entry.actor, &entry.origin),
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
    tool: Option<String>,
    job: Option<String>,
    took: Option<String>,
    error_class: Option<String>,
    error: Option<String>,
    request: Option<String>,
    response: Option<String>,
    ip: Option<String>,
    agent: Option<String>,
}

impl ShowPage {
    pub(super) fn new(shell: Shell, entry: EntryDetail, calendar: &Calendar) -> Self {
        Self {
            shell,
            what: words(&entry.action),
            action: entry.action,
            badge: Badge::outcome(&entry.outcome),
            at: calendar.when(entry.created_at),
            origin: actor(&entry.actor, &entry.origin),
            target: entry.target_kind.zip(entry.target_id).map(|(kind, id)| format!("{kind} {id}")),
            connector: entry.connector,
            tool: entry.tool_name,
            job: entry.job_id.map(|id| id.to_string()),
            took: took(entry.latency_ms),
            error_class: entry.error_class,
            error: entry.error,
            request: entry.request.as_deref().map(pretty),
            response: entry.response.as_deref().map(pretty),
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
        "job.cancel_requested" => "Cancelling asked for",
        "job.finished" => "Tool run",
        other => other,
    }
    .to_owned()
}

fn actor(actor: &str, origin: &str) -> String {
    match (actor, origin) {
        ("system", _) => "The hub, for you",
        (_, "browser") => "You, in a browser",
        (_, "assistant") => "You, through an assistant",
        (_, "cli") => "On the server’s command line",
        _ => "You",
    }
    .to_owned()
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
