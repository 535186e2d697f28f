//! The hub's own tools: an assistant starts a job without waiting for it, and looks at it later.
//!
//! Their names have no `__`, which separates prefix and tool in every other name. A program sees and cancels the jobs that it
//! asked for; further scopes let it see and cancel those of others.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{AcceptedCall, Call};
use super::failure::internal_error;
use super::{call_result, meta};
use crate::api_tokens::Scope;
use crate::error::Error;
use crate::ids::JobId;
use crate::jobs::{self, Job, JobStatus, Position};

/// The longest wait for the end of a job, in seconds. The assistant asks again.
const MAX_WAIT_SECONDS: u64 = 60;

/// A tool of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobTool {
    /// Cancels a job.
    Cancel,
    /// Returns the result of a job.
    Result,
    /// Starts a job.
    Start,
    /// Describes a job.
    Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartArguments {
    tool: String,
    #[serde(default)]
    arguments: JsonObject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobArguments {
    job: JobId,
    #[serde(default)]
    wait_seconds: u64,
}

/// The reason why a tool of the hub has no answer.
enum Fault {
    /// The assistant reads this sentence.
    Refused(String),
    /// The hub failed, or the assistant named an unknown tool.
    Protocol(ErrorData),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::Refused("This program has no such job.".to_owned()),
            error => Self::Protocol(internal_error(&error, "tools/call")),
        }
    }
}

impl From<ErrorData> for Fault {
    fn from(error: ErrorData) -> Self {
        Self::Protocol(error)
    }
}

impl JobTool {
    /// All tools, by name.
    pub(super) const ALL: [Self; 4] = [Self::Cancel, Self::Result, Self::Start, Self::Status];

    /// Finds the tool of this name.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "job_cancel",
            Self::Result => "job_result",
            Self::Start => "job_start",
            Self::Status => "job_status",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Cancel => "Cancels a job. A call that is under way is stopped if its service allows it.",
            Self::Result => "Returns the result of a job, as the tool itself would. Waits for it up to wait_seconds.",
            Self::Start => {
                "Starts a tool of this server as a job, and returns its id at once. Use it for a call that may take longer than \
                 you can wait. The job goes on when you disconnect."
            }
            Self::Status => "Says whether a job is queued, running or finished. Waits for its end up to wait_seconds.",
        }
    }

    /// Describes the tool for the list.
    pub(super) fn definition(self) -> Tool {
        let mut tool = Tool::new_with_raw(self.name(), Some(self.description().into()), Arc::new(self.input_schema()));
        if self != Self::Result {
            tool.output_schema = Some(Arc::new(output_schema()));
        }
        let mut annotations = ToolAnnotations::new();
        annotations.read_only_hint = Some(matches!(self, Self::Result | Self::Status));
        annotations.destructive_hint = Some(self == Self::Start);
        annotations.open_world_hint = Some(self == Self::Start);
        tool.annotations = Some(annotations);
        tool
    }

    fn input_schema(self) -> JsonObject {
        let job = json!({ "type": "string", "format": "uuid", "description": "Id of the job" });
        let wait = json!({
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_WAIT_SECONDS,
            "default": 0,
            "description": "Seconds to wait for the end of the job",
        });
        let (properties, required) = match self {
            Self::Cancel => (json!({ "job": job }), "job"),
            Self::Result | Self::Status => (json!({ "job": job, "wait_seconds": wait }), "job"),
            Self::Start => {
                let tool = json!({ "type": "string", "description": "Name of the tool, as this server lists it" });
                let arguments = json!({ "type": "object", "description": "Arguments of the tool" });
                (json!({ "tool": tool, "arguments": arguments }), "tool")
            }
        };
        object(
            json!({ "type": "object", "properties": properties, "required": [required], "additionalProperties": false }),
        )
    }

    /// Runs the tool. What keeps it from an answer is a result with an error, which a language model reads.
    pub(super) async fn run(self, call: &Call<'_>, arguments: JsonObject) -> Result<CallToolResult, ErrorData> {
        let answered = match self {
            Self::Start => start(call, arguments).await,
            Self::Status => status(call, arguments).await,
            Self::Result => result(call, arguments).await,
            Self::Cancel => cancel(call, arguments).await,
        };
        answered.or_else(|fault| match fault {
            Fault::Refused(text) => Ok(call_result::refused(text)),
            Fault::Protocol(error) => Err(error),
        })
    }
}

async fn start(call: &Call<'_>, arguments: JsonObject) -> Result<CallToolResult, Fault> {
    let StartArguments { tool, arguments } = read(arguments)?;
    match call.accept(&tool, arguments).await? {
        AcceptedCall::Refused(refused) => Ok(refused),
        AcceptedCall::Job { id, .. } => {
            let job = jobs::find(&call.app.db, &call.caller.bearer.actor, id).await?;
            Ok(describe(call, &job, None))
        }
    }
}

async fn status(call: &Call<'_>, arguments: JsonObject) -> Result<CallToolResult, Fault> {
    let job = find_ended(call, read(arguments)?).await?;
    let actor = &call.caller.bearer.actor;
    let (job, events) = jobs::find_with_events(&call.app.db, actor, job.id, Position::START).await?;
    Ok(describe(call, &job, events.last().map(|event| event.message.as_str())))
}

async fn result(call: &Call<'_>, arguments: JsonObject) -> Result<CallToolResult, Fault> {
    let job = find_ended(call, read(arguments)?).await?;
    let url = call.job_url(job.id);
    if matches!(job.status, JobStatus::Queued | JobStatus::Running) {
        let text = format!("The job has no result yet: it is {}. Ask again with wait_seconds.", job.status.as_str());
        return Err(Fault::Refused(text));
    }
    Ok(call_result::of_job(&job, &url))
}

async fn cancel(call: &Call<'_>, arguments: JsonObject) -> Result<CallToolResult, Fault> {
    let JobArguments { job, .. } = read(arguments)?;
    let (app, actor) = (call.app, &call.caller.bearer.actor);
    check_permission(call, &jobs::find(&app.db, actor, job).await?, Scope::JobsWrite)?;
    jobs::cancel(&app.db, &app.live, actor, job, app.clock.now()).await?;
    Ok(describe(call, &jobs::find(&app.db, actor, job).await?, None))
}

/// Finds a job that the program may see, once it has ended or the wait is over.
async fn find_ended(call: &Call<'_>, arguments: JobArguments) -> Result<Job, Fault> {
    let (app, actor) = (call.app, &call.caller.bearer.actor);
    let job = jobs::find(&app.db, actor, arguments.job).await?;
    check_permission(call, &job, Scope::JobsRead)?;
    let limit = Duration::from_secs(arguments.wait_seconds.min(MAX_WAIT_SECONDS));
    tokio::select! {
        ended = jobs::wait_for_end(&app.db, &app.live, actor, job.id, limit) => Ok(ended?),
        () = call.stop.cancelled() => Ok(job),
        () = call.context.ct.cancelled() => Ok(job),
    }
}

/// Checks that the program asked for a job itself, or has the scope for those of others. A job that it may not see does not
/// exist for it.
fn check_permission(call: &Call<'_>, job: &Job, scope: Scope) -> Result<(), Fault> {
    let program = &call.caller.bearer.program;
    if job.via == Some(program.id) || program.scopes.contains(scope) {
        return Ok(());
    }
    Err(Error::NotFound("job").into())
}

/// Describes a job.
fn describe(call: &Call<'_>, job: &Job, message: Option<&str>) -> CallToolResult {
    let mut description = json!({
        "job": job.id,
        "status": job.status.as_str(),
        "tool": job.tool_name,
        "url": call.job_url(job.id),
    });
    if let Some(message) = job.error.as_deref().or(message) {
        description["message"] = message.into();
    }
    let mut result = CallToolResult::structured(description);
    result.meta = Some(meta::of_job(None, job.id));
    result
}

fn output_schema() -> JsonObject {
    let statuses = JobStatus::ALL.map(JobStatus::as_str);
    object(json!({
        "type": "object",
        "properties": {
            "job": { "type": "string" },
            "status": { "type": "string", "enum": statuses },
            "tool": { "type": "string" },
            "url": { "type": "string", "description": "Page of the job, for its person" },
            "message": { "type": "string", "description": "Newest event, or the error" },
        },
        "required": ["job", "status", "tool", "url"],
    }))
}

fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| Fault::Refused(format!("The arguments do not fit: {error}.")))
}

fn object(schema: Value) -> JsonObject {
    match schema {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::JobTool;

    #[test]
    fn tools_are_found_by_the_names_that_are_listed() {
        for tool in JobTool::ALL {
            let definition = tool.definition();
            assert_eq!(JobTool::find(&definition.name), Some(tool));
            assert!(!definition.name.contains("__"), "the separator of other names");
            assert_eq!(definition.input_schema["type"], "object");
        }
        assert!(JobTool::ALL.map(JobTool::name).is_sorted());
        assert_eq!(JobTool::find("job_forget"), None);
    }
}
