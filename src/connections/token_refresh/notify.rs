//! Step 6, notify: wakes jobs and pages, and starts the mails that a refresh causes.

use super::decision::RefreshAttempt;
use super::persist::RefreshOutcome;
use super::request::{RefreshFailure, RefreshResponse};
use super::{CredentialAnswer, TokenRefresher};
use crate::oauth::FailureKind;

/// Publishes the outcome of a refresh, after its transaction.
pub(super) fn notify(
    refresher: &TokenRefresher,
    attempt: &RefreshAttempt,
    response: &RefreshResponse,
    outcome: &RefreshOutcome,
) {
    let (owner, id) = (attempt.actor.owner_id(), attempt.state.id);
    refresher.live.notify_owner(owner);
    if let RefreshResponse::Failed(RefreshFailure { failure, client: Some(client), .. }) = response
        && failure.kind == FailureKind::InvalidClient
        && client.is_shared
    {
        refresher.notifier.notify_administrators(client.id);
    }
    match outcome {
        RefreshOutcome::Refreshed(_, released) => released.announce(&refresher.live),
        RefreshOutcome::NotRefreshed(CredentialAnswer::ReauthRequired(_)) => refresher.notifier.notify_owner(owner, id),
        RefreshOutcome::NotRefreshed(_) | RefreshOutcome::Disconnected => {}
    }
}
