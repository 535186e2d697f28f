//! Step 5, persist: stores the outcome of a refresh in one transaction.

use super::client_check::{ClientRemedy, handle_rejected_client};
use super::decision::{RefreshAttempt, credential_after_attempt};
use super::expiry::{ExpiryCause, mark_expired};
use super::lease::HeldLease;
use super::request::{RefreshFailure, RefreshResponse, RefreshedGrant};
use super::state::OAUTH_CLIENT_REJECTED;
use super::{BearerCredential, CredentialAnswer, TokenRefresher, load, store_connections, store_leases, store_tokens};
use crate::audit::{self, Action};
use crate::connections::oauth_clients;
use crate::db::Tx;
use crate::error::Result;
use crate::oauth::FailureKind;
use crate::queue::{self, ReleasedJobs};

/// Result of a refresh, as it is stored.
pub(super) enum RefreshOutcome {
    /// A new token is stored; the released jobs waited for it.
    Refreshed(BearerCredential, ReleasedJobs),
    /// The provider issued no token, or the owner connected again meanwhile.
    NotRefreshed(CredentialAnswer),
    /// The owner disconnected the connection meanwhile, so the new token is not needed.
    Disconnected,
}

/// Stores a response, and releases the lease.
pub(super) async fn store_response(
    refresher: &TokenRefresher,
    lease: &HeldLease,
    response: &RefreshResponse,
) -> Result<RefreshOutcome> {
    let RefreshAttempt { actor, state, request } = &lease.attempt;
    let (mut tx, token) = (refresher.system.begin().await?, state.connection_token());
    let outcome = match response {
        RefreshResponse::Granted(granted) => store_grant(refresher, &mut tx, &lease.attempt, granted).await?,
        RefreshResponse::Failed(failure) => {
            RefreshOutcome::NotRefreshed(store_failure(refresher, &mut tx, &lease.attempt, failure).await?)
        }
        RefreshResponse::Superseded => {
            RefreshOutcome::NotRefreshed(credential_after_attempt(refresher, &mut tx, actor, &token, request).await?)
        }
    };
    store_leases::release(&mut tx, actor.owner_id(), state.id, lease.holder_id).await?;
    tx.commit().await?;
    Ok(outcome)
}

async fn store_grant(
    refresher: &TokenRefresher,
    tx: &mut Tx,
    attempt: &RefreshAttempt,
    granted: &RefreshedGrant,
) -> Result<RefreshOutcome> {
    let RefreshAttempt { actor, state, request } = attempt;
    let (owner, now, grant) = (actor.owner_id(), refresher.clock.now(), &granted.grant);
    let refresh_at = grant.refresh_at(&granted.provider, now);
    let version = match &state.token {
        None => store_connections::store_refreshed_tokens(tx, owner, state, refresh_at, grant, now).await?,
        Some(name) => store_tokens::store_refreshed(tx, owner, (state, name), refresh_at, grant).await?,
    };
    let Some(version) = version else {
        return match load::find(tx, owner, &state.connection_token()).await? {
            Some(newer) if !newer.is_disconnected() => {
                let credential =
                    credential_after_attempt(refresher, tx, actor, &state.connection_token(), request).await?;
                Ok(RefreshOutcome::NotRefreshed(credential))
            }
            _ => Ok(RefreshOutcome::Disconnected),
        };
    };
    if let Some(access) = &state.access {
        refresher.vault.replace(tx, owner, access, &grant.access, now).await?;
    }
    if let (Some(refresh), Some(new)) = (&state.refresh, &grant.refresh) {
        refresher.vault.replace(tx, owner, refresh, new, now).await?;
    }
    if !granted.provider.tokens.is_empty() {
        store_tokens::limit_connection(tx, owner, state.id, now).await?;
    }
    if let Some(client) = state.oauth_client_id {
        oauth_clients::clear_rejection(tx, client).await?;
    }
    let released = queue::release_awaiting_reauth(tx, actor, state.id).await?;
    let action = Action::ConnectionRefreshed { connection: state.id, connector: state.connector_id, error: None };
    audit::record(tx, actor, &action, now).await?;
    let credential = BearerCredential { token: Some(grant.access.clone()), version };
    Ok(RefreshOutcome::Refreshed(credential, released))
}

/// Stores a failure: expires the connection if the grant is invalid, otherwise schedules the next attempt.
async fn store_failure(
    refresher: &TokenRefresher,
    tx: &mut Tx,
    attempt: &RefreshAttempt,
    failed: &RefreshFailure,
) -> Result<CredentialAnswer> {
    let RefreshAttempt { actor, state, request } = attempt;
    let (now, failure) = (refresher.clock.now(), &failed.failure);
    let message = &failure.message.to_string();
    let (class, remedy) = match failure.kind {
        FailureKind::InvalidGrant => {
            // the advice of the failure is for a person who signs in; the reason gets one of its own
            let cause = ExpiryCause { class: failure.class, reason: &failure.message.text, message };
            return mark_expired(refresher, tx, attempt, &cause).await;
        }
        FailureKind::InvalidClient => {
            let remedy = handle_rejected_client(refresher, tx, actor, state, failed).await?;
            (OAUTH_CLIENT_REJECTED, Some(remedy))
        }
        _ => (failure.class, None),
    };
    let has_valid_token = state.expires_at.is_some_and(|expiry| expiry > now);
    let backoff = state.failure_count().add(now, has_valid_token, failure.retry_after, rand::random());
    let reason = backoff.describe(remedy.map_or_else(|| message.clone(), |it: ClientRemedy| it.append_to(message)));
    let owner = actor.owner_id();
    match &state.token {
        None => store_connections::record_failure(tx, owner, state, &backoff, class, &reason, now).await?,
        Some(name) => {
            let is_recorded =
                store_tokens::record_failure(tx, owner, (state, name), &backoff, class, &reason, now).await?;
            store_tokens::limit_connection(tx, owner, state.id, now).await?;
            is_recorded
        }
    };
    let action = Action::ConnectionRefreshed {
        connection: state.id,
        connector: state.connector_id,
        error: Some((failure.class, message.clone())),
    };
    audit::record(tx, actor, &action, now).await?;
    credential_after_attempt(refresher, tx, actor, &state.connection_token(), request).await
}
