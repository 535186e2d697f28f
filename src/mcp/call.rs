//! `tools/call`: a call as a job, whose end the caller waits for.

use std::convert::Infallible;
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorData};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::call_result;
use super::caller::Caller;
use super::failure::internal_error;
use super::progress::ProgressReport;
use crate::app::App;
use crate::assistants::{self, Obstacle, OfferedTool};
use crate::connectors;
use crate::error::{Error, FieldFaults};
use crate::ids::JobId;
use crate::jobs::{self, Job, NewJob};

/// The longest wait for the end of a job. Longer jobs continue, and their page has the result.
const CALL_TIMEOUT: Duration = Duration::from_secs(5 * 60);

const METHOD: &str = "tools/call";

/// A call of a tool, and the signals that end the wait for it.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
    /// The request, which is cancelled when the assistant disconnects or cancels.
    pub(super) context: &'a RequestContext<RoleServer>,
    /// Cancelled when the hub stops.
    pub(super) stop: &'a CancellationToken,
}

impl Call<'_> {
    /// Runs the tool as a job, and returns its result. What keeps a tool from being run is a result with an error, which a
    /// language model reads.
    ///
    /// # Errors
    /// Returns an error of the protocol if the caller has no tool of this name, and if the hub fails.
    pub(super) async fn run(self, request: CallToolRequestParams) -> Result<CallToolResult, ErrorData> {
        let found = assistants::find_offered(&self.app.db, &self.caller.bearer.actor, &request.name).await;
        let tool = found.map_err(|error| internal_error(&error, METHOD))?.ok_or_else(|| unknown_tool(&request.name))?;
        if let Some(obstacle) = tool.obstacle {
            return Ok(call_result::refused(self.obstacle_text(&tool, obstacle)));
        }
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        match self.start(&tool, &arguments).await {
            Ok(job) => self.wait(job).await,
            Err(error) => refusal(&tool, error),
        }
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
        let call = json!([self.caller.bearer.token.id, key, tool.tool_name().as_str(), arguments]);
        Some(format!("assistant {}", self.app.vault.keyed_hash(&call.to_string())))
    }

    /// Waits for the end of a job, and reports its progress if the assistant asked for it. If the hub stops, the job continues.
    /// If the assistant goes away, the job is cancelled, unless the assistant can ask for it again by its key.
    async fn wait(&self, id: JobId) -> Result<CallToolResult, ErrorData> {
        let (app, actor) = (self.app, &self.caller.bearer.actor);
        let url = self.caller.url(app, &format!("/jobs/{id}"));
        let waited = tokio::select! {
            job = jobs::wait_for_end(&app.db, &app.live, actor, id, CALL_TIMEOUT) => job,
            () = self.stop.cancelled() => return Ok(call_result::restarting(id, &url)),
            never = self.report_progress(id) => match never {},
            () = self.context.ct.cancelled() => self.cancel_job(id).await,
        };
        match waited {
            Ok(job) => Ok(call_result::of_job(&job, &url)),
            Err(error) => Err(internal_error(&error, METHOD)),
        }
    }

    /// Cancels the job of an assistant that went away, unless the assistant can ask for it again.
    async fn cancel_job(&self, id: JobId) -> Result<Job, Error> {
        let (app, actor) = (self.app, &self.caller.bearer.actor);
        if self.caller.idempotency_key.is_none() {
            jobs::cancel(&app.db, &app.live, actor, id, app.clock.now()).await?;
        }
        jobs::find(&app.db, actor, id).await
    }

    async fn report_progress(&self, job: JobId) -> Infallible {
        match self.context.meta.get_progress_token() {
            Some(token) => {
                let (app, caller, peer) = (self.app, self.caller, &self.context.peer);
                ProgressReport { app, caller, job, token, peer }.send().await
            }
            None => std::future::pending().await,
        }
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
