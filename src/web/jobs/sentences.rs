//! A job in sentences.

use serde_json::Value;

use crate::jobs::{Job, Status};
use crate::web::when::{self, Calendar};

/// Returns a sentence about the job's status.
pub(super) fn status_sentence(job: &Job, calendar: &Calendar) -> String {
    let took = job
        .started_at
        .zip(job.finished_at)
        .map(|(start, end)| when::duration((end - start).unsigned_abs()))
        .unwrap_or_default();
    match job.status {
        Status::Queued => queued_sentence(job, calendar),
        Status::Running if job.run_no > 1 => "Running again.".to_owned(),
        Status::Running => "Running now.".to_owned(),
        Status::Succeeded => format!("Succeeded in {took}."),
        Status::Failed if took.is_empty() => "Failed before it started.".to_owned(),
        Status::Failed => format!("Failed after {took}."),
        Status::Canceled if took.is_empty() => "Cancelled before it started.".to_owned(),
        Status::Canceled => format!("Cancelled after {took}."),
        Status::Unknown => "Cut off: the call may or may not have happened.".to_owned(),
        Status::WaitingInput if waits_for_connection(job) => {
            "It goes on when you connect the service again.".to_owned()
        }
        Status::WaitingInput => "Waiting for you.".to_owned(),
        Status::AwaitingApproval => "Waiting for an approval.".to_owned(),
    }
}

/// Returns true if the job waits until its connection is usable again.
pub(super) fn waits_for_connection(job: &Job) -> bool {
    job.status == Status::WaitingInput && job.later_reason.as_deref() == Some("reauth")
}

fn queued_sentence(job: &Job, calendar: &Calendar) -> String {
    let Some(at) = job.later_at else { return "Queued. It starts as soon as a worker is free.".to_owned() };
    let why = match job.later_reason.as_deref() {
        Some("retry") => "The last try failed; it is tried again",
        Some("rate") => "Held back to keep to a rate limit; it goes on",
        Some("breaker") => "The service is failing; it is tried again",
        Some("paused") => "The hub cannot open stored credentials just now; it is tried again",
        Some("schedule") => "Planned; it starts",
        _ => "It goes on",
    };
    let at = calendar.when(at);
    format!("Queued. {why} {} ({}).", at.words(), at.clock())
}

/// Returns advice for an outcome other than success.
pub(super) fn advice(job: &Job) -> Option<&'static str> {
    match (job.status, job.error_class.as_deref()) {
        (Status::Unknown, _) => Some(
            "The hub stopped while the call was on its way, and this tool does not say that it is safe to repeat. \
             Look at the service to see whether it happened before you run it again.",
        ),
        (Status::Failed, Some("tool_error")) => {
            Some("The tool itself reported this error. Change what it was given, then run it again.")
        }
        (Status::Failed, Some("auth")) => Some("The server did not accept the stored credential. Nothing was run."),
        (Status::Failed, Some("timeout" | "unreachable")) => {
            Some("The server did not answer. Check that it is running, then run it again.")
        }
        (Status::Failed, _) => Some("Nothing is lost: the input is kept, and “Run again” fills the form with it."),
        _ => None,
    }
}

/// Returns the progress that a log line reports, as `value` and `max` of a `<progress>`.
pub(super) fn progress(data: &str) -> Option<(String, String)> {
    let data: Value = serde_json::from_str(data).ok()?;
    let number = |key: &str| data.get(key).and_then(Value::as_f64).filter(|number| number.is_finite());
    let (value, max) = (number("progress")?, number("total")?);
    (max > 0.0 && value >= 0.0).then(|| (value.min(max).to_string(), max.to_string()))
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn progress_needs_a_total_and_stays_within_it() {
        assert_eq!(progress(r#"{"progress":3,"total":10}"#), Some(("3".into(), "10".into())));
        assert_eq!(progress(r#"{"progress":12,"total":10}"#), Some(("10".into(), "10".into())));
        assert_eq!(progress(r#"{"progress":3}"#), None);
        assert_eq!(progress(r#"{"progress":1,"total":0}"#), None);
        assert_eq!(progress("nonsense"), None);
    }
}
