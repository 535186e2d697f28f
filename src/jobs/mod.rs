//! A tool invocation: accepted, run, watched, cancelled.
//!
//! Whoever asks (a page, an assistant), this is the one way in: [`start`] checks the arguments against the schema of the
//! tool's current version and hands the job to the queue. A job belongs to one user and names the version it runs.

mod checkup;
mod execute;
mod filter;
mod json;
mod keys;
mod list;
mod news;
mod of_connection;
mod of_connector;
mod outcome;
mod run;
mod status;
mod store;
mod tool_news;

pub use checkup::{CHECKUP, check_up, newest_checkup};
pub use execute::{Ran, execute};
pub use filter::{Filter, Stage};
pub use json::to_json;
pub use list::{Listing, list, newest};
pub use news::{News, Shown, news};
pub use of_connection::{Dependants, Disconnected, dependants, disconnect};
pub use of_connector::{OfConnector, of_connector};
pub use run::Runner;
pub use status::Status;
pub use store::{Job, JobRow};
pub use tool_news::{ToolNews, mark_tools_changed, refresh_changed_tools};

pub use crate::queue::Canceled;
pub use crate::queue::events::{Position, Written};

use serde_json::Value;

use crate::actor::Actor;
use crate::audit::{self, Action, CallOutcome};
use crate::clock::Timestamp;
use crate::connections;
use crate::connectors::{Connector, ToolVersion};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, JobId};
use crate::live::Live;
use crate::queue::events::{self, Event, Level};
use crate::queue::{self, Accept, Accepter};
use crate::schema_form::Validator;

/// Longest part of a log that is read at once: all of it, as the queue cuts longer ones.
const MOST_LINES: i64 = 10_000;

/// Arguments may not be longer than this as JSON text.
const LONGEST_INPUT: usize = 256 * 1024;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// The service.
    pub connector: &'a Connector,
    /// The definition to run.
    pub tool: &'a ToolVersion,
    /// The arguments.
    pub input: &'a Value,
    /// Through which of the actor's connections; none: the one that is used by default.
    pub connection: Option<ConnectionId>,
    /// Two calls with the same key make one job.
    pub idem_key: Option<String>,
}

/// Accepts a job: once this returns it is in the database and will run. A repeated key returns the first one's id.
///
/// # Errors
/// [`Error::Invalid`] with a JSON Pointer as each fault's field, if the arguments do not fit the tool's schema.
pub async fn start(db: &Db, queue: &Accepter, actor: &Actor, new: NewJob<'_>, now: Timestamp) -> Result<JobId> {
    if !new.tool.is_listed {
        let gone = format!("{} no longer lists {}, so it cannot be run", new.connector.name, new.tool.label());
        return Err(Error::Conflict(gone));
    }
    Validator::compile(&new.tool.schema)?.check(new.input)?;
    let input = new.input.to_string();
    if input.len() > LONGEST_INPUT {
        return Err(Error::field("", "The input must be 256 kB or smaller"));
    }
    let connection_id = connections::choose_for_call(db, actor, new.connector, new.connection, now).await?;
    let job = Accept {
        user_id: actor.user_id(),
        job_id: JobId::new(now),
        kind: "tool.call",
        connector_id: new.connector.id,
        connection_id,
        tool_version_id: Some(new.tool.id),
        tool_name: new.tool.name.clone(),
        origin: actor.origin(),
        input,
        repeatable: new.tool.is_repeatable(),
        idem_key: new.idem_key,
        event: Event::new(Level::Info, "Accepted", now),
        now,
    };
    Ok(queue.accept(job).await?.job_id())
}

/// One job.
pub async fn find(db: &Db, actor: &Actor, id: JobId) -> Result<Job> {
    let mut tx = db.as_user(actor).await?;
    store::find(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("job"))
}

/// A job and its log after `after`, as of one moment.
pub async fn watch(db: &Db, actor: &Actor, id: JobId, after: Position) -> Result<(Job, Vec<Written>)> {
    let mut tx = db.as_user(actor).await?;
    // the job first: its end and its last line are committed together, so a job that is read as over has them all
    let job = store::find(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("job"))?;
    let log = events::after(&mut tx, actor, id, after, MOST_LINES).await?;
    Ok((job, log))
}

/// Stops a job: at once if it has not started, else by telling its worker.
pub async fn cancel(db: &Db, live: &Live, actor: &Actor, id: JobId, now: Timestamp) -> Result<Canceled> {
    let mut tx = db.as_user(actor).await?;
    let job = store::find(&mut tx, actor.user_id(), id).await?.ok_or(Error::NotFound("job"))?;
    let canceled = cancel_in(&mut tx, actor, job, "Cancelled by its owner", now).await?;
    tx.commit().await?;
    if canceled == Canceled::Asked {
        live.wake_cancels();
    }
    live.job_changed(actor.user_id(), id);
    Ok(canceled)
}

/// The same in the caller's transaction; `words` is what the job's log says. Nobody is told yet.
async fn cancel_in(tx: &mut Tx, actor: &Actor, job: Job, words: &str, now: Timestamp) -> Result<Canceled> {
    let canceled = queue::cancel(tx, actor, job.id, words, now).await?;
    let action = match canceled {
        // it never ran: this is its end, and its one entry
        Canceled::Ended => Some(Action::JobFinished {
            job: job.id,
            connector: Some(job.connector_id),
            tool: Some(job.tool_name),
            outcome: CallOutcome::Error {
                class: "canceled".to_owned(),
                message: "Cancelled before it started".to_owned(),
            },
            latency: None,
            request: Some(run::masked_input(tx, actor, &job.input, job.tool_version_id).await?),
            response: None,
        }),
        Canceled::Asked => {
            Some(Action::JobCancelRequested { job: job.id, connector: job.connector_id, tool: job.tool_name })
        }
        Canceled::TooLate => None,
    };
    if let Some(action) = action {
        audit::record(tx, actor, &action, now).await?;
    }
    Ok(canceled)
}
