//! Challenges of a service to a credential that is valid: it requires more scopes, or a sign-in where it was public.

use super::decision::{RefreshAttempt, RefreshRequest, decide};
use super::expiry::{ExpiryCause, UNAUTHORIZED, expire_and_notify};
use super::load::load;
use super::state::RefreshState;
use super::{ConnectionToken, CredentialAnswer, TokenRefresher, store_connections};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::connectors;
use crate::db::Tx;
use crate::error::Result;
use crate::oauth::{self, Challenge};

/// Maximum length of a scope name in bytes; longer names are ignored.
const MAX_SCOPE_BYTES: usize = 200;

/// Maximum number of scopes that one challenge adds.
const MAX_ADDED_SCOPES: usize = 50;

/// Handles the error `insufficient_scope` (RFC 6750): records the scopes that `purpose` requires besides the granted ones, and
/// returns the answer for the caller. That is [`CredentialAnswer::ReauthRequired`], or the newer credential if the connection has
/// changed since the request. Returns `None` if the connector has no provider, no required scope is missing, or the changed
/// connection still needs a refresh; and for a further token, which always requests all scopes of the connector's file.
pub(super) async fn handle_insufficient_scope(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    seen_version: i32,
    purpose: &str,
    scopes: &[String],
) -> Result<Option<CredentialAnswer>> {
    if token.name.is_some() {
        return Ok(None);
    }
    let (owner, now) = (actor.owner_id(), refresher.clock.now());
    let mut tx = refresher.system.begin().await?;
    let state = load(&mut tx, actor, token).await?;
    if state.version != seen_version || !state.is_usable() {
        return newer_credential(refresher, &mut tx, actor, &state, seen_version).await;
    }
    let missing = scopes.iter().filter(|scope| !state.scopes.contains(scope) && scope.len() <= MAX_SCOPE_BYTES);
    let missing: Vec<_> = missing.take(MAX_ADDED_SCOPES).cloned().collect();
    let Some(provider) = connectors::provider(&mut tx, actor, state.connector_id).await? else { return Ok(None) };
    if missing.is_empty() {
        return Ok(None);
    }
    let reason = format!("{} needs more permission for {purpose}: {}", state.service, provider.in_words(&missing));
    store_connections::add_requested_scopes(&mut tx, owner, &state, &missing, &reason, now).await?;
    let action = Action::ConnectionLimited { connection: state.id, connector: state.connector_id, scopes: missing };
    audit::record(&mut tx, actor, &action, now).await?;
    tx.commit().await?;
    refresher.live.notify_owner(owner);
    Ok(Some(CredentialAnswer::ReauthRequired(format!("{reason}. Grant more to continue"))))
}

/// Handles a 401 to a request without a token: discovers the service's sign-in, and requires it for the connector. Returns `None`
/// if the connector has no server URL, discovery finds no usable provider, or the connection is usable although its connector
/// requires sign-in already or is not the actor's own.
pub(super) async fn handle_authentication_required(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    seen_version: i32,
    challenge: &Challenge,
) -> Result<Option<CredentialAnswer>> {
    let mut tx = refresher.system.begin().await?;
    let state = load(&mut tx, actor, token).await?;
    if state.version != seen_version || !state.is_usable() {
        return newer_credential(refresher, &mut tx, actor, &state, seen_version).await;
    }
    let connector = connectors::get(&mut tx, actor, state.connector_id).await?;
    // No database connection is held while the service answers.
    drop(tx);
    let Some(url) = connector.server_url() else {
        return Ok(None);
    };
    let provider = match oauth::discover(&refresher.egress, &url, challenge, None).await {
        Ok(provider) => provider,
        Err(failure) => {
            let connector = connector.id;
            tracing::info!(
                connector.id = %connector,
                error = %failure.message,
                "Found no sign-in for connector {connector}; the job fails"
            );
            return Ok(None);
        }
    };
    let mut tx = refresher.system.begin().await?;
    if !connectors::require_sign_in(&mut tx, actor, connector.id, &provider).await? {
        // The connector requires sign-in already, or the connector is not the actor's own.
        let state = load(&mut tx, actor, token).await?;
        if state.is_usable() {
            return Ok(None);
        }
        return newer_credential(refresher, &mut tx, actor, &state, seen_version).await;
    }
    let reason = format!("{} requires you to sign in before it runs a tool", state.service);
    let request = RefreshRequest::after_rejection(seen_version, &reason);
    let attempt = RefreshAttempt { actor: actor.clone(), state, request };
    let cause = ExpiryCause { class: UNAUTHORIZED, reason: &reason, message: &reason };
    expire_and_notify(refresher, tx, &attempt, &cause).await.map(Some)
}

/// Returns the credential of a connection that has changed since the challenged call.
async fn newer_credential(
    refresher: &TokenRefresher,
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    seen_version: i32,
) -> Result<Option<CredentialAnswer>> {
    let request = RefreshRequest::after_rejection(seen_version, "");
    let decision = decide(state, &request, refresher.clock.now());
    decision.credential(refresher, tx, actor, state).await
}
