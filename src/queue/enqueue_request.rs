//! A job to enqueue, and the decision about it.

use std::net::IpAddr;

use super::event::Event;
use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::ids::{ConnectionId, ConnectorId, JobId, OwnerId, ProgramId, ToolVersionId, UserId};

/// A job to enqueue. The caller has validated the input and applied its policy.
#[derive(Clone, Debug)]
pub struct EnqueueRequest {
    /// The job's owner.
    pub owner_id: OwnerId,
    /// The user who starts the job.
    pub started_by: UserId,
    /// The job's new id.
    pub job_id: JobId,
    /// The job type, such as `tool.call`.
    pub kind: &'static str,
    /// The connector.
    pub connector_id: ConnectorId,
    /// The owner's connection to the connector.
    pub connection_id: ConnectionId,
    /// The tool version that the input was validated against. `None` if the job runs no tool.
    pub tool_version_id: Option<ToolVersionId>,
    /// The name of the tool or of the work, for lists.
    pub tool_name: String,
    /// The origin of the request.
    pub origin: Origin,
    /// The program that asks for the job.
    pub via: Option<ProgramId>,
    /// The network address of the request, for the audit entry of the job.
    pub requester_ip: Option<IpAddr>,
    /// The arguments as JSON text, without the secret ones.
    pub input: String,
    /// The secret arguments, sealed. They are deleted when the job ends.
    pub sealed_secrets: Option<Vec<u8>>,
    /// True if running the job twice does no harm, so that it may run again after a crash.
    pub repeatable: bool,
    /// Two requests of one owner with the same key within a day become one job. At most 200 characters.
    pub idem_key: Option<String>,
    /// The first event of the job.
    pub event: Event,
    /// The time of the request.
    pub now: Timestamp,
}

/// The result of enqueuing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnqueueResult {
    /// The job is in the queue.
    New(JobId),
    /// The idempotency key was used before, by this job. Nothing was written.
    Duplicate(JobId),
}

impl EnqueueResult {
    /// The new job, or the one that has the key.
    #[must_use]
    pub const fn job_id(self) -> JobId {
        match self {
            Self::New(id) | Self::Duplicate(id) => id,
        }
    }
}

/// The decision about one request, made by the statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum EnqueueDecision {
    Accepted(EnqueueResult),
    NoConnection,
    Full,
}

impl EnqueueDecision {
    /// The job, if it is new in the queue.
    pub(super) const fn new_job(&self) -> Option<JobId> {
        match self {
            Self::Accepted(EnqueueResult::New(id)) => Some(*id),
            _ => None,
        }
    }
}
