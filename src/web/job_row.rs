//! A job as a row of a table, rendered by `jobs/_row.html`, and the address of the stream that updates such rows.

use url::form_urlencoded::Serializer;

use super::badge::Badge;
use super::here::Here;
use super::row_ids;
use super::tile::Tile;
use super::when::{self, Calendar, When};
use crate::ids::JobId;
use crate::jobs::JobRow;

/// A job as a row of a table.
pub(super) struct JobRowView {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) tool: String,
    pub(super) connector: String,
    pub(super) tile: Tile,
    pub(super) badge: Badge,
    pub(super) created: When,
    pub(super) took: String,
}

impl JobRowView {
    pub(super) fn new(job: &JobRow, here: &Here, calendar: &Calendar) -> Self {
        let connector = job.connector.clone().unwrap_or_else(|| "a removed connector".to_owned());
        Self {
            id: job.id.to_string(),
            href: here.path(&format!("/jobs/{}", job.id)),
            tool: job.tool_name.clone(),
            tile: Tile::new(&connector),
            connector,
            badge: Badge::job(job.status),
            created: calendar.when(job.created_at),
            took: match (job.started_at, job.finished_at) {
                (Some(start), Some(end)) => when::short_duration((end - start).unsigned_abs()),
                _ => "–".to_owned(),
            },
        }
    }
}

/// Returns the address of the stream of a page that shows the newest jobs.
pub(super) fn newest_updates_href(here: &Here, rows: &[JobRow]) -> String {
    updates_href(here, Serializer::new(String::new()), rows, rows.last().map(|row| row.id))
}

/// Appends the rows of a page, and the first job after it, to the filters of its list.
pub(super) fn updates_href(
    here: &Here,
    mut query: Serializer<'static, String>,
    rows: &[JobRow],
    older: Option<JobId>,
) -> String {
    let (finished, open): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.status.is_final());
    let ids = |rows: Vec<&JobRow>| row_ids::join(rows.into_iter().map(|row| row.id));
    let older = older.map(|id| id.to_string()).unwrap_or_default();
    let params = [("open", ids(open)), ("over", ids(finished)), ("older", older)];
    query.extend_pairs(params.into_iter().filter(|(_, ids)| !ids.is_empty()));
    here.path(&format!("/jobs/news?{}", query.finish()))
}
