//! Entries with their bodies, ready to be written: by `record` at once, or by the queue when it completes a batch.

use sha2::{Digest, Sha256};

use super::action::Action;
use super::action_columns::ActionColumns;
use super::action_name::ActionName;
use super::stored::{ActorKind, AuditOutcome};
use crate::actor::{Actor, Origin};
use crate::clock::Timestamp;
use crate::ids::{AuditId, ConnectorId, JobId, OwnerId, ProgramId, UserId};

/// The columns of `audit_entries` and `audit_bodies`.
#[derive(Clone, Debug)]
pub struct PreparedEntry {
    /// Key of both rows.
    pub id: AuditId,
    /// Owner of the log.
    pub owner_id: OwnerId,
    /// User who acted, or for whom the system acted; `None` if the hub acted for nobody.
    pub actor_id: Option<UserId>,
    /// Program through which the user acted.
    pub via: Option<ProgramId>,
    /// Name of the action.
    pub action: ActionName,
    /// Kind of the actor.
    pub actor: ActorKind,
    /// Origin of the action.
    pub origin: Origin,
    /// Noun of the target.
    pub target_kind: Option<String>,
    /// Id of the target.
    pub target_id: Option<String>,
    /// Connector involved.
    pub connector_id: Option<ConnectorId>,
    /// Tool that ran.
    pub tool_name: Option<String>,
    /// Job of the entry.
    pub job_id: Option<JobId>,
    /// Outcome of the action.
    pub outcome: AuditOutcome,
    /// Code of the cause.
    pub error_class: Option<String>,
    /// Duration in milliseconds.
    pub latency_ms: Option<i32>,
    /// Salted SHA-256 of the request.
    pub request_digest: Option<Vec<u8>>,
    /// Salted SHA-256 of the response.
    pub response_digest: Option<Vec<u8>>,
    /// Salted SHA-256 of address and agent.
    pub identity_digest: Option<Vec<u8>>,
    /// Time of the action.
    pub created_at: Timestamp,
    /// Redacted request as JSON text.
    pub request: Option<String>,
    /// Redacted response as JSON text.
    pub response: Option<String>,
    /// Cause in words.
    pub error: Option<String>,
    /// Network address of the actor.
    pub ip: Option<String>,
    /// User agent of the actor.
    pub agent: Option<String>,
    /// Salt of the digests, 16 random bytes.
    pub salt: Vec<u8>,
}

impl PreparedEntry {
    /// Builds the columns of an action with a random salt.
    #[must_use]
    pub fn new(actor: &Actor, action: &Action, now: Timestamp) -> Self {
        let salt: [u8; 16] = rand::random();
        let it = ActionColumns::from(action);
        let outcome = it.outcome(action);
        let ip = actor.ip().map(|ip| ip.to_string());
        let agent = actor.agent().map(ToOwned::to_owned);
        let identity = ip.as_ref().map(|ip| format!("{ip}\n{}", agent.as_deref().unwrap_or_default()));
        let (target_kind, target_id) = it.target.map(|(kind, id)| (kind.to_owned(), id)).unzip();
        let (error_class, error) = it.error.unzip();
        Self {
            id: AuditId::new(now),
            owner_id: actor.owner_id(),
            actor_id: Some(actor.user_id()).filter(|user| *user != UserId::HUB),
            via: actor.via(),
            action: action.name(),
            actor: actor.origin().into(),
            origin: actor.origin(),
            target_kind,
            target_id,
            connector_id: it.connector,
            tool_name: it.tool,
            job_id: it.job,
            outcome,
            error_class,
            latency_ms: it.latency.map(|took| i32::try_from(took.as_millis()).unwrap_or(i32::MAX)),
            request_digest: it.request.as_deref().map(|text| digest(&salt, text)),
            response_digest: it.response.as_deref().map(|text| digest(&salt, text)),
            identity_digest: identity.as_deref().map(|text| digest(&salt, text)),
            created_at: now,
            request: it.request,
            response: it.response,
            error,
            ip,
            agent,
            salt: salt.to_vec(),
        }
    }
}

fn digest(salt: &[u8], text: &str) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(text.as_bytes()).finalize().to_vec()
}
