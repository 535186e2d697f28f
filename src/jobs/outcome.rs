//! Maps the outcome of a call to the end of its run: the job completes, is retried, or goes back to the queue.

use std::time::Duration;

use serde_json::Value;

use super::leased_job::{LeasedJob, RunEnd};
use super::prepare::{NotReady, PreparedCall};
use crate::clock::Timestamp;
use crate::error::{Error, Message};
use crate::foreign_text::clean_text;
use crate::queue::{Event, EventLevel, FinishedRun, JobEnd, JobOutcome, Lease, StopReason, WaitReason, backoff};
use crate::upstream;

/// Most attempts of a call whose failures are temporary.
const MAX_ATTEMPTS: u32 = 5;

/// A job that waits for its owner to connect again is released by that. It also runs after this interval, in case the
/// owner connected before the job began to wait.
const REAUTH_CHECK_INTERVAL: Duration = Duration::from_secs(6 * 60 * 60);

/// Delay before the next run if the hub cannot open stored credentials.
const LOCKED_VAULT_RETRY_DELAY: Duration = Duration::from_secs(30);

/// The result of a completed call.
struct CompletedCall {
    outcome: JobOutcome,
    class: &'static str,
    message: Message,
    output: Option<Value>,
}

impl CompletedCall {
    fn failed(outcome: JobOutcome, class: &'static str, message: impl Into<Message>) -> Self {
        Self { outcome, class, message: message.into(), output: None }
    }
}

/// Builds the end of a run that made its call. `stop` is set if the run was asked to stop.
pub(super) fn ended(
    job: &LeasedJob<'_>,
    prepared: &PreparedCall,
    outcome: upstream::CallOutcome,
    stop: Option<StopReason>,
    now: Timestamp,
) -> FinishedRun {
    match next_step(job.lease, prepared, outcome, stop) {
        NextStep::Complete(call) => complete(job, prepared, &call, now),
        NextStep::Retry { message, after } => {
            let line = format!("{}. It is tried again", message.with_detail_inline());
            let event = Event::new(EventLevel::Warn, line, now);
            let run_at = now + after.unwrap_or_else(|| backoff(job.lease.attempt(), rand::random()));
            FinishedRun {
                end: JobEnd::RetryLater { run_at, reason: WaitReason::Retry },
                event,
                audit: None,
                is_use: true,
                now,
            }
        }
        NextStep::Release => {
            let event = Event::new(EventLevel::Info, "The hub is restarting: this call goes back to the queue", now);
            FinishedRun { end: JobEnd::Release, event, audit: None, is_use: true, now }
        }
    }
}

/// Builds the end of a run that could not be prepared: nothing was sent.
pub(super) fn unprepared(job: &LeasedJob<'_>, cause: NotReady, now: Timestamp) -> FinishedRun {
    let error = match cause {
        NotReady::Failed(error) => error,
        NotReady::ReauthRequired(message) => {
            return later(message, now + REAUTH_CHECK_INTERVAL, WaitReason::Reauth, now);
        }
        NotReady::RetryLater { message, after } if job.lease.attempt() + 1 < MAX_ATTEMPTS => {
            return later(format!("{message}. It is tried again"), now + after, WaitReason::Retry, now);
        }
        NotReady::RetryLater { message, .. } => {
            return failed(job, "not_ready", format!("{message}. It was tried {MAX_ATTEMPTS} times"), now);
        }
    };
    if matches!(error, Error::Unavailable(_)) {
        let event = Event::new(EventLevel::Warn, "The hub’s database was away; the call goes back to the queue", now);
        return FinishedRun { end: JobEnd::Release, event, audit: None, is_use: false, now };
    }
    if let Error::Locked(cause) = &error {
        let id = job.lease.job_id();
        tracing::error!(
            job.id = %id,
            error = format!("{cause:#}"),
            "Failed to open the stored credential of job {id}; it runs again in {} s",
            LOCKED_VAULT_RETRY_DELAY.as_secs()
        );
        let message = "The hub cannot open stored credentials just now. It is tried again";
        return later(message.to_owned(), now + LOCKED_VAULT_RETRY_DELAY, WaitReason::Paused, now);
    }
    let message = match &error {
        Error::Internal(cause) => {
            let id = job.lease.job_id();
            tracing::error!(job.id = %id, error = format!("{cause:#}"), "Failed to prepare job {id}; it has failed");
            "The hub could not make this call ready; its log has the cause".to_owned()
        }
        error => error.to_string(),
    };
    failed(job, error.code().unwrap_or("not_ready"), message, now)
}

fn later(message: String, run_at: Timestamp, reason: WaitReason, now: Timestamp) -> FinishedRun {
    FinishedRun {
        end: JobEnd::RetryLater { run_at, reason },
        event: Event::new(EventLevel::Warn, message, now),
        audit: None,
        is_use: false,
        now,
    }
}

/// Builds the end of a run that panicked: the call may or may not have happened.
pub(super) fn panicked(job: &LeasedJob<'_>, now: Timestamp) -> FinishedRun {
    failed(job, "hub_fault", "The hub met a fault of its own while it ran this call".to_owned(), now)
}

fn failed(job: &LeasedJob<'_>, class: &str, message: String, now: Timestamp) -> FinishedRun {
    let outcome = if class == "hub_fault" { JobOutcome::Unknown } else { JobOutcome::Permanent };
    let entry = job.entry(outcome, RunEnd { class, message: &message, ..RunEnd::default() }, now);
    let end =
        JobEnd::Complete { outcome, error_class: Some(class.to_owned()), error: Some(message.clone()), output: None };
    FinishedRun {
        end,
        event: Event::new(EventLevel::Error, message, now),
        audit: Some(entry),
        // every other class means that nothing was sent
        is_use: class == "hub_fault",
        now,
    }
}

/// The next step of a job after a call.
enum NextStep {
    Complete(CompletedCall),
    Retry { message: Message, after: Option<Duration> },
    Release,
}

fn next_step(
    lease: &Lease,
    prepared: &PreparedCall,
    outcome: upstream::CallOutcome,
    stop: Option<StopReason>,
) -> NextStep {
    use upstream::CallOutcome;
    let tries_left = lease.attempt() + 1 < MAX_ATTEMPTS;
    match outcome {
        CallOutcome::Ok(output) => NextStep::Complete(CompletedCall {
            outcome: JobOutcome::Ok,
            class: "",
            message: Message::default(),
            output: Some(output),
        }),
        CallOutcome::ToolError(result) => NextStep::Complete(CompletedCall {
            message: tool_error_text(&result).into(),
            output: Some(result),
            ..CompletedCall::failed(JobOutcome::Permanent, "tool_error", "")
        }),
        CallOutcome::Canceled if stop == Some(StopReason::Shutdown) && prepared.repeatable => NextStep::Release,
        CallOutcome::Canceled if stop == Some(StopReason::Shutdown) => NextStep::Complete(CompletedCall::failed(
            JobOutcome::Unknown,
            "shutdown",
            "The hub was stopped while the call was on its way",
        )),
        CallOutcome::Canceled => {
            NextStep::Complete(CompletedCall::failed(JobOutcome::Canceled, "canceled", "Cancelled on request"))
        }
        CallOutcome::Retryable { message, retry_after, .. } if tries_left => {
            NextStep::Retry { message, after: retry_after }
        }
        CallOutcome::Retryable { class, message, .. } => NextStep::Complete(CompletedCall::failed(
            JobOutcome::Dead,
            class,
            Message::from(format!("{message}. It was tried {MAX_ATTEMPTS} times"))
                .with_detail(message.detail.unwrap_or_default()),
        )),
        CallOutcome::Unknown { message, .. } if prepared.repeatable && tries_left => {
            NextStep::Retry { message, after: None }
        }
        CallOutcome::Unknown { class, message } => {
            NextStep::Complete(CompletedCall::failed(JobOutcome::Unknown, class, message))
        }
        CallOutcome::Unauthorized { message, .. } => {
            NextStep::Complete(CompletedCall::failed(JobOutcome::Permanent, "auth", message))
        }
        CallOutcome::Permanent { class, message } => {
            NextStep::Complete(CompletedCall::failed(JobOutcome::Permanent, class, message))
        }
    }
}

/// Builds the end of a job: its result, its last event and its audit entry.
fn complete(job: &LeasedJob<'_>, prepared: &PreparedCall, call: &CompletedCall, now: Timestamp) -> FinishedRun {
    let output = call.output.as_ref().map(ToString::to_string);
    let mut request = prepared.request.clone();
    // somebody may have typed the credential into a field that is no secret
    prepared.redactor.redact_json(&mut request);
    let is_ok = call.outcome == JobOutcome::Ok;
    let message = call.message.to_string();
    let error = (!is_ok).then(|| message.clone());
    let class = (!is_ok).then(|| call.class.to_owned());
    let end =
        RunEnd { class: call.class, message: &message, request: Some(request.to_string()), response: output.clone() };
    let entry = job.entry(call.outcome, end, now);
    let event = match call.outcome {
        JobOutcome::Ok => Event::new(EventLevel::Info, format!("{} answered", prepared.service), now),
        JobOutcome::Canceled => Event::new(EventLevel::Warn, "Cancelled on request", now),
        // the log is for those who look for the cause
        _ => Event::new(EventLevel::Error, call.message.with_detail_inline().to_string(), now),
    };
    FinishedRun {
        end: JobEnd::Complete { outcome: call.outcome, error_class: class, error, output },
        event,
        audit: Some(entry),
        is_use: true,
        now,
    }
}

/// Returns the first text of a tool's error result, for people.
fn tool_error_text(result: &Value) -> String {
    const MAX_CHARS: usize = 500;
    let texts = result.get("content").and_then(Value::as_array).into_iter().flatten();
    let text = texts.filter_map(|block| block.get("text").and_then(Value::as_str)).find(|text| !text.trim().is_empty());
    let text = text.unwrap_or("The tool reported an error without saying which");
    clean_text(text).chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::tool_error_text;
    use serde_json::json;

    #[test]
    fn the_first_text_of_a_tool_error_is_its_message() {
        assert_eq!(
            tool_error_text(&json!({ "content": [{ "type": "image" }, { "text": "No such repo" }] })),
            "No such repo"
        );
        assert_eq!(tool_error_text(&json!({})), "The tool reported an error without saying which");
        assert_eq!(tool_error_text(&json!({ "content": [{ "text": "x".repeat(900) }] })).len(), 500);
    }
}
