//! The stored state of a connection's credential, and the questions that the steps of a refresh ask it.

use serde_json::Value;
use sqlx::PgConnection;

use super::backoff::FailureCount;
use super::connection_token::ConnectionToken;
use super::{BearerCredential, CredentialAnswer, REFRESH_RETRY_DELAY, TokenRefresher};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::status::{ConnectionHealth, ConnectionStatus};
use crate::error::Result;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId};
use crate::vault::SecretRef;

/// Stored failure class of a refresh whose OAuth client the provider rejected. No class of [`egress::Error`] equals it, since
/// only a person can resolve this failure.
///
/// [`egress::Error`]: crate::egress::Error
pub(super) const OAUTH_CLIENT_REJECTED: &str = "client";

/// A connection's credential as one refresh or verification reads it.
#[derive(Debug)]
pub(super) struct RefreshState {
    pub(super) id: ConnectionId,
    /// Name of a further token; `None` for the first one.
    pub(super) token: Option<String>,
    pub(super) connector_id: ConnectorId,
    /// Name of the connector.
    pub(super) service: String,
    pub(super) status: ConnectionStatus,
    pub(super) health: ConnectionHealth,
    /// Sentence for the owner about the last failure, without a full stop.
    pub(super) reason: Option<String>,
    /// Access token, or the key that the owner entered. `None` if the service requires no sign-in, or before the first one.
    pub(super) access: Option<SecretRef>,
    /// Refresh token; `None` if the credential cannot be refreshed.
    pub(super) refresh: Option<SecretRef>,
    /// Changes with each new credential.
    pub(super) version: i32,
    /// Granted scopes.
    pub(super) scopes: Vec<String>,
    /// Values that the owner entered or the provider sent with the grant.
    pub(super) captured: Option<Value>,
    /// OAuth client that the grant belongs to.
    pub(super) oauth_client_id: Option<OauthClientId>,
    /// Expiry of the access token, if the provider names one.
    pub(super) expires_at: Option<Timestamp>,
    /// Time at which the refresh or the verification is due; after a failure, the end of the back-off.
    pub(super) next_attempt_at: Option<Timestamp>,
    /// Time of the last call that the service accepted.
    pub(super) last_ok_at: Option<Timestamp>,
    /// Failures in a row.
    pub(super) failures: i32,
    /// Days, in UTC, with a failure since the last success.
    pub(super) failed_days: i32,
    pub(super) last_failed_at: Option<Timestamp>,
    /// Error class of the last failed refresh or verification; `None` after a success.
    pub(super) failure_class: Option<String>,
}

impl RefreshState {
    /// Names the token whose state this is.
    pub(super) fn connection_token(&self) -> ConnectionToken {
        ConnectionToken { connection: self.id, name: self.token.clone() }
    }

    /// Returns true for a further token that the provider did not grant.
    pub(super) const fn is_missing(&self) -> bool {
        self.token.is_some() && self.access.is_none()
    }

    pub(super) fn is_usable(&self) -> bool {
        self.status.is_usable()
    }

    pub(super) fn is_disconnected(&self) -> bool {
        self.status.is_disconnected()
    }

    /// Returns true after failures on several days: calls wait, and the hub tries once a day.
    pub(super) fn is_exhausted(&self) -> bool {
        self.status == ConnectionStatus::Error && self.health == ConnectionHealth::Exhausted
    }

    pub(super) const fn can_be_refreshed(&self) -> bool {
        self.refresh.is_some()
    }

    /// Returns false only if the expiry is known and has passed.
    pub(super) fn is_unexpired(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expiry| expiry > now)
    }

    /// Returns true if a call must refresh the token before presenting it.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let is_early = self.can_be_refreshed() && self.next_attempt_at.is_some_and(|at| at <= now);
        is_early || !self.is_unexpired(now)
    }

    /// Returns the end of the back-off after a failure, if `now` is before it.
    pub(super) fn backs_off_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.next_attempt_at.filter(|at| self.failures > 0 && *at > now)
    }

    /// Returns true if only a person can resolve the last failure.
    pub(super) fn requires_person(&self) -> bool {
        self.failure_class.as_deref() == Some(OAUTH_CLIENT_REJECTED)
    }

    pub(super) const fn failure_count(&self) -> FailureCount {
        FailureCount { in_a_row: self.failures, days: self.failed_days, last_at: self.last_failed_at }
    }

    /// Sentence for a caller that must wait for the owner.
    pub(super) fn reauth_message(&self) -> String {
        let service = &self.service;
        match &self.reason {
            Some(reason) if self.is_missing() => format!("{reason}. Sign in at {service} again to allow it"),
            Some(reason) if self.access.is_none() => format!("{reason}. Connect {service}"),
            Some(reason) => format!("{reason}. Connect {service} again"),
            None => format!("{service} is no longer connected. Connect it again"),
        }
    }

    /// Sentence for a caller that must wait for the provider.
    pub(super) fn unavailable_message(&self) -> String {
        let reason = self.reason.clone();
        reason.unwrap_or_else(|| format!("{} could not be asked for a new token. Try again later", self.service))
    }

    /// Answer for a caller that has waited long enough for a refresh.
    pub(super) fn answer_while_refreshing(&self) -> CredentialAnswer {
        let message = format!("{} has not answered the request for a new token yet", self.service);
        CredentialAnswer::ProviderUnavailable { message, after: REFRESH_RETRY_DELAY }
    }

    /// Opens the stored token or key.
    pub(super) async fn open(
        &self,
        refresher: &TokenRefresher,
        conn: &mut PgConnection,
        actor: &Actor,
    ) -> Result<BearerCredential> {
        let token = match &self.access {
            Some(access) => Some(refresher.vault.open(conn, actor.owner_id(), access).await?),
            None => None,
        };
        Ok(BearerCredential { token, version: self.version })
    }
}

#[cfg(test)]
mod tests {
    use super::OAUTH_CLIENT_REJECTED;
    use crate::egress::{Error, Failure};

    #[test]
    fn an_http_client_that_cannot_be_built_is_not_a_rejected_oauth_client() {
        let failure = Failure::from(Error::ClientSetup(anyhow::anyhow!("no certificate store")));
        assert_ne!(failure.class, OAUTH_CLIENT_REJECTED);
        assert_eq!(failure.class, "http_client_setup");
    }
}
