//! From what a call came to, to what becomes of its job: over, or another run.

use std::time::Duration;

use serde_json::Value;

use super::run::{Prepared, Unready};
use crate::actor::Actor;
use crate::audit::{self, Action, CallOutcome};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::queue::events::{Event, Level};
use crate::queue::{End, Finish, Lease, Outcome, Reason, Stop, backoff};
use crate::secret::Redactor;
use crate::upstream;

/// Tries of a call that failed in a way that may pass.
const MOST_TRIES: u32 = 5;

/// A job whose connection is over goes on when its owner connects again. It also looks by itself, this often: somebody
/// may have done so in the very moment it was parked.
const RECONNECTED: Duration = Duration::from_secs(6 * 60 * 60);

/// A job waits this long for the hub to have its keys again.
const UNLOCKED: Duration = Duration::from_secs(30);

/// What became of a run, in the words of the queue.
struct Verdict {
    outcome: Outcome,
    class: &'static str,
    message: String,
    output: Option<Value>,
}

impl Verdict {
    fn bad(outcome: Outcome, class: &'static str, message: impl Into<String>) -> Self {
        Self { outcome, class, message: message.into(), output: None }
    }
}

/// The ending of a run that made its call. `stop` is why it was told to stop, if it was.
pub(super) fn ended(
    lease: &Lease,
    actor: &Actor,
    prepared: &Prepared,
    outcome: upstream::CallOutcome,
    stop: Option<Stop>,
    now: Timestamp,
) -> Finish {
    match verdict(lease, prepared, outcome, stop) {
        Next::Over(verdict) => over(lease, actor, prepared, &verdict, now),
        Next::Retry { message, after } => {
            let event = Event::new(Level::Warn, format!("{message}. It is tried again"), now);
            let run_at = now + after.unwrap_or_else(|| backoff(lease.attempt(), rand::random()));
            Finish { end: End::Later { run_at, reason: Reason::Retry }, event, audit: None, is_use: true, now }
        }
        Next::Again => {
            let event = Event::new(Level::Info, "The hub is restarting: this call goes back to the queue", now);
            Finish { end: End::Again, event, audit: None, is_use: true, now }
        }
    }
}

/// The ending of a run whose job could not be made ready: nothing was sent.
pub(super) fn unprepared(lease: &Lease, actor: &Actor, unready: Unready, now: Timestamp) -> Finish {
    let error = match unready {
        Unready::Failed(error) => error,
        Unready::Parked(message) => return later(message, now + RECONNECTED, Reason::Reauth, now),
        Unready::Later { message, after } if lease.attempt() + 1 < MOST_TRIES => {
            return later(format!("{message}. It is tried again"), now + after, Reason::Retry, now);
        }
        Unready::Later { message, .. } => {
            return failed(lease, actor, "not_ready", format!("{message}. It was tried {MOST_TRIES} times"), now);
        }
    };
    if matches!(error, Error::Unavailable(_)) {
        let event = Event::new(Level::Warn, "The hub’s database was away; the call goes back to the queue", now);
        return Finish { end: End::Again, event, audit: None, is_use: false, now };
    }
    if let Error::Locked(cause) = &error {
        tracing::error!(job = %lease.job_id(), cause = format!("{cause:#}"), "stored credentials cannot be opened");
        let told = "The hub cannot open stored credentials just now. It is tried again";
        return later(told.to_owned(), now + UNLOCKED, Reason::Paused, now);
    }
    let message = match &error {
        Error::Internal(cause) => {
            tracing::error!(job = %lease.job_id(), cause = format!("{cause:#}"), "a job could not be made ready");
            "The hub could not make this call ready; its log has the cause".to_owned()
        }
        told => told.to_string(),
    };
    failed(lease, actor, "not_ready", message, now)
}

fn later(message: String, run_at: Timestamp, reason: Reason, now: Timestamp) -> Finish {
    Finish {
        end: End::Later { run_at, reason },
        event: Event::new(Level::Warn, message, now),
        audit: None,
        is_use: false,
        now,
    }
}

/// The ending of a run that met a fault of the hub's own: whether it had an effect is not known.
pub(super) fn panicked(lease: &Lease, actor: &Actor, now: Timestamp) -> Finish {
    failed(lease, actor, "hub_fault", "The hub met a fault of its own while it ran this call".to_owned(), now)
}

fn failed(lease: &Lease, actor: &Actor, class: &str, message: String, now: Timestamp) -> Finish {
    let action = Action::JobFinished {
        job: lease.job_id(),
        connector: None,
        tool: None,
        outcome: CallOutcome::Error { class: class.to_owned(), message: message.clone() },
        latency: Some((now - lease.started_at()).unsigned_abs()),
        request: None,
        response: None,
    };
    let end = End::Over {
        outcome: if class == "hub_fault" { Outcome::Unknown } else { Outcome::Permanent },
        error_class: Some(class.to_owned()),
        error: Some(message.clone()),
        output: None,
    };
    Finish {
        end,
        event: Event::new(Level::Error, message, now),
        audit: Some(audit::Prepared::new(actor, &action, now)),
        // else nothing was sent
        is_use: class == "hub_fault",
        now,
    }
}

/// What comes next.
enum Next {
    Over(Verdict),
    Retry { message: String, after: Option<Duration> },
    Again,
}

fn verdict(lease: &Lease, prepared: &Prepared, outcome: upstream::CallOutcome, stop: Option<Stop>) -> Next {
    use upstream::CallOutcome as Came;
    let tries_left = lease.attempt() + 1 < MOST_TRIES;
    match outcome {
        Came::Ok(output) => {
            Next::Over(Verdict { outcome: Outcome::Ok, class: "", message: String::new(), output: Some(output) })
        }
        Came::ToolError(result) => Next::Over(Verdict {
            message: tool_words(&result),
            output: Some(result),
            ..Verdict::bad(Outcome::Permanent, "tool_error", "")
        }),
        Came::Canceled if stop == Some(Stop::Shutdown) && prepared.repeatable => Next::Again,
        Came::Canceled if stop == Some(Stop::Shutdown) => {
            Next::Over(Verdict::bad(Outcome::Unknown, "shutdown", "The hub was stopped while the call was on its way"))
        }
        Came::Canceled => Next::Over(Verdict::bad(Outcome::Canceled, "canceled", "Cancelled by its owner")),
        Came::Retryable { message, retry_after, .. } if tries_left => Next::Retry { message, after: retry_after },
        Came::Retryable { class, message, .. } => {
            Next::Over(Verdict::bad(Outcome::Dead, class, format!("{message}. It was tried {MOST_TRIES} times")))
        }
        Came::Unknown { message, .. } if prepared.repeatable && tries_left => Next::Retry { message, after: None },
        Came::Unknown { class, message } => Next::Over(Verdict::bad(Outcome::Unknown, class, message)),
        Came::Unauthorized { message, .. } => Next::Over(Verdict::bad(Outcome::Permanent, "auth", message)),
        Came::Permanent { class, message } => Next::Over(Verdict::bad(Outcome::Permanent, class, message)),
    }
}

/// The end of a job: its result, its last line and its audit entry, without any secret.
fn over(lease: &Lease, actor: &Actor, prepared: &Prepared, verdict: &Verdict, now: Timestamp) -> Finish {
    let redactor = Redactor::for_content(&prepared.secret);
    let clean = |text: &str| redactor.redact(text).into_owned();
    let output = verdict.output.as_ref().map(|value| clean(&value.to_string()));
    let is_ok = verdict.outcome == Outcome::Ok;
    let error = (!is_ok).then(|| clean(&verdict.message));
    let class = (!is_ok).then(|| verdict.class.to_owned());
    let action = Action::JobFinished {
        job: lease.job_id(),
        connector: Some(prepared.connector),
        tool: Some(prepared.tool.clone()),
        outcome: match (&class, &error) {
            (Some(class), Some(message)) => CallOutcome::Error { class: class.clone(), message: message.clone() },
            _ => CallOutcome::Success,
        },
        latency: Some((now - lease.started_at()).unsigned_abs()),
        request: Some(clean(&prepared.request)),
        response: output.clone(),
    };
    let event = match (&verdict.outcome, &error) {
        (Outcome::Ok, _) => Event::new(Level::Info, format!("{} answered", prepared.service), now),
        (Outcome::Canceled, _) => Event::new(Level::Warn, "Cancelled by its owner", now),
        (_, error) => Event::new(Level::Error, error.clone().unwrap_or_default(), now),
    };
    Finish {
        end: End::Over { outcome: verdict.outcome, error_class: class, error, output },
        event,
        audit: Some(audit::Prepared::new(actor, &action, now)),
        is_use: true,
        now,
    }
}

/// A tool's own words about its error: the first text of its result.
fn tool_words(result: &Value) -> String {
    const LONGEST: usize = 500;
    let texts = result.get("content").and_then(Value::as_array).into_iter().flatten();
    let text = texts.filter_map(|block| block.get("text").and_then(Value::as_str)).find(|text| !text.trim().is_empty());
    text.unwrap_or("The tool reported an error without saying which").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::tool_words;
    use serde_json::json;

    #[test]
    fn a_tool_error_speaks_for_itself_if_it_can() {
        assert_eq!(
            tool_words(&json!({ "content": [{ "type": "image" }, { "text": "No such repo" }] })),
            "No such repo"
        );
        assert_eq!(tool_words(&json!({})), "The tool reported an error without saying which");
        assert_eq!(tool_words(&json!({ "content": [{ "text": "x".repeat(900) }] })).len(), 500);
    }
}
