//! The pages of the audit log, with every value computed.

use std::time::Duration;

use askama::Template;

use super::actions::{self, OptionGroup};
use super::export::Format;
use super::filters::Filters;
use super::labels::{People, count_label, outcome_options, stored_origin_label};
use crate::audit::{AuditEntry, AuditOutcome, EntryCount, EntryDetail, Listing};
use crate::foreign_text::clean_text;
use crate::web::badge::Badge;
use crate::web::cause_words::{cause_words, sentence_case};
use crate::web::entry_subject::Subject;
use crate::web::filtering::SelectOption;
use crate::web::here::Here;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

/// The list of entries.
#[derive(Template)]
#[template(path = "audit/index.html")]
pub(super) struct IndexPage {
    shell: Shell,
    filters: Filters,
    origins: Vec<SelectOption>,
    outcomes: Vec<SelectOption>,
    actions: Vec<OptionGroup>,
    entries: Vec<Row>,
    /// The number of entries in words.
    count: String,
    /// The moment up to which the search went, if it stopped before the page was full.
    stopped_at: Option<When>,
    newest: String,
    older: String,
    /// The name and the address of each export format.
    exports: [(&'static str, String); 2],
}

impl IndexPage {
    pub(super) fn new(
        shell: Shell,
        filters: Filters,
        list: &Listing,
        count: Option<EntryCount>,
        people: &People,
        calendar: &Calendar,
    ) -> Self {
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
            origins: filters.origins(),
            outcomes: outcome_options(),
            actions: actions::options(),
            entries: list.rows.iter().map(|entry| Row::new(entry, people, &filters.here, calendar)).collect(),
            count: count_label(count),
            stopped_at: list.stopped_at.map(|entry| calendar.when(entry.made_at())),
            newest: filters.before.map(|_| filters.href(None)).unwrap_or_default(),
            older: list.older.map(|entry| filters.href(Some(entry))).unwrap_or_default(),
            exports: Format::ALL.map(|format| (format.name(), filters.export_href(format.extension()))),
            filters,
        }
    }
}

/// A row of the list.
pub(super) struct Row {
    href: String,
    subject: Subject,
    origin: String,
    badge: Badge,
    took: String,
    at: When,
}

impl Row {
    fn new(entry: &AuditEntry, people: &People, here: &Here, calendar: &Calendar) -> Self {
        Self {
            href: here.path(&format!("/audit/{}", entry.id)),
            subject: Subject::of_entry(entry),
            origin: stored_origin_label(&entry.origin, people.person(entry.user_id)),
            badge: Badge::outcome(entry.outcome),
            took: latency(entry.latency_ms).map_or_else(|| "–".to_owned(), when::duration),
            at: calendar.when(entry.created_at),
        }
    }
}

/// The page of an entry.
#[derive(Template)]
#[template(path = "audit/show.html")]
pub(super) struct ShowPage {
    shell: Shell,
    subject: Subject,
    id: String,
    action: String,
    badge: Badge,
    at: When,
    origin: String,
    /// Name of the assistant or the token.
    program: Option<String>,
    /// Noun and id of the target.
    target: Option<(String, String)>,
    connector: Option<String>,
    connector_href: Option<String>,
    connection: Option<String>,
    /// Title and machine name of the tool. The title is absent if the tool has none, or its job is no longer stored.
    tool: Option<(Option<String>, String)>,
    /// Id and address of the job.
    job: Option<(String, String)>,
    took: Option<String>,
    /// The kind of error in words, and its code.
    error_class: Option<(String, String)>,
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
    /// `None` once it is no longer stored.
    text: Option<String>,
}

impl Body {
    fn new(id: &'static str, heading: &'static str, existed: bool, text: Option<&str>) -> Option<Self> {
        existed.then(|| Self {
            id,
            heading,
            size: when::count(text.map_or(0, |text| text.len() as u64), "byte"),
            text: text.map(|text| clean_text(&pretty(text)).into_owned()),
        })
    }
}

impl ShowPage {
    pub(super) fn new(
        shell: Shell,
        subject: Subject,
        entry: EntryDetail,
        people: &People,
        calendar: &Calendar,
    ) -> Self {
        let here = shell.here();
        let request = Body::new("request", "Request", entry.had_request, entry.request.as_deref());
        let response = Body::new("response", "Response", entry.had_response, entry.response.as_deref());
        Self {
            shell,
            subject,
            id: entry.id.to_string(),
            action: entry.action.as_str().to_owned(),
            badge: Badge::outcome(entry.outcome),
            at: calendar.when(entry.created_at),
            // who asked; that the hub runs every job needs no word
            origin: stored_origin_label(&entry.origin, people.person(entry.user_id)),
            program: entry.program,
            target: entry.target_kind.zip(entry.target_id),
            connector: entry.connector,
            connector_href: entry.connector_slug.map(|slug| here.path(&format!("/connectors/{slug}"))),
            connection: entry.connection,
            tool: entry.tool_name.map(|name| (entry.tool_title, name)),
            job: entry.job_id.map(|id| (id.to_string(), here.path(&format!("/jobs/{id}")))),
            took: latency(entry.latency_ms).map(when::duration),
            // the word of a cancellation is for programs; the badge and the cause say the same
            error_class: entry
                .error_class
                .filter(|_| entry.outcome != AuditOutcome::Canceled)
                .map(|class| (sentence_case(&cause_words(&class)), class)),
            error: entry.error,
            bodies: request.into_iter().chain(response).collect(),
            ip: entry.ip,
            agent: entry.agent,
        }
    }
}

fn latency(millis: Option<i32>) -> Option<Duration> {
    u64::try_from(millis?).ok().map(Duration::from_millis)
}

fn pretty(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}
