//! Step 2, decide: uses the stored credential, refreshes it, or stops.

use sqlx::PgConnection;

use super::connection_token::ConnectionToken;
use super::load::load;
use super::state::RefreshState;
use super::{CredentialAnswer, REFRESH_RETRY_DELAY, TokenRefresher};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// Reason for a request.
#[derive(Clone, Debug)]
pub(super) enum RefreshTrigger {
    /// A call needs the credential.
    Call,
    /// The sweep found the token due. Tries exhausted connections too.
    Sweep,
    /// The service rejected the credential of that version with that message.
    Rejection { seen_version: i32, message: String },
}

/// A request for a credential.
#[derive(Clone, Debug)]
pub(super) struct RefreshRequest {
    /// Version that the requester knows: any other is newer, and answers the request.
    pub(super) seen_version: i32,
    pub(super) trigger: RefreshTrigger,
}

/// Request for a credential, with the state that its decision rests on.
#[derive(Debug)]
pub(super) struct RefreshAttempt {
    pub(super) actor: Actor,
    pub(super) state: RefreshState,
    pub(super) request: RefreshRequest,
}

/// Next step for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshDecision {
    UseStored,
    Refresh,
    /// The credential is expired or rejected, and there is no refresh token.
    Expire,
    /// The owner must sign in again, or a person must fix the OAuth client.
    RequireReauth,
    /// The last attempt failed: the provider is left alone.
    BackOff {
        until: Timestamp,
    },
    /// The owner has disconnected the connection.
    Disconnected,
}

impl RefreshRequest {
    pub(super) const fn new(trigger: RefreshTrigger, state: &RefreshState) -> Self {
        let seen_version = match trigger {
            RefreshTrigger::Rejection { seen_version, .. } => seen_version,
            RefreshTrigger::Call | RefreshTrigger::Sweep => state.version,
        };
        Self { seen_version, trigger }
    }

    pub(super) fn after_rejection(seen_version: i32, message: &str) -> Self {
        Self { seen_version, trigger: RefreshTrigger::Rejection { seen_version, message: message.to_owned() } }
    }

    const fn is_rejection(&self) -> bool {
        matches!(self.trigger, RefreshTrigger::Rejection { .. })
    }
}

/// Decides the next step for a request from what is stored.
pub(super) fn decide(state: &RefreshState, request: &RefreshRequest, now: Timestamp) -> RefreshDecision {
    let is_retry_of_exhausted = matches!(request.trigger, RefreshTrigger::Sweep) && state.is_exhausted();
    if state.is_disconnected() {
        return RefreshDecision::Disconnected;
    }
    if !state.is_usable() && !is_retry_of_exhausted {
        return RefreshDecision::RequireReauth;
    }
    if state.version != request.seen_version {
        return RefreshDecision::UseStored;
    }
    if request.is_rejection() && !state.can_be_refreshed() {
        return RefreshDecision::Expire;
    }
    if let Some(until) = state.backs_off_until(now) {
        if state.is_unexpired(now) && !request.is_rejection() {
            return RefreshDecision::UseStored;
        }
        if state.requires_person() {
            return RefreshDecision::RequireReauth;
        }
        return RefreshDecision::BackOff { until };
    }
    if !request.is_rejection() && !state.is_due(now) {
        return RefreshDecision::UseStored;
    }
    if state.can_be_refreshed() { RefreshDecision::Refresh } else { RefreshDecision::Expire }
}

impl RefreshDecision {
    /// Returns the credential that follows from the decision, or `None` if there is a step to take first.
    pub(super) async fn credential(
        self,
        refresher: &TokenRefresher,
        conn: &mut PgConnection,
        actor: &Actor,
        state: &RefreshState,
    ) -> Result<Option<CredentialAnswer>> {
        Ok(Some(match self {
            Self::UseStored => CredentialAnswer::Ready(state.open(refresher, conn, actor).await?),
            Self::RequireReauth => CredentialAnswer::ReauthRequired(state.reauth_message()),
            Self::BackOff { until } => CredentialAnswer::ProviderUnavailable {
                message: state.unavailable_message(),
                after: (until - refresher.clock.now()).unsigned_abs(),
            },
            Self::Disconnected => return Err(disconnected_error()),
            Self::Refresh | Self::Expire => return Ok(None),
        }))
    }
}

/// Returns the credential after an attempt, read anew: another process may have stored a newer one.
pub(super) async fn credential_after_attempt(
    refresher: &TokenRefresher,
    conn: &mut PgConnection,
    actor: &Actor,
    token: &ConnectionToken,
    request: &RefreshRequest,
) -> Result<CredentialAnswer> {
    let state = load(conn, actor, token).await?;
    let decision = decide(&state, request, refresher.clock.now());
    let credential = decision.credential(refresher, conn, actor, &state).await?;
    Ok(credential.unwrap_or_else(|| CredentialAnswer::ProviderUnavailable {
        message: state.unavailable_message(),
        after: REFRESH_RETRY_DELAY,
    }))
}

/// Error of a call through a connection that its owner has disconnected.
pub(super) fn disconnected_error() -> Error {
    Error::stale("The connection was disconnected", "Connect the service again, then run the tool")
}
