//! Verbs on several jobs at once. Each job keeps its own audit entry, as if the person had acted on it alone.

use serde_json::Value;

use super::kind::JobKind;
use super::resource::{ResourceInput, start_reading};
use super::store::{self, Job};
use super::store_rows::{self, JobRow};
use super::{CancelResult, Filter, NewJob, cancel_in, count_canceled, start, validate_input};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connectors::{self, Connector, Effect, ToolVersion};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::JobId;
use crate::live::Live;
use crate::page::PAGE_LIMIT;
use crate::queue::Enqueuer;
use crate::schema_form::{self, Validator};
use crate::vault::Vault;

/// Finds jobs of the actor, newest first.
///
/// # Errors
/// [`Error::NotFound`] if `ids` is empty, or names a job that the actor does not have.
pub async fn find_rows(db: &Db, actor: &Actor, ids: &[JobId]) -> Result<Vec<JobRow>> {
    let mut tx = db.enter(actor).await?;
    let rows = store_rows::of_keys(&mut tx, actor.owner_id(), ids, &Filter::default(), PAGE_LIMIT).await?;
    if rows.len() == ids.len() && !ids.is_empty() { Ok(rows) } else { Err(Error::NotFound("job")) }
}

/// The results for jobs that were to be canceled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CanceledJobs {
    /// Jobs that had not started, and are canceled.
    pub canceled: usize,
    /// Jobs that run, and are asked to stop.
    pub requested: usize,
    /// Jobs that had finished before.
    pub finished: usize,
}

/// Cancels jobs of the actor, all or none.
pub async fn cancel_several(
    db: &Db,
    live: &Live,
    actor: &Actor,
    ids: &[JobId],
    now: Timestamp,
) -> Result<CanceledJobs> {
    let mut tx = db.enter(actor).await?;
    let mut result = CanceledJobs::default();
    for id in ids {
        let job = store::find(&mut tx, actor.owner_id(), *id).await?.ok_or(Error::NotFound("job"))?;
        match cancel_in(&mut tx, actor, job, "Cancelled on request", now).await? {
            CancelResult::Canceled => result.canceled += 1,
            CancelResult::Requested => result.requested += 1,
            CancelResult::AlreadyFinished => result.finished += 1,
        }
    }
    tx.commit().await?;
    count_canceled(result.canceled);
    if result.requested > 0 {
        live.notify_cancels();
    }
    for id in ids {
        live.notify_job(actor.owner_id(), *id);
    }
    Ok(result)
}

/// The reason why a job cannot be run again with others, but only from its own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatRefusal {
    /// The job has not finished.
    Unfinished,
    /// The job checked a connection.
    Checkup,
    /// The connector or the tool was removed.
    ToolRemoved,
    /// The server of the resource was removed.
    ServerRemoved,
    /// The tool has changed, and its owner has not accepted that.
    ToolHeld,
    /// The tool may destroy, so its owner has to see what is sent.
    Destructive,
    /// Secret arguments were deleted when the job ended.
    Secrets,
    /// The tool has changed, and no longer accepts the input.
    InputOutdated,
}

/// Work that can be repeated as it was.
#[derive(Debug)]
enum Repeatable {
    /// A call of a tool.
    Call(Box<Call>),
    /// The reading of a resource.
    Reading(ResourceInput),
}

/// A call of a tool.
#[derive(Debug)]
struct Call {
    connector: Connector,
    tool: ToolVersion,
    validator: Validator,
    input: Value,
}

/// Returns, for each of the actor's jobs, the reason why it cannot be run again as it was, if there is any.
pub async fn find_refusals(db: &Db, actor: &Actor, ids: &[JobId]) -> Result<Vec<(JobId, Option<RepeatRefusal>)>> {
    let mut refusals = Vec::new();
    for id in ids {
        let job = super::find(db, actor, *id).await?;
        refusals.push((*id, prepare(db, actor, &job).await?.err()));
    }
    Ok(refusals)
}

/// The results for jobs that were to be run again.
#[derive(Clone, Debug, Default)]
pub struct RepeatedJobs {
    /// The new jobs.
    pub started: Vec<JobId>,
    /// The reasons of those that could not be started, for people.
    pub failures: Vec<String>,
}

/// Runs jobs of the actor again, with the same input and through the same connections. Two calls with one `key` start each
/// job once.
pub async fn repeat(
    db: &Db,
    vault: &Vault,
    queue: &Enqueuer,
    actor: &Actor,
    ids: &[JobId],
    key: &str,
    now: Timestamp,
) -> Result<RepeatedJobs> {
    let mut result = RepeatedJobs::default();
    for id in ids {
        let job = super::find(db, actor, *id).await?;
        let Ok(work) = prepare(db, actor, &job).await? else { continue };
        let idem_key = format!("{key} {id}");
        let started = match &work {
            Repeatable::Call(call) => {
                let new = NewJob {
                    connector: &call.connector,
                    tool: &call.tool,
                    validator: &call.validator,
                    input: &call.input,
                    connection: Some(job.connection_id),
                    idem_key: Some(idem_key),
                };
                start(db, vault, queue, actor, new, now).await
            }
            Repeatable::Reading(resource) => start_reading(db, queue, actor, &job, resource, idem_key, now).await,
        };
        match started {
            Ok(started) => result.started.push(started),
            Err(Error::Internal(error)) => return Err(Error::Internal(error)),
            Err(refused) => result.failures.push(format!("{}: {refused}", work.label())),
        }
    }
    Ok(result)
}

impl Repeatable {
    /// Returns the name for people.
    fn label(&self) -> &str {
        match self {
            Self::Call(call) => call.tool.label(),
            Self::Reading(resource) => &resource.name,
        }
    }
}

/// Reads what a job did, if it can be done again without its form.
async fn prepare(db: &Db, actor: &Actor, job: &Job) -> Result<Result<Repeatable, RepeatRefusal>> {
    if !job.status.is_final() {
        return Ok(Err(RepeatRefusal::Unfinished));
    }
    match job.kind {
        JobKind::Checkup => return Ok(Err(RepeatRefusal::Checkup)),
        JobKind::ResourceRead => return Ok(prepare_reading(job)),
        JobKind::ToolCall => {}
    }
    let Some(slug) = &job.connector_slug else { return Ok(Err(RepeatRefusal::ToolRemoved)) };
    let (connector, tool) = match connectors::find_tool(db, actor, slug, &job.tool_name).await {
        Ok(found) if found.1.is_listed => found,
        Ok(_) | Err(Error::NotFound(_)) => return Ok(Err(RepeatRefusal::ToolRemoved)),
        Err(other) => return Err(other),
    };
    if tool.is_held {
        return Ok(Err(RepeatRefusal::ToolHeld));
    }
    if tool.effect() == Effect::Destructive {
        return Ok(Err(RepeatRefusal::Destructive));
    }
    let input: Value = serde_json::from_str(&job.input).unwrap_or_default();
    let split = schema_form::split_secrets(&tool.schema, &input);
    if !split.secrets.is_empty() || !split.missing.is_empty() {
        return Ok(Err(RepeatRefusal::Secrets));
    }
    let validator = Validator::compile(&tool.schema);
    if validate_input(&validator, &input).is_err() {
        return Ok(Err(RepeatRefusal::InputOutdated));
    }
    Ok(Ok(Repeatable::Call(Box::new(Call { connector, tool, validator, input }))))
}

fn prepare_reading(job: &Job) -> Result<Repeatable, RepeatRefusal> {
    let resource = job.resource().filter(|_| job.has_resource_server());
    resource.map(Repeatable::Reading).ok_or(RepeatRefusal::ServerRemoved)
}
