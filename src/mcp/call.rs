//! `tools/call`: a call as a job, whose end the caller waits for.

use std::time::Duration;

use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorData, JsonObject};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::failure::internal_error;
use super::progress::ProgressReport;
use super::{call_result, output_check};
use crate::app::App;
use crate::assistants::{self, Obstacle, OfferedTool};
use crate::connectors;
use crate::error::{Error, FieldFaults};
use crate::ids::JobId;
use crate::jobs::{self, Job, NewJob};

/// The longest wait for the end of a job. Longer jobs continue, and their page has the result.
const CALL_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Delays between attempts to cancel the job of an assistant that went away.
const CANCEL_RETRY_DELAYS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9), Duration::from_secs(20)];

const METHOD: &str = "tools/call";

/// A call of a tool, and the signals that end the wait for it.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
    /// The request, which is cancelled when the assistant disconnects.
    pub(super) context: &'a RequestContext<RoleServer>,
    /// Cancelled when the hub stops.
    pub(super) stop: &'a CancellationToken,
}

/// The decision about a call.
pub(super) enum AcceptedCall {
    /// The job runs.
    Job {
        /// Its id.
        id: JobId,
        /// Schema of its result, as its server states it.
        output_schema: Option<Value>,
    },
    /// The call was not accepted, for the reason in this result.
    Refused(CallToolResult),
}

impl Call<'_> {
    /// Runs the tool as a job, and returns its result.
    ///
    /// # Errors
    /// Returns an error of the protocol if the caller has no tool of this name, and if the hub fails.
    pub(super) async fn run(&self, request: CallToolRequestParams) -> Result<CallToolResult, ErrorData> {
        match self.accept(&request.name, request.arguments.unwrap_or_default()).await? {
            AcceptedCall::Job { id, output_schema } => {
                Ok(output_check::check(self.wait(id).await, output_schema.as_ref()))
            }
            AcceptedCall::Refused(refused) => Ok(refused),
        }
    }

    /// Starts the job of a call. What keeps a tool from being run is a result with an error, which a language model reads.
    ///
    /// # Errors
    /// Returns an error of the protocol if the caller has no tool of this name, and if the hub fails.
    pub(super) async fn accept(&self, name: &str, arguments: JsonObject) -> Result<AcceptedCall, ErrorData> {
        let found = assistants::find_offered(&self.app.db, &self.caller.bearer.actor, name).await;
        let tool = found.map_err(|error| internal_error(&error, METHOD))?.ok_or_else(|| unknown_tool(name))?;
        if let Some(obstacle) = tool.obstacle {
            return Ok(AcceptedCall::Refused(call_result::refused(self.obstacle_text(&tool, obstacle))));
        }
        match self.start(&tool, &Value::Object(arguments)).await {
            Ok(id) => Ok(AcceptedCall::Job { id, output_schema: tool.output_schema }),
            Err(error) => refusal(&tool, error).map(AcceptedCall::Refused),
        }
    }

    /// Returns the address of the page of a job.
    pub(super) fn job_url(&self, id: JobId) -> String {
        self.caller.url(self.app, &format!("/jobs/{id}"))
    }

    async fn start(&self, tool: &OfferedTool, arguments: &Value) -> Result<JobId, Error> {
        let (app, actor) = (self.app, &self.caller.bearer.actor);
        let mut tx = app.db.enter(actor).await?;
        let connector = connectors::get(&mut tx, actor, tool.connector_id).await?;
        let version = connectors::version(&mut tx, actor, tool.version).await?;
        drop(tx);
        let form = app.forms.get(version.id, &version.schema);
        let new = NewJob {
            connector: &connector,
            tool: &version,
            validator: &form.validator,
            input: arguments,
            connection: tool.connection,
            idem_key: self.idempotency_key(tool, arguments),
        };
        jobs::start(&app.db, &app.vault, &app.queue, actor, new, app.clock.now()).await
    }

    /// Returns the key under which the same call, sent twice by one assistant, is one job. Another call has another key. The
    /// key is stored, and the arguments may hold a secret, so the hash is keyed.
    fn idempotency_key(&self, tool: &OfferedTool, arguments: &Value) -> Option<String> {
        let key = self.caller.idempotency_key.as_deref()?;
        let call = json!([self.caller.bearer.program.id.to_string(), key, tool.tool_name().as_str(), arguments]);
        Some(format!("assistant {}", self.app.vault.keyed_hash(&call.to_string())))
    }

    /// Waits for the end of a job, and reports its progress if the assistant asked for it. If the hub stops, the job continues.
    /// If the assistant goes away, the job is cancelled, unless the assistant can ask for it again by its key.
    async fn wait(&self, id: JobId) -> CallToolResult {
        let url = self.job_url(id);
        // the job first: at a stop, assistants go away too
        let waited = tokio::select! {
            biased;
            job = self.wait_with_progress(id) => job,
            () = self.stop.cancelled() => return call_result::restarting(id, &url),
            () = self.context.ct.cancelled() => self.cancel_job(id).await,
        };
        waited.map_or_else(
            |error| {
                tracing::warn!(job.id = %id, error = %error, "Failed to wait for job {id}; the assistant is told to look");
                call_result::out_of_sight(id, &url)
            },
            |job| call_result::of_job(&job, &url),
        )
    }

    /// Waits for the end of a job. No step is reported after it.
    async fn wait_with_progress(&self, id: JobId) -> Result<Job, Error> {
        let (app, actor) = (self.app, &self.caller.bearer.actor);
        let ended = CancellationToken::new();
        let wait = async {
            let job = jobs::wait_for_end(&app.db, &app.live, actor, id, CALL_TIMEOUT).await;
            ended.cancel();
            job
        };
        let Some(token) = self.context.meta.get_progress_token() else { return wait.await };
        let report = ProgressReport { app, caller: self.caller, job: id, token, peer: &self.context.peer };
        let (job, ()) = tokio::join!(wait, report.send(&ended));
        job
    }

    /// Cancels the job of an assistant that went away, unless the assistant can ask for it again. Nobody else would cancel it,
    /// so a database that is away for a moment is asked again.
    async fn cancel_job(&self, id: JobId) -> Result<Job, Error> {
        let (app, actor) = (self.app, &self.caller.bearer.actor);
        let mut delays = CANCEL_RETRY_DELAYS.iter();
        while self.caller.idempotency_key.is_none() {
            match (jobs::cancel(&app.db, &app.live, actor, id, app.clock.now()).await, delays.next()) {
                (Err(Error::Unavailable(_)), Some(delay)) => tokio::time::sleep(*delay).await,
                (canceled, _) => {
                    canceled?;
                    break;
                }
            }
        }
        jobs::find(&app.db, actor, id).await
    }

    fn obstacle_text(&self, tool: &OfferedTool, obstacle: Obstacle) -> String {
        let connector = self.caller.url(self.app, &format!("/connectors/{}", tool.slug));
        match obstacle {
            Obstacle::NotConnected => {
                format!("{} is not connected. Ask its owner to connect it: {connector}/connection", tool.connector)
            }
            Obstacle::Changed => {
                let name = tool.title.as_deref().unwrap_or(&tool.name);
                format!("{name} of {} has changed. Ask its owner to look at the change: {connector}", tool.connector)
            }
        }
    }
}

/// Returns the result for a call that was not accepted.
fn refusal(tool: &OfferedTool, error: Error) -> Result<CallToolResult, ErrorData> {
    match error {
        Error::Invalid(faults) => Ok(call_result::refused(faults_text(&faults))),
        Error::NotFound(_) => Err(unknown_tool(tool.tool_name().as_str())),
        Error::Internal(_) | Error::Unavailable(_) | Error::Locked(_) => Err(internal_error(&error, METHOD)),
        error => Ok(call_result::refused(format!("{error}."))),
    }
}

fn unknown_tool(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("Unknown tool: {name}"), None)
}

/// Returns the faults of arguments, each on a line with its JSON Pointer.
fn faults_text(faults: &FieldFaults) -> String {
    let lines = faults.faults().iter().map(|fault| match fault.field.as_str() {
        "" | "connection" => fault.message.clone(),
        pointer => format!("{pointer}: {}", fault.message),
    });
    std::iter::once("The arguments do not fit.".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}
