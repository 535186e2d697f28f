//! The page of a job and its fragments, with every value computed. The handlers of a job render them.

use askama::Template;

use super::event_view::EventView;
use super::resource_view::ResourceView;
use super::result::ResultView;
use super::run_bar::RunBar;
use super::sentences;
use crate::clock::Timestamp;
use crate::connections::{ConnectionDetail, OwnerStep};
use crate::ids::{AuditId, JobId, UserId};
use crate::jobs::{Job, JobEvent, JobStatus, ResourceInput};
use crate::tool_result::ToolResult;
use crate::web::badge::Badge;
use crate::web::checkup_findings::{CheckupResults, CheckupView};
use crate::web::connection_links::StepLink;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::shell::Shell;
use crate::web::tile::Tile;
use crate::web::when::{self, Calendar, When};

/// The page of a job.
#[derive(Template)]
#[template(path = "jobs/show.html")]
pub(super) struct ShowPage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
    pub(super) events: Vec<EventView>,
    pub(super) live: LiveOptions,
    /// The jobs before and after this one: address and name of the tool.
    pub(super) older: Option<(String, String)>,
    pub(super) newer: Option<(String, String)>,
}

/// The ways in which the page follows a job that has not finished.
pub(super) struct LiveOptions {
    /// The position of the last event shown, from which the stream continues.
    pub(super) after: String,
    /// The page opens a stream: the job has not finished and the viewer did not pause it.
    pub(super) has_stream: bool,
    /// The interval at which the page reloads itself, if the viewer chose one.
    pub(super) reload_seconds: Option<u64>,
}

/// The changes of a job, as pieces of the page.
#[derive(Template)]
#[template(path = "jobs/_change.html")]
pub(super) struct Change<'a> {
    /// The document title, which includes the status.
    pub(super) title: String,
    pub(super) job: &'a JobView,
    pub(super) events: &'a [EventView],
    /// A sentence for the live region, if the status is new.
    pub(super) announcement: Option<String>,
    pub(super) live: LiveOptions,
}

/// The page whose log arrives in pieces.
#[derive(Template)]
#[template(path = "jobs/live.html")]
pub(super) struct LivePage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
}

/// The end of that page, once the job has finished.
#[derive(Template)]
#[template(path = "jobs/_ended.html")]
pub(super) struct LiveEnd {
    pub(super) job: JobView,
}

/// The end of that page, if the page stops before the job does.
#[derive(Template)]
#[template(path = "jobs/_stopped.html")]
pub(super) struct LiveStopped {
    pub(super) why: &'static str,
}

/// An event of the log, on its own.
#[derive(Template)]
#[template(path = "jobs/_event.html")]
pub(super) struct EventFragment<'a> {
    pub(super) event: &'a EventView,
}

/// The confirmation page before a job is cancelled.
#[derive(Template)]
#[template(path = "jobs/cancellation.html")]
pub(super) struct CancellationPage {
    pub(super) shell: Shell,
    pub(super) job: JobView,
}

/// A job, as its page shows it.
pub(super) struct JobView {
    pub(super) id: String,
    pub(super) href: String,
    /// The name of the tool for people.
    pub(super) tool: String,
    /// Its name at the server, if that is another.
    pub(super) tool_name: Option<String>,
    pub(super) connector: String,
    pub(super) tile: Tile,
    pub(super) connector_href: Option<String>,
    pub(super) again_href: Option<String>,
    /// The resource that the job reads.
    pub(super) resource: Option<ResourceView>,
    /// Makes a form of the page, sent twice, one job.
    pub(super) key: String,
    /// Address of the form for the page that follows the result.
    pub(super) next_href: Option<String>,
    /// Address of the comparison with the run of the same tool before this one.
    pub(super) comparison_href: Option<String>,
    /// The step that ends the waiting of a job that waits for its connection: label and address.
    pub(super) waits_for: Option<(String, String)>,
    /// The newest event of a job that has not finished.
    pub(super) step: Option<EventView>,
    pub(super) badge: Badge,
    pub(super) sentence: String,
    pub(super) bar: RunBar,
    pub(super) created: When,
    pub(super) finished: Option<When>,
    /// The person who asked, and from where.
    pub(super) asked_by: String,
    /// Label and address of the connection.
    pub(super) through: (String, String),
    pub(super) runs: i32,
    pub(super) input: String,
    pub(super) error: Option<String>,
    pub(super) advice: Option<&'static str>,
    pub(super) output: Option<ResultView>,
    pub(super) audit_href: Option<String>,
    pub(super) can_cancel: bool,
    /// The check-up, shown in place of input and output.
    pub(super) checkup: Option<CheckupView>,
}

/// The values that a page shows of a job besides the job itself.
pub(super) struct JobContext {
    /// The input, without its secrets.
    pub(super) input: String,
    pub(super) result: Option<ToolResult>,
    /// The run of the same tool before this one.
    pub(super) run_before: Option<JobId>,
    /// The audit entry that the job left.
    pub(super) entry: Option<AuditId>,
    /// The viewer.
    pub(super) viewer: UserId,
    /// Makes a form of the page, sent twice, one job.
    pub(super) key: String,
    pub(super) now: Timestamp,
}

impl JobView {
    pub(super) fn new(job: &Job, context: JobContext, here: &Here, calendar: &Calendar) -> Self {
        let href = here.path(&format!("/jobs/{}", job.id));
        let connection_href = here.path(&format!("/connections/{}", job.connection_id));
        let connector_href = job.connector_slug.as_ref().map(|slug| here.path(&format!("/connectors/{slug}")));
        let connector = job.connector.clone().unwrap_or_else(|| "a removed connector".to_owned());
        let again_href =
            connector_href.as_ref().map(|href| format!("{href}/tools/{}?from={}", segment(&job.tool_name), job.id));
        Self {
            id: job.id.to_string(),
            tool: job.label().to_owned(),
            tool_name: (job.label() != job.tool_name).then(|| job.tool_name.clone()),
            tile: Tile::new(&connector),
            connector: connector.clone(),
            next_href: again_href
                .as_ref()
                .filter(|_| job.next_cursor().is_some())
                .map(|href| format!("{href}&page=next")),
            again_href,
            comparison_href: context
                .run_before
                .map(|before| here.path(&format!("/jobs/comparison?a={before}&b={}", job.id))),
            connector_href,
            waits_for: sentences::waits_for_connection(job)
                .then(|| ("See the connection".to_owned(), connection_href.clone())),
            step: None,
            badge: Badge::job(job.status),
            sentence: sentences::status_sentence(job, calendar, context.now),
            bar: RunBar::new(job),
            created: calendar.when(job.created_at),
            finished: calendar.when_any(job.finished_at),
            asked_by: sentences::asked_by(job, job.started_by == context.viewer),
            through: (
                job.connection_label.clone().unwrap_or_else(|| "a removed connection".to_owned()),
                connection_href,
            ),
            runs: job.run_no.max(1),
            input: context.input,
            // a cancellation by the owner is not an error
            error: job.error.clone().filter(|_| job.status != JobStatus::Canceled),
            advice: sentences::advice(job),
            output: context
                .result
                .as_ref()
                .map(|result| ResultView::new(&href, result, job.error.as_deref(), calendar))
                .map(|view| if job.has_resource_server() { view.with_service(&connector, &context.key) } else { view }),
            audit_href: context.entry.map(|id| here.path(&format!("/audit/{id}"))),
            href,
            can_cancel: !job.status.is_final(),
            checkup: None,
            resource: None,
            key: context.key,
        }
    }

    /// Replaces what only fits tools by the resource that the job reads. `linking_job` has the result with the link.
    pub(super) fn with_resource(self, resource: &ResourceInput, linking_job: Option<&Job>, here: &Here) -> Self {
        Self {
            tool: resource.name.clone(),
            tool_name: None,
            again_href: None,
            next_href: None,
            comparison_href: None,
            resource: Some(ResourceView::new(resource, linking_job, here)),
            ..self
        }
    }

    /// Returns the sentence as it follows the word of the status, with the sign between them.
    pub(super) fn verdict_rest(&self) -> (&'static str, &str) {
        match self.sentence.strip_prefix(self.badge.word) {
            None => (":", &self.sentence),
            Some(rest) => (if rest.starts_with('.') { "." } else { "" }, rest.trim_start_matches(['.', ' '])),
        }
    }

    /// Returns true if the job has neither a result nor an error nor checks to show.
    pub(super) fn has_no_outcome(&self) -> bool {
        self.error.is_none() && self.output.is_none() && self.findings().is_none()
    }

    /// Returns true if the job is running: its newest event may be replaced within a second.
    pub(super) fn is_running(&self) -> bool {
        self.badge == Badge::RUNNING
    }

    /// Adds the newest event, which the head of the page shows until the job ends.
    pub(super) fn with_step(self, newest: Option<&JobEvent>, calendar: &Calendar) -> Self {
        let step = newest.filter(|_| self.can_cancel).map(|event| EventView::new(event, calendar));
        Self { step, ..self }
    }

    /// Leads a job that waits for its connection straight to the step that mends the connection.
    pub(super) fn with_connection(self, connection: &ConnectionDetail, here: &Here) -> Self {
        let step = StepLink::for_connection(connection, false, here).map(|step| match connection.owner_step() {
            Some(OwnerStep::SignIn) if connection.has_secret => {
                (format!("Connect {} again", self.connector), step.href)
            }
            Some(OwnerStep::SignIn) => (format!("Connect {}", self.connector), step.href),
            _ => (step.label.to_owned(), step.href),
        });
        let Some((label, href)) = step else { return self };
        Self { sentence: "Waiting for you. Then the job continues.".to_owned(), waits_for: Some((label, href)), ..self }
    }

    /// Returns the results of a check-up, once it has finished.
    pub(super) fn findings(&self) -> Option<&CheckupResults> {
        self.checkup.as_ref()?.findings.as_ref()
    }

    /// Returns true if a line of the log is a check, which the results of the check-up show with more words.
    pub(super) fn repeats_check(&self, message: &str) -> bool {
        let title = message.split_once(": ").map(|(title, _)| title);
        self.findings().is_some_and(|found| found.checks.iter().any(|check| Some(check.title) == title))
    }

    /// Returns the address to which the form is sent that opens the resource again.
    pub(super) fn open_href(&self) -> Option<&str> {
        self.resource.as_ref()?.open_href.as_deref()
    }

    /// Returns the address at which the check-up can be repeated.
    pub(super) fn repeat_href(&self) -> Option<&str> {
        self.checkup.as_ref()?.repeat_href.as_deref()
    }

    /// Replaces what only fits tools by the results of a check-up.
    pub(super) fn with_checkup(self, job: &Job, connection: &ConnectionDetail, here: &Here) -> Self {
        let checkup = CheckupView::new(job, connection, here);
        // advice about tools does not fit, and there is no form to fill again
        let tool = format!("Check-up of {}", checkup.name);
        let view = Self { tool, tool_name: None, again_href: None, advice: None, ..self };
        let Some(findings) = &checkup.findings else { return Self { checkup: Some(checkup), ..view } };
        let length = job.started_at.zip(job.finished_at).map(|(start, end)| (end - start).unsigned_abs());
        let length = length.map(|length| format!(" It took {}.", when::duration(length))).unwrap_or_default();
        let sentence = format!("{}.{length}", findings.tally);
        Self { sentence, error: None, output: None, checkup: Some(checkup), ..view }
    }
}
