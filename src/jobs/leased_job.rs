//! A leased job with what its audit entry names: the person who asked for it, where they asked, connector and tool.

use super::store::Job;
use crate::actor::Actor;
use crate::audit::{Action, ActionOutcome, PreparedEntry};
use crate::clock::Timestamp;
use crate::ids::ConnectorId;
use crate::queue::{JobOutcome, Lease};

/// A leased job, as its audit entry names it.
pub(super) struct LeasedJob<'a> {
    pub(super) lease: &'a Lease,
    requester: Actor,
    connector: Option<ConnectorId>,
    tool: Option<String>,
}

/// The end of a run, besides its outcome.
#[derive(Default)]
pub(super) struct RunEnd<'a> {
    pub(super) class: &'a str,
    pub(super) message: &'a str,
    pub(super) request: Option<String>,
    pub(super) response: Option<String>,
}

impl<'a> LeasedJob<'a> {
    /// Names a job that was read. `actor` is the hub, on behalf of the person who asked.
    pub(super) fn new(lease: &'a Lease, actor: &Actor, job: &Job) -> Self {
        Self {
            lease,
            requester: job.requester(actor),
            connector: Some(job.connector_id),
            tool: Some(job.tool_name.clone()),
        }
    }

    /// Names a job that could not be read: only its owner is known.
    pub(super) const fn unread(lease: &'a Lease, actor: Actor) -> Self {
        Self { lease, requester: actor, connector: None, tool: None }
    }

    /// Returns the entry about the end of the job.
    pub(super) fn entry(&self, outcome: JobOutcome, end: RunEnd<'_>, now: Timestamp) -> PreparedEntry {
        let action = Action::JobFinished {
            job: self.lease.job_id(),
            connector: self.connector,
            tool: self.tool.clone(),
            outcome: ActionOutcome::new(outcome.into(), end.class, end.message),
            latency: Some((now - self.lease.started_at()).unsigned_abs()),
            request: end.request,
            response: end.response,
        };
        PreparedEntry::new(&self.requester, &action, now)
    }
}
