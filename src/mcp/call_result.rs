//! The result of a call, made of its job.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde::Deserialize;
use serde_json::Value;

use super::meta;
use crate::ids::JobId;
use crate::jobs::{Job, JobStatus};

/// The result of a tool as jobs store it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StoredResult {
    content: Vec<Value>,
    structured_content: Option<Value>,
    is_error: bool,
    #[serde(rename = "_meta")]
    meta: Option<MetaObject>,
}

/// Returns the result of a call that was not accepted.
pub(super) fn refused(text: String) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    result.meta = Some(meta::of_result());
    result
}

/// Returns the result of a call whose hub stops.
pub(super) fn restarting(job: JobId, url: &str) -> CallToolResult {
    with_job(job, error_text(format!("The hub is restarting. The job continues, and its result will be at {url}")))
}

/// Returns the result of a call whose job the hub cannot read. The job may go on, so the assistant must not repeat the call blindly.
pub(super) fn out_of_sight(job: JobId, url: &str) -> CallToolResult {
    let text = "The hub cannot see this job just now, and it may still run. Look before you repeat the call";
    with_job(job, error_text(format!("{text}: {url}")))
}

/// Returns the result of a job, whose page is at `url`.
pub(super) fn of_job(job: &Job, url: &str) -> CallToolResult {
    let service = job.connector.as_deref().unwrap_or("The service");
    let error = job.error.as_deref().unwrap_or("The cause is unknown");
    let result = match job.status {
        JobStatus::Succeeded => stored(job).unwrap_or_else(|| CallToolResult::success(Vec::new())),
        JobStatus::Failed => stored(job).unwrap_or_else(|| error_text(format!("{error}."))),
        JobStatus::Canceled => error_text("Cancelled.".to_owned()),
        JobStatus::Unknown => {
            let text = format!("The call may or may not have happened: {error}. Look before you repeat it: {url}");
            error_text(text)
        }
        JobStatus::WaitingInput => error_text(format!(
            "{service} must be connected again before this can run. The job continues then. Ask its owner to open {url}"
        )),
        JobStatus::Queued | JobStatus::Running => {
            error_text(format!("Still running. The job continues, and its result will be at {url}"))
        }
    };
    with_job(job.id, result)
}

fn error_text(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

fn with_job(job: JobId, mut result: CallToolResult) -> CallToolResult {
    result.meta = Some(meta::of_job(result.meta.take(), job));
    result
}

/// Returns the stored result of a job; `None` if it has none.
fn stored(job: &Job) -> Option<CallToolResult> {
    let stored: StoredResult = serde_json::from_str(job.output.as_deref()?).ok()?;
    let mut content: Vec<_> = stored.content.iter().map(content_block).collect();
    if let Some(structured) = stored.structured_content.as_ref().filter(|_| content.is_empty()) {
        // programs that read text only get the same
        content.push(ContentBlock::text(structured.to_string()));
    }
    let is_error = stored.is_error || job.status == JobStatus::Failed;
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = stored.structured_content;
    result.meta = stored.meta;
    Some(result)
}

/// Returns a part of a result. A kind of part that this hub does not know becomes text.
fn content_block(block: &Value) -> ContentBlock {
    ContentBlock::deserialize(block).unwrap_or_else(|_| ContentBlock::text(block.to_string()))
}
