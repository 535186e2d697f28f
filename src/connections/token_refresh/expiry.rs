//! Expires connections whose credential cannot be used or refreshed any more.

use super::decision::{RefreshAttempt, RefreshRequest, RefreshTrigger, credential_after_attempt};
use super::load::{describe_token, load};
use super::state::RefreshState;
use super::{ConnectionToken, CredentialAnswer, TokenRefresher, store_connections, store_tokens};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;

/// Error class of a credential that the service or its provider rejected.
pub(super) const UNAUTHORIZED: &str = "unauthorized";

/// Cause of an expiry.
pub(super) struct ExpiryCause<'a> {
    /// Error class in the audit log.
    pub(super) class: &'static str,
    /// Sentence on the connection's page, without a full stop.
    pub(super) reason: &'a str,
    /// Message in the audit log.
    pub(super) message: &'a str,
}

/// Marks the connection as expired, unless it has a newer credential. Returns the answer for the caller: mostly
/// [`CredentialAnswer::ReauthRequired`].
pub(super) async fn mark_expired(
    refresher: &TokenRefresher,
    tx: &mut Tx,
    attempt: &RefreshAttempt,
    cause: &ExpiryCause<'_>,
) -> Result<CredentialAnswer> {
    let RefreshAttempt { actor, state, request } = attempt;
    let now = refresher.clock.now();
    if expire(tx, actor, state, cause, now).await? {
        let action = Action::ConnectionRefreshed {
            connection: state.id,
            connector: state.connector_id,
            error: Some((cause.class, cause.message.to_owned())),
        };
        audit::record(tx, actor, &action, now).await?;
    }
    credential_after_attempt(refresher, tx, actor, &state.connection_token(), request).await
}

/// Stores the expiry. A further token expires without its connection, which says what is not possible now.
async fn expire(
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    cause: &ExpiryCause<'_>,
    now: Timestamp,
) -> Result<bool> {
    let owner = actor.owner_id();
    let Some(name) = &state.token else {
        return Ok(store_connections::expire(tx, owner, state, cause.reason, cause.message, now).await?);
    };
    let reason = format!("{}. Not possible now: {}", cause.reason, describe_token(tx, actor, state).await?);
    let is_expired = store_tokens::expire(tx, owner, (state, name), &reason).await?;
    store_tokens::limit_connection(tx, owner, state.id, now).await?;
    Ok(is_expired)
}

/// Marks the connection as expired, commits, and notifies its owner. Returns the answer for the caller.
pub(super) async fn expire_and_notify(
    refresher: &TokenRefresher,
    mut tx: Tx,
    attempt: &RefreshAttempt,
    cause: &ExpiryCause<'_>,
) -> Result<CredentialAnswer> {
    let credential = mark_expired(refresher, &mut tx, attempt, cause).await?;
    tx.commit().await?;
    refresher.notifier.notify_owner(attempt.actor.owner_id(), attempt.state.id);
    Ok(credential)
}

/// Expires a connection without a refresh token whose credential is expired or rejected.
pub(super) async fn expire_unrefreshable(
    refresher: &TokenRefresher,
    tx: Tx,
    attempt: &RefreshAttempt,
) -> Result<CredentialAnswer> {
    let service = &attempt.state.service;
    if let RefreshTrigger::Rejection { message, .. } = &attempt.request.trigger {
        let reason = format!("{service} no longer accepts the credential");
        let cause = ExpiryCause { class: UNAUTHORIZED, reason: &reason, message };
        return expire_and_notify(refresher, tx, attempt, &cause).await;
    }
    let reason = format!("The sign-in at {service} has expired");
    let cause = ExpiryCause { class: "expired", reason: &reason, message: &reason };
    expire_and_notify(refresher, tx, attempt, &cause).await
}

/// Expires a connection whose refreshed token the service rejects as well, unless it has a newer one.
pub(super) async fn expire_after_second_rejection(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    seen_version: i32,
    message: &str,
) -> Result<CredentialAnswer> {
    let mut tx = refresher.system.begin().await?;
    let state = load(&mut tx, actor, token).await?;
    let request = RefreshRequest::after_rejection(seen_version, message);
    if state.version != seen_version || !state.is_usable() {
        return credential_after_attempt(refresher, &mut tx, actor, token, &request).await;
    }
    let reason = format!("{} did not accept a token that it had just issued", state.service);
    let attempt = RefreshAttempt { actor: actor.clone(), state, request };
    expire_and_notify(refresher, tx, &attempt, &ExpiryCause { class: UNAUTHORIZED, reason: &reason, message }).await
}
