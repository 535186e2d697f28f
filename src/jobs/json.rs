//! A job for programs: the same facts as its page.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{Job, JobEvent};
use crate::clock::Timestamp;

/// `id status type tool connector input output error events created_at started_at finished_at`, and what else a page shows.
/// Times are RFC 3339 in UTC; input and output are JSON values with their numbers as spelled.
#[must_use]
pub fn to_json(job: &Job, events: &[JobEvent]) -> Value {
    json!({
        "id": job.id,
        "status": job.status,
        "type": job.kind.stored_text(),
        "tool": job.tool_name,
        "connector": job.connector,
        "origin": job.origin.as_str(),
        "input": value(&job.input),
        "output": job.output.as_deref().map(value),
        "error": job.error,
        "error_class": job.error_class,
        "run_no": job.run_no,
        "events": events.iter().map(event).collect::<Vec<_>>(),
        "created_at": moment(job.created_at),
        "started_at": job.started_at.map(moment),
        "finished_at": job.finished_at.map(moment),
    })
}

fn event(event: &JobEvent) -> Value {
    json!({
        "id": event.position().to_string(),
        "ts": moment(event.ts),
        "level": event.level.as_str(),
        "message": event.message,
        "data": event.data.as_deref().map(value),
    })
}

/// Text that is not JSON is shown as a string.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn moment(at: Timestamp) -> Option<String> {
    at.format(&Rfc3339).ok()
}
