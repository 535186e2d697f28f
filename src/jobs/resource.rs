//! Resources as jobs. A tool's result may link to a resource of its MCP server; the job reads it there, through the same connection.
//!
//! A person names a link by its place in the result of one of their jobs. No address comes from a request, so nobody can make
//! the hub read an address of their own choice.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::JobKind;
use super::store::{self, Job};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections;
use crate::connectors::{self, Transport};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::JobId;
use crate::queue::{EnqueueRequest, Enqueuer, Event, EventLevel};
use crate::tool_result::{ResourceLink, find_link};

/// Most characters of the name of a resource.
const MAX_NAME_LENGTH: usize = 100;

/// Longest address that the hub sends back to a server, in bytes.
const MAX_URI_BYTES: usize = 16 * 1024;

/// The input of a job that reads a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceInput {
    /// Address at the server, as the server spells it.
    pub uri: String,
    /// Name for people, shortened if it is long.
    pub name: String,
    /// The job whose result has the link.
    pub job: JobId,
    /// Place of the link in the content of that result.
    pub block: usize,
}

/// A link in the result of a job.
#[derive(Debug)]
pub struct LinkedResource {
    /// The job that has the result.
    pub job: Job,
    /// The link.
    pub link: ResourceLink,
}

impl Job {
    /// Returns what the job reads, if it reads a resource.
    #[must_use]
    pub fn resource(&self) -> Option<ResourceInput> {
        (self.kind == JobKind::ResourceRead).then(|| serde_json::from_str(&self.input).ok()).flatten()
    }

    /// Returns true if the resources that its result links to can be read: its server speaks MCP, and is still there.
    #[must_use]
    pub fn has_resource_server(&self) -> bool {
        self.transport == Some(Transport::Mcp) && self.connector_slug.is_some()
    }
}

/// Finds the link at a place in the result of one of the actor's jobs.
///
/// # Errors
/// [`Error::NotFound`] if the actor has no such job, or its result has no such link.
pub async fn find_resource(db: &Db, actor: &Actor, job: JobId, block: usize) -> Result<LinkedResource> {
    let job = super::find(db, actor, job).await?;
    let result: Option<Value> = job.output.as_deref().and_then(|output| serde_json::from_str(output).ok());
    let link = result.and_then(|result| find_link(&result, block)).filter(|_| job.transport == Some(Transport::Mcp));
    Ok(LinkedResource { link: link.ok_or(Error::NotFound("resource"))?, job })
}

/// Checks that [`open_resource`] would read the resources that a job's result links to.
///
/// # Errors
/// [`Error::Conflict`] if the connector was removed or turned off, or if its connection cannot be used.
pub async fn check_resource_server(db: &Db, actor: &Actor, job: &Job) -> Result<()> {
    let service = job.connector.as_deref().unwrap_or("The server");
    let refused = |what: &str, advice: String| {
        Err(Error::conflict(format!("{service} {what}, so its resources cannot be opened"), advice))
    };
    if !job.has_resource_server() {
        return refused("was removed", "Add the server again, and run the tool".to_owned());
    }
    let mut tx = db.enter(actor).await?;
    connectors::get(&mut tx, actor, job.connector_id).await?.check_is_on()?;
    match connections::find(&mut tx, actor, job.connection_id).await {
        Ok(connection) if connection.status.is_usable() => Ok(()),
        Ok(connection) => {
            let label = &connection.label;
            refused(
                &format!("is not connected through “{label}”"),
                format!("Connect {service} again, then open the resource"),
            )
        }
        Err(Error::NotFound(_)) => {
            refused("is no longer connected", format!("Connect {service}, and run the tool again"))
        }
        Err(other) => Err(other),
    }
}

/// Starts a job that reads the resource behind a link. A repeated `key` returns the id of the first job.
///
/// # Errors
/// Those of [`find_resource`] and [`check_resource_server`], and [`Error::Limited`] if too many jobs wait.
pub async fn open_resource(
    db: &Db,
    queue: &Enqueuer,
    actor: &Actor,
    (job, block): (JobId, usize),
    key: &str,
    now: Timestamp,
) -> Result<JobId> {
    let LinkedResource { job, link } = find_resource(db, actor, job, block).await?;
    let input = ResourceInput { uri: link.uri, name: short(&link.name), job: job.id, block };
    start_reading(db, queue, actor, &job, &input, format!("resource {} {block} {key}", job.id), now).await
}

/// Starts a job that reads a resource at the server of another job, through the same connection.
pub(super) async fn start_reading(
    db: &Db,
    queue: &Enqueuer,
    actor: &Actor,
    beside: &Job,
    input: &ResourceInput,
    key: String,
    now: Timestamp,
) -> Result<JobId> {
    check_resource_server(db, actor, beside).await?;
    if input.uri.len() > MAX_URI_BYTES {
        let text = format!("The address of {} is longer than 16 kB", input.name);
        return Err(Error::conflict(text, "Ask the server’s operator for a shorter one"));
    }
    let job = EnqueueRequest {
        owner_id: actor.owner_id(),
        started_by: actor.user_id(),
        job_id: JobId::new(now),
        kind: JobKind::ResourceRead.stored_text(),
        connector_id: beside.connector_id,
        connection_id: beside.connection_id,
        tool_version_id: None,
        tool_name: format!("Open resource {}", input.name),
        origin: actor.origin(),
        via: actor.via(),
        requester_ip: actor.ip(),
        input: serde_json::to_string(input).map_err(Error::internal)?,
        sealed_secrets: None,
        // it changes nothing
        repeatable: true,
        idem_key: Some(key),
        event: Event::new(EventLevel::Info, "Created", now),
        now,
    };
    Ok(queue.enqueue(job).await?.job_id())
}

/// Returns the job whose result has the link, in the caller's transaction.
pub async fn find_linking_job(tx: &mut Tx, actor: &Actor, resource: &ResourceInput) -> Result<Option<Job>> {
    Ok(store::find(tx, actor.owner_id(), resource.job).await?)
}

fn short(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME_LENGTH) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME_LENGTH, short};

    #[test]
    fn only_a_long_name_is_cut() {
        let name = "é".repeat(MAX_NAME_LENGTH);
        assert_eq!((short(&name), short(&format!("{name}é"))), (name.clone(), format!("{name}…")));
    }
}
