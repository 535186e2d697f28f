//! Jobs: calls of tools that are accepted, run, read and cancelled, check-ups of connections, and resources that results link to.
//!
//! Pages and assistants start jobs with [`start`] only. It validates the arguments against the schema of the tool's current
//! version and enqueues the job. A job belongs to one user and names the tool version it runs.
//!
//! Pages, the dashboard and the worker call this module. The worker alone calls [`execute()`], with a lease that the queue
//! gave it: never call it from a request, because only the lease keeps a job from running twice. This module knows no page
//! and no HTTP, and the connections module below cannot call it.

mod checkup;
mod connector_removal;
mod dependent_jobs;
mod execute;
mod filter;
mod json;
mod kind;
mod leased_job;
mod list;
mod neighbours;
mod outcome;
mod prepare;
mod programs;
mod resource;
mod secrets;
mod several;
mod status;
mod store;
mod store_counts;
mod store_keys;
mod store_programs;
mod store_rows;
mod store_trends;
mod tool_runs;
mod tools;
mod tools_changed;
mod trends;
mod unfinished;
mod updates;
mod wait;

pub use checkup::{CHECKUP_NAME, find_latest_checkup, start_checkup};
pub use connector_removal::remove_connector;
pub use dependent_jobs::{DependentJobs, DisconnectResult, disconnect, find_dependent};
pub use execute::{RunResult, execute};
pub use filter::{Filter, StatusFilter, ToolFilter};
pub use json::to_json;
pub use kind::JobKind;
pub use list::{JobList, Listing, RecentJobs, ToolFigures, list, list_newest, list_recent};
pub use neighbours::{Neighbour, Neighbours, find_neighbours};
pub use prepare::Runner;
pub use programs::count_by_program;
pub use resource::{
    LinkedResource, ResourceInput, check_resource_server, find_linking_job, find_resource, open_resource,
};
pub use several::{CanceledJobs, RepeatRefusal, RepeatedJobs, cancel_several, find_refusals, find_rows, repeat};
pub use status::JobStatus;
pub use store::Job;
pub use store_programs::ProgramCalls;
pub use store_rows::JobRow;
pub use tool_runs::{ToolRun, find_run_before, list_tool_runs};
pub use tools::find_tools;
pub use tools_changed::{ToolsChanged, mark_tools_changed, refresh_changed_tools};
pub use trends::{FailureCause, SlowTool, Trends, find_trends, refresh_trends};
pub use unfinished::{JobCounts, MAX_COUNTED, MAX_PINNED, PinnedJobs, count};
pub use updates::{JobListUpdate, ShownRows, finished_rows, list_update};
pub use wait::wait_for_end;

pub use crate::queue::{CancelResult, JobEvent, Position, WaitReason};

use serde_json::Value;

use crate::actor::Actor;
use crate::audit::{self, Action, ActionOutcome, AuditOutcome};
use crate::clock::Timestamp;
use crate::connections;
use crate::connectors::{Connector, ToolVersion};
use crate::db::{Db, Tx};
use crate::error::{Error, Message, Result};
use crate::ids::{ConnectionId, JobId};
use crate::live::Live;
use crate::queue::{self, EnqueueRequest, Enqueuer, Event, EventLevel};
use crate::schema_form::{self, MAX_INPUT_BYTES, Validator};
use crate::telemetry::table;
use crate::vault::Vault;

/// Most events that are read at once: all of a job's, since the queue limits those of a run.
const MAX_EVENTS: i64 = 10_000;

/// A job to start.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// The connector.
    pub connector: &'a Connector,
    /// The definition to run.
    pub tool: &'a ToolVersion,
    /// The compiled schema of the definition.
    pub validator: &'a Validator,
    /// The arguments.
    pub input: &'a Value,
    /// The connection to use. `None` means the default one.
    pub connection: Option<ConnectionId>,
    /// The idempotency key: two calls with one key make one job.
    pub idem_key: Option<String>,
}

/// Starts a job. Once this returns, the job is stored and will run. A repeated key returns the id of the first job. Secret
/// arguments are stored sealed, until the job ends.
///
/// # Errors
/// [`Error::Invalid`] with a JSON Pointer as each fault's field, if the arguments do not fit the tool's schema.
pub async fn start(
    db: &Db,
    vault: &Vault,
    queue: &Enqueuer,
    actor: &Actor,
    new: NewJob<'_>,
    now: Timestamp,
) -> Result<JobId> {
    check_tool(new.connector, new.tool)?;
    validate_input(new.validator, new.input)?;
    let connection_id = connections::choose_for_call(db, actor, new.connector, new.connection, now).await?;
    let job_id = JobId::new(now);
    let split = schema_form::split_secrets(&new.tool.schema, new.input);
    let stored = secrets::seal(db, vault, actor, job_id, split, now).await?;
    let job = EnqueueRequest {
        owner_id: actor.owner_id(),
        started_by: actor.user_id(),
        job_id,
        kind: JobKind::ToolCall.stored_text(),
        connector_id: new.connector.id,
        connection_id,
        tool_version_id: Some(new.tool.id),
        tool_name: new.tool.name.clone(),
        origin: actor.origin(),
        via: actor.via(),
        requester_ip: actor.ip(),
        input: stored.text,
        sealed_secrets: stored.sealed,
        repeatable: new.tool.is_repeatable(),
        idem_key: new.idem_key,
        event: Event::new(EventLevel::Info, "Created", now),
        now,
    };
    Ok(queue.enqueue(job).await?.job_id())
}

/// Checks that a tool can be run, as [`start`] does.
///
/// # Errors
/// [`Error::Stale`] if its server no longer lists the tool, and [`Error::ToolChanged`] while its change waits for its owner.
pub fn check_tool(connector: &Connector, tool: &ToolVersion) -> Result<()> {
    if !tool.is_listed {
        let message = format!("{} no longer lists {}, so it cannot be run", connector.name, tool.label());
        return Err(Error::stale(message, "Choose another tool of this connector"));
    }
    if tool.is_held {
        let message = format!("{} of {} has changed, and is waiting for its owner", tool.label(), connector.name);
        let advice = "See what has changed and accept it, then run the tool";
        return Err(Error::ToolChanged(Message::from(message).with_advice(advice)));
    }
    Ok(())
}

/// Validates arguments as [`start`] does, for a preview of a job. If the hub cannot use the tool's schema, the server judges.
///
/// # Errors
/// [`Error::Invalid`] with a JSON Pointer as each fault's field.
pub fn validate_input(validator: &Validator, input: &Value) -> Result<()> {
    validator.check(input)?;
    let size = input.to_string().len();
    if size > MAX_INPUT_BYTES {
        return Err(Error::field(
            "",
            format!("The input has {} kB, and the hub takes 256 kB: shorten it", size.div_ceil(1024)),
        ));
    }
    Ok(())
}

/// Returns one of the actor's jobs.
///
/// # Errors
/// [`Error::NotFound`] if the actor has no such job.
pub async fn find(db: &Db, actor: &Actor, id: JobId) -> Result<Job> {
    let mut tx = db.enter(actor).await?;
    store::find(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("job"))
}

/// Returns a job and its events after `after`, as of one moment.
pub async fn find_with_events(db: &Db, actor: &Actor, id: JobId, after: Position) -> Result<(Job, Vec<JobEvent>)> {
    let mut tx = db.enter(actor).await?;
    // the job first: its end and its last event are committed together, so a finished job has all its events
    let job = store::find(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("job"))?;
    let events = queue::list_events(&mut tx, actor, id, after, MAX_EVENTS).await?;
    Ok((job, events))
}

/// Cancels a job: at once if it has not started, otherwise by asking its worker to stop.
pub async fn cancel(db: &Db, live: &Live, actor: &Actor, id: JobId, now: Timestamp) -> Result<CancelResult> {
    let mut tx = db.enter(actor).await?;
    let job = store::find(&mut tx, actor.owner_id(), id).await?.ok_or(Error::NotFound("job"))?;
    let canceled = cancel_in(&mut tx, actor, job, "Cancelled on request", now).await?;
    tx.commit().await?;
    match canceled {
        CancelResult::Canceled => count_canceled(1),
        CancelResult::Requested => live.notify_cancels(),
        CancelResult::AlreadyFinished => {}
    }
    live.notify_job(actor.owner_id(), id);
    Ok(canceled)
}

/// Counts jobs that were canceled before they ran, after the commit. The queue counts those that ran.
fn count_canceled(jobs: usize) {
    table::JOBS_FINISHED.add(&["canceled", "none"], jobs as u64);
}

/// Cancels a job in the caller's transaction, which notifies subscribers after its commit. `message` becomes an event.
async fn cancel_in(tx: &mut Tx, actor: &Actor, job: Job, message: &str, now: Timestamp) -> Result<CancelResult> {
    let canceled = queue::cancel(tx, actor, job.id, message, now).await?;
    let action = match canceled {
        // the job never ran: this is its only audit entry
        CancelResult::Canceled => Some(Action::JobFinished {
            job: job.id,
            connector: Some(job.connector_id),
            tool: Some(job.tool_name),
            outcome: ActionOutcome::new(AuditOutcome::Canceled, "canceled", "Cancelled before it started"),
            latency: None,
            request: Some(prepare::masked_input(tx, actor, &job.input, job.tool_version_id).await?),
            response: None,
        }),
        CancelResult::Requested => {
            Some(Action::JobCancelRequested { job: job.id, connector: job.connector_id, tool: job.tool_name })
        }
        CancelResult::AlreadyFinished => None,
    };
    if let Some(action) = action {
        audit::record(tx, actor, &action, now).await?;
    }
    Ok(canceled)
}
