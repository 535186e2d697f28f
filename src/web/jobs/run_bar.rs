//! The time of a job as a line: dashed while it waited, solid while it ran, dashed again before an end that has not come.

use crate::jobs::Job;

/// The least share of a part that is shown, so that a short one can be seen.
const LEAST: i64 = 3;

/// The place where a run that is under way ends on the line; what is to come is dashed.
const SO_FAR: i64 = 70;

/// Places on the line, in per cent of its width, from 1 to 99.
pub(super) struct RunBar {
    /// The start of the run; `None` before it.
    pub(super) start: Option<i64>,
    /// The end of the run, or how far it is.
    pub(super) end: i64,
}

impl RunBar {
    pub(super) fn new(job: &Job) -> Self {
        let Some(started) = job.started_at else { return Self { start: None, end: 1 } };
        let Some(finished) = job.finished_at else { return Self { start: Some(9), end: SO_FAR } };
        let waited = (started - job.created_at).whole_milliseconds().max(0);
        let all = (finished - job.created_at).whole_milliseconds().max(1);
        let share = i64::try_from(waited * 98 / all).unwrap_or(0);
        Self { start: Some(1 + share.clamp(LEAST, 98 - LEAST)), end: 99 }
    }

    /// Returns true if the end of the line is still to come.
    pub(super) const fn is_open(&self) -> bool {
        self.end < 99
    }
}
