//! A job as a row of a table, rendered by `jobs/_row.html`, and the address of the stream that updates such rows.

use std::time::Duration;

use url::form_urlencoded::Serializer;

use super::badge::Badge;
use super::here::Here;
use super::path::segment;
use super::row_ids;
use super::tile::Tile;
use super::when::{self, Calendar, When};
use crate::ids::JobId;
use crate::jobs::{JobKind, JobRow, JobStatus};

/// A job as a row of a table.
pub(super) struct JobRowView {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) tool: String,
    /// Empty on the page of the connector, where each row would name it.
    pub(super) connector: String,
    pub(super) tile: Tile,
    pub(super) badge: Badge,
    pub(super) created: When,
    pub(super) took: String,
    /// The job has not finished.
    pub(super) is_open: bool,
    /// The length of a run that is not over, in words: "Running for 12 s".
    pub(super) elapsed: Option<String>,
    /// The act that the row offers, in a list with a column for it.
    pub(super) action: Option<RowAction>,
    /// The list has columns to choose rows and to act on them.
    pub(super) has_actions: bool,
    /// The box that chooses the row is ticked.
    pub(super) is_chosen: bool,
}

/// A link of a row.
pub(super) struct RowAction {
    pub(super) label: &'static str,
    pub(super) href: String,
}

impl JobRowView {
    pub(super) fn new(job: &JobRow, here: &Here, calendar: &Calendar) -> Self {
        let connector = job.connector.clone().unwrap_or_else(|| "a removed connector".to_owned());
        let so_far = elapsed(job, calendar);
        Self {
            id: job.id.to_string(),
            href: here.path(&format!("/jobs/{}", job.id)),
            tool: job.label().to_owned(),
            tile: Tile::new(&connector),
            connector,
            badge: Badge::job(job.status),
            created: calendar.when(job.created_at),
            took: match (job.started_at, job.finished_at, so_far) {
                (Some(start), Some(end), _) => when::duration((end - start).unsigned_abs()),
                (_, _, Some(length)) => when::duration(length),
                _ => "–".to_owned(),
            },
            elapsed: so_far.map(|length| match length.as_secs() {
                0 => "Running for less than a second".to_owned(),
                _ => format!("Running for {}", when::duration(length)),
            }),
            is_open: !job.status.is_final(),
            action: None,
            has_actions: false,
            is_chosen: false,
        }
    }

    /// Builds the row of a list on the page of its connector, which need not name the connector.
    pub(super) fn of_connector(job: &JobRow, here: &Here, calendar: &Calendar) -> Self {
        Self { connector: String::new(), ..Self::new(job, here, calendar) }
    }

    /// Builds the row of a list with columns to choose rows and to act on them.
    pub(super) fn with_actions(job: &JobRow, here: &Here, calendar: &Calendar) -> Self {
        Self { action: action(job, here), has_actions: true, ..Self::new(job, here, calendar) }
    }
}

/// Returns the heading of the column of times: a finished job took them, and an unfinished one has run for them so far.
pub(super) fn time_heading(rows: &[JobRowView]) -> &'static str {
    match (rows.iter().any(|row| row.is_open), rows.iter().any(|row| !row.is_open)) {
        (true, true) => "Time",
        (true, false) => "For",
        (false, _) => "Took",
    }
}

/// Returns the time since the start of a run that is not over, in full seconds.
fn elapsed(job: &JobRow, calendar: &Calendar) -> Option<Duration> {
    let started = job.started_at.filter(|_| job.status == JobStatus::Running)?;
    Some(Duration::from_secs((calendar.now() - started).whole_seconds().max(0).unsigned_abs()))
}

/// Returns what can be done with the job: an unfinished one can be cancelled, and a finished one repeated.
fn action(job: &JobRow, here: &Here) -> Option<RowAction> {
    if !job.status.is_final() {
        return Some(RowAction { label: "Cancel", href: here.path(&format!("/jobs/{}/cancellation", job.id)) });
    }
    let (label, href) = match (job.kind, &job.connector_slug) {
        (JobKind::Checkup, _) => ("Check up", here.path(&format!("/connections/{}/checkup", job.connection_id))),
        (_, None) => return None,
        (JobKind::ResourceRead, Some(_)) => ("Open again", here.path(&format!("/jobs/repetition?c={}", job.id))),
        (JobKind::ToolCall, Some(slug)) => {
            let tool = here.path(&format!("/connectors/{slug}/tools/{}", segment(&job.tool_name)));
            ("Run again", format!("{tool}?from={}", job.id))
        }
    };
    Some(RowAction { label, href })
}

/// Returns the address of the stream of a page that shows the newest jobs.
pub(super) fn newest_updates_href(here: &Here, rows: &[JobRow]) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("rows", "plain");
    updates_href(here, query, rows, rows.last().map(|row| row.id))
}

/// Appends the rows of a page, and the first job after it, to the filters of its list.
pub(super) fn updates_href<'a>(
    here: &Here,
    mut query: Serializer<'static, String>,
    rows: impl IntoIterator<Item = &'a JobRow>,
    older: Option<JobId>,
) -> String {
    let (finished, open): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.status.is_final());
    let ids = |rows: Vec<&JobRow>| row_ids::join(rows.into_iter().map(|row| row.id));
    let older = older.map(|id| id.to_string()).unwrap_or_default();
    let params = [("open", ids(open)), ("over", ids(finished)), ("older", older)];
    query.extend_pairs(params.into_iter().filter(|(_, ids)| !ids.is_empty()));
    here.path(&format!("/jobs/news?{}", query.finish()))
}
