//! A connection with what it holds, and what can be said of it at a moment.

use serde_json::Value;

use super::backoff::Failures;
use crate::clock::Timestamp;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::vault::SecretRef;

#[derive(Debug)]
pub(super) struct RefreshState {
    pub(super) id: ConnectionId,
    pub(super) connector_id: ConnectorId,
    /// What people call the connector.
    pub(super) service: String,
    pub(super) status: ConnectionStatus,
    pub(super) health: ConnectionHealth,
    pub(super) reason: Option<String>,
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
    pub(super) version: i32,
    /// What was granted.
    pub(super) scopes: Vec<String>,
    pub(super) captured: Option<Value>,
    pub(super) oauth_client_id: Option<OauthClientId>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) last_ok_at: Option<Timestamp>,
    pub(super) failures: i32,
    pub(super) failed_days: i32,
    pub(super) last_failed_at: Option<Timestamp>,
    /// Machine word for why the last refresh failed.
    pub(super) failure: Option<String>,
}

impl RefreshState {
    pub(super) fn is_usable(&self) -> bool {
        self.status.is_usable()
    }

    /// Its owner has disconnected it: nobody can connect this one again.
    pub(super) fn is_over(&self) -> bool {
        self.status.is_disconnected()
    }

    /// Its refreshes have failed for days: calls wait, and the sweep tries once a day.
    pub(super) fn is_exhausted(&self) -> bool {
        self.status == ConnectionStatus::Error && self.health == ConnectionHealth::Exhausted
    }

    /// Why it cannot be used, for whoever wants to.
    pub(super) fn over(&self) -> String {
        let service = &self.service;
        match &self.reason {
            Some(reason) if self.access.is_none() => format!("{reason}. Connect {service}"),
            Some(reason) => format!("{reason}. Connect {service} again"),
            None => format!("{service} is not connected any more. Connect it again"),
        }
    }

    /// Why it was not renewed.
    pub(super) fn why_not(&self) -> String {
        let reason = self.reason.clone();
        reason.unwrap_or_else(|| format!("{} could not be asked for a new token", self.service))
    }

    pub(super) const fn can_be_renewed(&self) -> bool {
        self.refresh.is_some()
    }

    /// Whether its token has not come to its end, as far as that is known.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether less is left of it than it should be renewed at: what its provider's description says, which is stored with
    /// it as the moment.
    pub(super) fn ends_soon(&self, now: Timestamp) -> bool {
        let is_due = self.can_be_renewed() && self.next_attempt_at.is_some_and(|at| at <= now);
        is_due || !self.is_good(now)
    }

    /// Until when its provider is left alone, because a refresh has failed.
    pub(super) fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.next_attempt_at.filter(|at| self.failures > 0 && *at > now)
    }

    pub(super) const fn failures(&self) -> Failures {
        Failures { in_a_row: self.failures, days: self.failed_days, last_at: self.last_failed_at }
    }

    /// Whether the last refresh failed in a way that only a person can mend.
    pub(super) fn waits_for_somebody(&self) -> bool {
        self.failure.as_deref() == Some(super::CLIENT)
    }
}
