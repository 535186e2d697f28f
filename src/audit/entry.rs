//! Entries as they are read: a row of the list, its erasable part, the whole entry, and the short form of the dashboard.

use super::action_name::ActionName;
use super::stored::{ActorKind, AuditOutcome, Stored};
use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::ids::{AuditId, ConnectorId, JobId, UserId};

/// An entry without its body.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Key.
    pub id: AuditId,
    /// Name of the action.
    pub action: Stored<ActionName>,
    /// Kind of the actor.
    pub actor: ActorKind,
    /// User who acted, or for whom the system acted. The owner of the log, if nobody else is known.
    pub user_id: UserId,
    /// Origin of the action.
    pub origin: Stored<Origin>,
    /// Noun of the target.
    pub target_kind: Option<String>,
    /// Id of the target.
    pub target_id: Option<String>,
    /// Name of the connector, if it still exists.
    pub connector: Option<String>,
    /// Tool that ran, by its name at the server.
    pub tool_name: Option<String>,
    /// Title of the version that ran, while its job is stored.
    pub tool_title: Option<String>,
    /// Job of the entry.
    pub job_id: Option<JobId>,
    /// Outcome of the action.
    pub outcome: AuditOutcome,
    /// Code of the cause.
    pub error_class: Option<String>,
    /// Duration in milliseconds.
    pub latency_ms: Option<i32>,
    /// Time of the action.
    pub created_at: Timestamp,
}

/// The stored part of a body, without request and response.
#[derive(Clone, Debug)]
pub struct EntryContext {
    /// Id of the entry.
    pub entry_id: AuditId,
    /// Cause in words.
    pub error: Option<String>,
    /// Network address of the actor.
    pub ip: Option<String>,
    /// User agent of the actor.
    pub agent: Option<String>,
}

/// An entry with its body.
#[derive(Clone, Debug)]
pub struct EntryDetail {
    /// Key.
    pub id: AuditId,
    /// Name of the action.
    pub action: Stored<ActionName>,
    /// Kind of the actor.
    pub actor: ActorKind,
    /// User who acted, or for whom the system acted. The owner of the log, if nobody else is known.
    pub user_id: UserId,
    /// Origin of the action.
    pub origin: Stored<Origin>,
    /// Noun of the target.
    pub target_kind: Option<String>,
    /// Id of the target.
    pub target_id: Option<String>,
    /// Connector involved.
    pub connector_id: Option<ConnectorId>,
    /// Name of the connector, if it still exists.
    pub connector: Option<String>,
    /// Slug of the connector, if the viewer can open it.
    pub connector_slug: Option<String>,
    /// Label of the connection that was created or used, if it still exists.
    pub connection: Option<String>,
    /// Tool that ran, by its name at the server.
    pub tool_name: Option<String>,
    /// Title of the version that ran, while its job is stored.
    pub tool_title: Option<String>,
    /// Job, if it is still stored.
    pub job_id: Option<JobId>,
    /// Name of the assistant or the token through which the user acted.
    pub program: Option<String>,
    /// Outcome of the action.
    pub outcome: AuditOutcome,
    /// Code of the cause.
    pub error_class: Option<String>,
    /// Cause in words.
    pub error: Option<String>,
    /// Duration in milliseconds.
    pub latency_ms: Option<i32>,
    /// True if there was a request; without its text it is no longer stored.
    pub had_request: bool,
    /// Redacted request as JSON text.
    pub request: Option<String>,
    /// True if there was a response; without its text it is no longer stored.
    pub had_response: bool,
    /// Redacted response as JSON text.
    pub response: Option<String>,
    /// Network address of the actor.
    pub ip: Option<String>,
    /// User agent of the actor.
    pub agent: Option<String>,
    /// Time of the action.
    pub created_at: Timestamp,
}

/// An entry in short form.
#[derive(Clone, Debug)]
pub struct RecentEntry {
    /// Key.
    pub id: AuditId,
    /// Name of the action.
    pub action: Stored<ActionName>,
    /// Name of the connector, if it still exists.
    pub connector: Option<String>,
    /// Tool that ran, by its name at the server.
    pub tool_name: Option<String>,
    /// Title of the version that ran, while its job is stored.
    pub tool_title: Option<String>,
    /// Outcome of the action.
    pub outcome: AuditOutcome,
    /// Time of the action.
    pub created_at: Timestamp,
}
