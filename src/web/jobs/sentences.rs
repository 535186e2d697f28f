//! A job in sentences. The views call it.

use std::time::Duration;

use serde_json::Value;

use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::jobs::{Job, JobKind, JobStatus, WaitReason};
use crate::web::when::{self, Calendar};

/// Returns a sentence about the job's status.
pub(super) fn status_sentence(job: &Job, calendar: &Calendar, now: Timestamp) -> String {
    let took = job
        .started_at
        .zip(job.finished_at)
        .map(|(start, end)| when::duration((end - start).unsigned_abs()))
        .unwrap_or_default();
    match job.status {
        JobStatus::Queued => queued_sentence(job, calendar),
        JobStatus::Running => running_sentence(job, now),
        JobStatus::Succeeded => format!("Succeeded in {took}."),
        JobStatus::Failed if took.is_empty() => "Failed before it started.".to_owned(),
        JobStatus::Failed => format!("Failed after {took}."),
        JobStatus::Canceled if took.is_empty() => "Cancelled before it started.".to_owned(),
        JobStatus::Canceled => format!("Cancelled after {took}."),
        JobStatus::Unknown => "The job was cut off. The call may or may not have gone through.".to_owned(),
        JobStatus::WaitingInput if waits_for_connection(job) => {
            "The job will continue when you connect the service again.".to_owned()
        }
        JobStatus::WaitingInput => "Waiting for you.".to_owned(),
    }
}

fn running_sentence(job: &Job, now: Timestamp) -> String {
    let length = job.started_at.map(|start| (now - start).unsigned_abs()).filter(|length| length.as_secs() > 0);
    let length = length.map(|length| when::duration(Duration::from_secs(length.as_secs())));
    match (job.run_no, length) {
        (..=1, None) => "Running now.".to_owned(),
        (..=1, Some(length)) => format!("Running for {length}."),
        (run, None) => format!("Running now, try {run}."),
        (run, Some(length)) => format!("Running for {length}, try {run}."),
    }
}

/// Returns who asked for a job, and from where.
pub(super) fn asked_by(job: &Job, is_viewer: bool) -> String {
    let person = if is_viewer { "You" } else { "A member" };
    match (job.origin, &job.program) {
        (Origin::Browser, _) => format!("{person}, in a browser"),
        (Origin::Assistant, Some(program)) => format!("{person}, through {program}"),
        (Origin::Assistant, None) => format!("{person}, through an assistant"),
        (Origin::System, _) if is_viewer => "The hub, for you".to_owned(),
        (Origin::System, _) => "The hub, for a member".to_owned(),
        (Origin::Cli, _) => "On the server’s command line".to_owned(),
    }
}

/// Returns true if the job waits until its connection is usable again.
pub(super) fn waits_for_connection(job: &Job) -> bool {
    job.status == JobStatus::WaitingInput && job.wait_reason == Some(WaitReason::Reauth)
}

fn queued_sentence(job: &Job, calendar: &Calendar) -> String {
    let Some(at) = job.later_at else { return "Queued. The job starts as soon as a worker is free.".to_owned() };
    let why = match job.wait_reason {
        Some(WaitReason::Retry) => "The last try failed. The job will be tried again",
        Some(WaitReason::Paused) => "The hub cannot open stored credentials just now. The job will be tried again",
        Some(WaitReason::Reauth) | None => "The job will continue",
    };
    let at = calendar.when(at);
    format!("Queued. {why} {} ({}).", at.long_text(), at.clock())
}

/// Returns advice for an outcome other than success.
pub(super) fn advice(job: &Job) -> Option<&'static str> {
    match (job.status, job.error_class.as_deref()) {
        _ if job.kind == JobKind::ResourceRead => resource_advice(job),
        (JobStatus::Unknown, _) => Some(
            "The hub stopped while the call was on its way, and this tool does not say that it is safe to repeat. \
             Look at the service to see whether it happened before you run it again.",
        ),
        (JobStatus::Failed, Some("tool_error")) => {
            Some("The tool itself reported this error. Change the input and run it again.")
        }
        (JobStatus::Failed, Some("auth")) => Some("The server did not accept the stored credential. Nothing was run."),
        (JobStatus::Failed, Some("timeout")) => {
            Some("That took too long. Check that the server is running, then run it again.")
        }
        (JobStatus::Failed, Some("unreachable")) => {
            Some("The server did not answer. Check that it is running, then run it again.")
        }
        (JobStatus::Failed, _) => Some("Nothing is lost: the input is kept, and “Run again” fills the form with it."),
        _ => None,
    }
}

fn resource_advice(job: &Job) -> Option<&'static str> {
    match (job.status, job.error_class.as_deref()?) {
        (JobStatus::Failed, "auth") => Some("The server did not accept the stored credential. Nothing was read."),
        (JobStatus::Failed, "timeout") => {
            Some("That took too long. Check that the server is running, then open the resource again.")
        }
        (JobStatus::Failed, "unreachable") => {
            Some("The server did not answer. Check that it is running, then open the resource again.")
        }
        _ => None,
    }
}

/// The progress that an event reports, as a `<progress>` shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) value: String,
    pub(super) max: String,
    /// The done part in per cent, rounded down: 100 means that nothing is left.
    pub(super) percent: String,
}

/// Returns the progress that an event reports, if its end is known.
pub(super) fn progress(data: &str) -> Option<Progress> {
    let data: Value = serde_json::from_str(data).ok()?;
    let number = |key: &str| data.get(key).and_then(Value::as_f64).filter(|number| number.is_finite());
    let (value, max) = (number("progress")?, number("total")?);
    let done = value.min(max);
    (max > 0.0 && value >= 0.0).then(|| Progress {
        value: done.to_string(),
        max: max.to_string(),
        percent: (done / max * 100.0).floor().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn progress_needs_a_total_and_stays_within_it() {
        let shown = |data| progress(data).map(|it| (it.value, it.max, it.percent));
        assert_eq!(shown(r#"{"progress":3,"total":7}"#), Some(("3".into(), "7".into(), "42".into())));
        assert_eq!(shown(r#"{"progress":12,"total":10}"#), Some(("10".into(), "10".into(), "100".into())));
        assert_eq!(progress(r#"{"progress":3}"#), None);
        assert_eq!(progress(r#"{"progress":1,"total":0}"#), None);
        assert_eq!(progress("nonsense"), None);
    }
}
