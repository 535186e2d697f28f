//! What the job pages show, computed: templates only place it.

use askama::Template;

use super::filters::Filters;
use super::output::{self, Output};
use super::updates::{self, NewJobsLink};
use super::words;
use crate::connections::ConnectionDetail;
use crate::ids::AuditId;
use crate::jobs::{Job, JobRow, Listing, Status, Written};
use crate::web::badge::Badge;
use crate::web::connections::{Checked, Findings};
use crate::web::filtering::SelectOption;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::path::segment;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

/// The list of one's jobs.
#[derive(Template)]
#[template(path = "jobs/index.html")]
pub(super) struct IndexPage {
    shell: Shell,
    heading: String,
    filters: Filters,
    stages: Vec<SelectOption>,
    jobs: Vec<Row>,
    /// Until when was looked, if the search stopped before the page was full.
    stopped_at: Option<When>,
    newest: String,
    older: String,
    /// How the rows are kept up to date, if anything here can change.
    bar: Option<LiveUpdatesBar>,
    /// Where their changes come from, if the reader did not pause them.
    stream: Option<String>,
}

impl IndexPage {
    pub(super) fn new(shell: Shell, filters: Filters, list: &Listing, calendar: &Calendar) -> Self {
        let state = match list.rows.is_empty() && list.older.is_none() && !filters.filter.is_empty() {
            _ if !filters.faults.is_empty() => Some("Error"),
            true => Some("No matches"),
            false => None,
        };
        let has_list = !list.rows.is_empty() || filters.before.is_some() || !filters.filter.is_empty();
        let can_change = filters.before.is_none() || list.rows.iter().any(|row| !row.status.is_final());
        let bar = (has_list && can_change).then(|| filters.live_bar());
        Self {
            stream: bar.as_ref().filter(|bar| !bar.is_paused).map(|_| updates::href(&filters, list)),
            bar,
            shell: match state {
                Some(state) => shell.title_prefix(state),
                None => shell,
            },
            heading: filters.words(),
            stages: Filters::stages(),
            jobs: list.rows.iter().map(|job| Row::new(job, calendar)).collect(),
            stopped_at: list.stopped_at.map(|job| calendar.when(job.made_at())),
            newest: filters.before.map(|_| filters.href(None)).unwrap_or_default(),
            older: list.older.map(|job| filters.href(Some(job))).unwrap_or_default(),
            filters,
        }
    }
}

/// A line of the list.
pub(in crate::web) struct Row {
    pub(in crate::web) id: String,
    pub(in crate::web) tool: String,
    pub(in crate::web) connector: String,
    pub(in crate::web) badge: Badge,
    pub(in crate::web) created: When,
    pub(in crate::web) took: String,
}

impl Row {
    pub(in crate::web) fn new(job: &JobRow, calendar: &Calendar) -> Self {
        Self {
            id: job.id.to_string(),
            tool: job.tool_name.clone(),
            connector: job.connector.clone().unwrap_or_else(|| "a removed connector".to_owned()),
            badge: Badge::job(job.status),
            created: calendar.when(job.created_at),
            took: match (job.started_at, job.finished_at) {
                (Some(start), Some(end)) => when::duration((end - start).unsigned_abs()),
                _ => "–".to_owned(),
            },
        }
    }
}

/// One job.
#[derive(Template)]
#[template(path = "jobs/show.html")]
pub(super) struct ShowPage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
    pub(super) events: Vec<EventView>,
    pub(super) stream: Stream,
}

/// How the page follows a job that is not over.
pub(super) struct Stream {
    /// The last event shown, `run_no.n`: where the stream goes on.
    pub(super) after: String,
    /// False: the reader paused it, or the job is over.
    pub(super) on: bool,
    /// The reader asked for a reload each so many seconds; 0: did not.
    pub(super) refresh: u64,
}

/// What changes while a list is looked at, as pieces of the page.
#[derive(Template)]
#[template(path = "jobs/_rows_change.html")]
pub(super) struct RowsChange {
    pub(super) rows: Vec<Row>,
    /// Set where the page announces new jobs.
    pub(super) new_jobs: Option<NewJobsLink>,
    /// A sentence for the live region.
    pub(super) announce: Option<String>,
}

/// What changes while a job is watched, as pieces of the page.
#[derive(Template)]
#[template(path = "jobs/_change.html")]
pub(super) struct Change<'a> {
    /// The page's, since its state is part of it.
    pub(super) title: String,
    pub(super) job: &'a JobView,
    pub(super) events: &'a [EventView],
    /// A sentence for the live region, when the status is a new one.
    pub(super) announce: Option<String>,
}

/// The page that streams as HTML.
#[derive(Template)]
#[template(path = "jobs/live.html")]
pub(super) struct LivePage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
}

/// What follows the streamed lines once the job is over.
#[derive(Template)]
#[template(path = "jobs/_ended.html")]
pub(super) struct LiveEnd {
    pub(super) job: JobView,
}

/// What follows them if the page stops before the job does.
#[derive(Template)]
#[template(path = "jobs/_left.html")]
pub(super) struct LiveLeft {
    pub(super) why: &'static str,
}

/// A line of the log, alone.
#[derive(Template)]
#[template(path = "jobs/_event.html")]
pub(super) struct EventFragment<'a> {
    pub(super) event: &'a EventView,
}

/// The question before a job is cancelled.
#[derive(Template)]
#[template(path = "jobs/cancellation.html")]
pub(super) struct CancellationPage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
}

/// A job as its page shows it.
pub(super) struct JobView {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) connector: String,
    pub(super) connector_href: Option<String>,
    pub(super) again_href: Option<String>,
    /// The connection that it waits for.
    pub(super) waits_for: Option<String>,
    pub(super) badge: Badge,
    pub(super) sentence: String,
    pub(super) created: When,
    pub(super) started: Option<When>,
    pub(super) finished: Option<When>,
    pub(super) ran_again: bool,
    pub(super) input: String,
    pub(super) error: Option<String>,
    pub(super) advice: Option<&'static str>,
    pub(super) output: Option<Output>,
    pub(super) audit_href: Option<String>,
    pub(super) can_cancel: bool,
    /// What is shown of a check-up, in the place of input and output.
    pub(super) checkup: Option<Checked>,
}

impl JobView {
    /// `input` is masked already; `audit` is the entry that the job left.
    pub(super) fn new(job: &Job, input: String, audit: Option<AuditId>, calendar: &Calendar) -> Self {
        let connector_href = job.connector_slug.as_ref().map(|slug| format!("/connectors/{slug}"));
        Self {
            id: job.id.to_string(),
            tool: job.tool_name.clone(),
            connector: job.connector.clone().unwrap_or_else(|| "a removed connector".to_owned()),
            again_href: connector_href
                .as_ref()
                .map(|href| format!("{href}/tools/{}?from={}", segment(&job.tool_name), job.id)),
            connector_href,
            waits_for: words::is_parked(job).then(|| format!("/connections/{}", job.connection_id)),
            badge: Badge::job(job.status),
            sentence: words::sentence(job, calendar),
            created: calendar.when(job.created_at),
            started: calendar.when_any(job.started_at),
            finished: calendar.when_any(job.finished_at),
            ran_again: job.run_no > 1,
            input,
            // what its owner wanted did not go wrong
            error: job.error.clone().filter(|_| job.status != Status::Canceled),
            advice: words::advice(job),
            output: job.output.as_deref().map(|text| Output::new(job.id, text).without(job.error.as_deref())),
            audit_href: audit.map(|id| format!("/audit/{id}")),
            can_cancel: !job.status.is_final(),
            checkup: None,
        }
    }

    /// What a check-up found, once it is over.
    pub(super) fn findings(&self) -> Option<&Findings> {
        self.checkup.as_ref()?.findings.as_ref()
    }

    /// Where a check-up is made again.
    pub(super) fn check_again(&self) -> Option<&str> {
        self.checkup.as_ref()?.again.as_deref()
    }

    /// The same for a job that checks this connection.
    pub(super) fn of_checkup(self, job: &Job, connection: &ConnectionDetail) -> Self {
        let checkup = Checked::new(job, connection);
        // what is said of tools does not fit: there is no form to fill again
        let view = Self { tool: format!("Check-up of {}", checkup.name), again_href: None, advice: None, ..self };
        let Some(findings) = &checkup.findings else { return Self { checkup: Some(checkup), ..view } };
        let length = job.started_at.zip(job.finished_at).map(|(start, end)| (end - start).unsigned_abs());
        let length = length.map(|length| format!(" It took {}.", when::duration(length))).unwrap_or_default();
        let sentence = format!("{}.{length}", findings.tally);
        Self { sentence, error: None, output: None, checkup: Some(checkup), ..view }
    }
}

/// A line of the log.
pub(super) struct EventView {
    pub(super) id: String,
    pub(super) level: &'static str,
    pub(super) message: String,
    pub(super) at: When,
    /// Progress as `value` of `max`, if the line reports it.
    pub(super) progress: Option<(String, String)>,
}

impl EventView {
    pub(super) fn new(event: &Written, calendar: &Calendar) -> Self {
        Self {
            id: event.position().to_string(),
            level: event.level.as_str(),
            message: event.message.clone(),
            at: calendar.when(event.ts),
            progress: event.data.as_deref().and_then(words::progress),
        }
    }
}
