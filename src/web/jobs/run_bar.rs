//! The time of a job as a line: dotted while it waited, then solid for its run, or dashed as long as the run has no end.

use crate::clock::Timestamp;
use crate::jobs::Job;
use crate::web::when::duration;

/// The least share of a part that is shown, so that a short one can be seen.
const LEAST: i64 = 3;

/// Places on the line, in per cent of its width, from 1 to 99.
pub(super) struct RunBar {
    /// The start of the run; `None` before it.
    pub(super) start: Option<i64>,
    /// True if the end of the job is still to come.
    pub(super) is_open: bool,
    /// The time that the job waited and ran, in words.
    pub(super) words: String,
}

impl RunBar {
    pub(super) fn new(job: &Job) -> Self {
        let length = |from: Timestamp, to: Timestamp| duration((to - from).unsigned_abs());
        let Some(started) = job.started_at else {
            let words = match (job.finished_at.is_some(), job.run_no) {
                (true, _) => "did not start",
                (false, 0) => "not started yet",
                (false, _) => "started, then stopped to wait",
            };
            return Self { start: None, is_open: job.finished_at.is_none(), words: words.to_owned() };
        };
        let waiting = length(job.created_at, started);
        let Some(finished) = job.finished_at else {
            return Self {
                start: Some(9),
                is_open: true,
                words: format!("{}, running", before_run(&waiting, job.run_no)),
            };
        };
        let words = format!("{}, ran {}", before_run(&waiting, job.run_no), length(started, finished));
        let waited = (started - job.created_at).whole_milliseconds().max(0);
        let all = (finished - job.created_at).whole_milliseconds().max(1);
        let share = i64::try_from(waited * 98 / all).unwrap_or(0);
        Self { start: Some(1 + share.clamp(LEAST, 98 - LEAST)), is_open: false, words }
    }
}

/// Describes the time before the last run, in which earlier ones may have ended.
fn before_run(length: &str, run_no: i32) -> String {
    if run_no > 1 { format!("{length} until try {run_no}") } else { format!("waited {length}") }
}
