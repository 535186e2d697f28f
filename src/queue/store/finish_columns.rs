//! Arrays for the statement that finishes a batch of runs: a struct for each `unnest`, a field for each column.

use uuid::Uuid;

use super::column;
use crate::audit::PreparedEntry;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, EventId, JobId, ProgramId, UserId};
use crate::queue::event::NumberedEvent;
use crate::queue::run::{FinishRecord, JobEnd};

/// Columns of the finished runs.
pub(super) struct RunColumns<'a> {
    pub(super) job_id: Vec<Uuid>,
    /// Run number of the lease. A run that lost its lease matches no row.
    pub(super) fence: Vec<i32>,
    pub(super) run_no: Vec<i32>,
    pub(super) outcome: Vec<Option<&'static str>>,
    pub(super) error_class: Vec<Option<&'a str>>,
    pub(super) error: Vec<Option<&'a str>>,
    pub(super) output: Vec<Option<&'a str>>,
    pub(super) finished_at: Vec<Timestamp>,
    pub(super) run_at: Vec<Option<Timestamp>>,
    pub(super) reason: Vec<Option<&'static str>>,
    pub(super) crashed: Vec<bool>,
    pub(super) is_use: Vec<bool>,
}

impl<'a> RunColumns<'a> {
    pub(super) fn from_records(records: &'a [FinishRecord]) -> Self {
        let ends: Vec<EndColumns> = records.iter().map(|it| EndColumns::from(&it.end)).collect();
        Self {
            job_id: column(records, |it| it.run.job_id.uuid()),
            fence: column(records, |it| it.run.run_no),
            run_no: column(records, |it| it.as_run),
            outcome: ends.iter().map(|it| it.outcome).collect(),
            error_class: ends.iter().map(|it| it.error_class).collect(),
            error: ends.iter().map(|it| it.error).collect(),
            output: ends.iter().map(|it| it.output).collect(),
            finished_at: column(records, |it| it.now),
            run_at: ends.iter().map(|it| it.run_at).collect(),
            reason: ends.iter().map(|it| it.reason).collect(),
            crashed: column(records, |it| it.crashed),
            is_use: column(records, |it| it.is_use),
        }
    }
}

/// Columns of the events of these runs.
pub(super) struct EventColumns<'a> {
    pub(super) job_id: Vec<Uuid>,
    pub(super) run_no: Vec<i32>,
    pub(super) n: Vec<i32>,
    pub(super) id: Vec<Uuid>,
    pub(super) level: Vec<&'a str>,
    pub(super) message: Vec<&'a str>,
    pub(super) data: Vec<Option<&'a str>>,
    pub(super) ts: Vec<Timestamp>,
}

impl<'a> EventColumns<'a> {
    pub(super) fn from_records(records: &'a [FinishRecord]) -> Self {
        let events: Vec<&'a NumberedEvent> = records.iter().flat_map(|it| &it.events).collect();
        Self {
            job_id: column(&events, |it| it.job_id.uuid()),
            run_no: column(&events, |it| it.run_no),
            n: column(&events, |it| it.n),
            id: column(&events, |it| EventId::new(it.event.at).uuid()),
            level: events.iter().map(|it| it.event.level.as_str()).collect(),
            message: events.iter().map(|it| it.event.message.as_str()).collect(),
            data: events.iter().map(|it| it.event.data.as_deref()).collect(),
            ts: column(&events, |it| it.event.at),
        }
    }
}

/// Columns of the audit entries of these runs, with their bodies.
pub(super) struct AuditColumns<'a> {
    pub(super) job_id: Vec<Uuid>,
    pub(super) id: Vec<Uuid>,
    pub(super) action: Vec<&'a str>,
    pub(super) actor: Vec<&'a str>,
    pub(super) origin: Vec<&'a str>,
    pub(super) target_kind: Vec<Option<&'a str>>,
    pub(super) target_id: Vec<Option<&'a str>>,
    pub(super) connector_id: Vec<Option<Uuid>>,
    pub(super) tool_name: Vec<Option<&'a str>>,
    pub(super) outcome: Vec<&'a str>,
    pub(super) error_class: Vec<Option<&'a str>>,
    pub(super) latency_ms: Vec<Option<i32>>,
    pub(super) request_digest: Vec<Option<&'a [u8]>>,
    pub(super) response_digest: Vec<Option<&'a [u8]>>,
    pub(super) identity_digest: Vec<Option<&'a [u8]>>,
    pub(super) created_at: Vec<Timestamp>,
    pub(super) request: Vec<Option<&'a str>>,
    pub(super) response: Vec<Option<&'a str>>,
    pub(super) error: Vec<Option<&'a str>>,
    pub(super) ip: Vec<Option<&'a str>>,
    pub(super) agent: Vec<Option<&'a str>>,
    pub(super) salt: Vec<&'a [u8]>,
    pub(super) actor_id: Vec<Option<Uuid>>,
    pub(super) via: Vec<Option<Uuid>>,
}

impl<'a> AuditColumns<'a> {
    pub(super) fn from_records(records: &'a [FinishRecord]) -> Self {
        let audited: Vec<(JobId, &'a PreparedEntry)> =
            records.iter().filter_map(|it| Some((it.run.job_id, it.audit.as_ref()?))).collect();
        let entries: Vec<&'a PreparedEntry> = audited.iter().map(|(_, entry)| *entry).collect();
        Self {
            job_id: column(&audited, |(job, _)| job.uuid()),
            id: column(&entries, |it| it.id.uuid()),
            action: entries.iter().map(|it| it.action.as_str()).collect(),
            actor: entries.iter().map(|it| it.actor.as_str()).collect(),
            origin: entries.iter().map(|it| it.origin.as_str()).collect(),
            target_kind: entries.iter().map(|it| it.target_kind.as_deref()).collect(),
            target_id: entries.iter().map(|it| it.target_id.as_deref()).collect(),
            connector_id: column(&entries, |it| it.connector_id.map(ConnectorId::uuid)),
            tool_name: entries.iter().map(|it| it.tool_name.as_deref()).collect(),
            outcome: entries.iter().map(|it| it.outcome.as_str()).collect(),
            error_class: entries.iter().map(|it| it.error_class.as_deref()).collect(),
            latency_ms: column(&entries, |it| it.latency_ms),
            request_digest: entries.iter().map(|it| it.request_digest.as_deref()).collect(),
            response_digest: entries.iter().map(|it| it.response_digest.as_deref()).collect(),
            identity_digest: entries.iter().map(|it| it.identity_digest.as_deref()).collect(),
            created_at: column(&entries, |it| it.created_at),
            request: entries.iter().map(|it| it.request.as_deref()).collect(),
            response: entries.iter().map(|it| it.response.as_deref()).collect(),
            error: entries.iter().map(|it| it.error.as_deref()).collect(),
            ip: entries.iter().map(|it| it.ip.as_deref()).collect(),
            agent: entries.iter().map(|it| it.agent.as_deref()).collect(),
            salt: entries.iter().map(|it| it.salt.as_slice()).collect(),
            actor_id: column(&entries, |it| it.actor_id.map(UserId::uuid)),
            via: column(&entries, |it| it.via.map(ProgramId::uuid)),
        }
    }
}

/// A [`JobEnd`] as columns: `outcome` if the job is finished, `reason` if it waits, neither if it is ready again.
#[derive(Default)]
struct EndColumns<'a> {
    outcome: Option<&'static str>,
    error_class: Option<&'a str>,
    error: Option<&'a str>,
    output: Option<&'a str>,
    run_at: Option<Timestamp>,
    reason: Option<&'static str>,
}

impl<'a> From<&'a JobEnd> for EndColumns<'a> {
    fn from(end: &'a JobEnd) -> Self {
        match end {
            JobEnd::Complete { outcome, error_class, error, output } => Self {
                outcome: Some(outcome.stored_text()),
                error_class: error_class.as_deref(),
                error: error.as_deref(),
                output: output.as_deref(),
                ..Self::default()
            },
            JobEnd::RetryLater { run_at, reason } => {
                Self { run_at: Some(*run_at), reason: Some(reason.stored_text()), ..Self::default() }
            }
            JobEnd::Release => Self::default(),
        }
    }
}
