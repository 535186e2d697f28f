//! A job as a row of a table, rendered by `jobs/_row.html`.

use crate::jobs::JobRow;
use crate::web::badge::Badge;
use crate::web::when::{self, Calendar, When};

/// A job as a row of a table.
pub(super) struct JobRowView {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) connector: String,
    pub(super) badge: Badge,
    pub(super) created: When,
    pub(super) took: String,
}

impl JobRowView {
    pub(super) fn new(job: &JobRow, calendar: &Calendar) -> Self {
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
