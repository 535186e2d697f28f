//! Verifies keys that their owners typed: a call that changes nothing, when no other call was accepted for a day.
//!
//! So the owner learns of an invalid key before a job needs it. A result is stored only if the connection still has the
//! verified version. A replaced key needs none: the service accepted it when the owner entered it.

use std::time::Duration;

use sqlx::PgConnection;

use super::expiry::UNAUTHORIZED;
use super::lease::LEASE_TTL;
use super::load::load;
use super::state::RefreshState;
use super::{TokenRefresher, store_connections, store_due, store_leases};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::expiry::ExpiryDate;
use crate::connections::probe::discover_with_token;
use crate::connections::rest_service::RestService;
use crate::connections::{takes_key, values_of};
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, OwnerId};
use crate::queue::{self, ReleasedJobs};
use crate::telemetry::table::KEY_VERIFICATIONS;

/// Time after the last accepted call when a key is due.
const VERIFICATION_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Random addition, so that keys which were typed together are not verified together.
const MAX_JITTER: Duration = Duration::from_secs(3 * 60 * 60);

/// Delay after an error of the hub itself, such as a locked vault.
const INTERNAL_RETRY_DELAY: Duration = Duration::from_secs(60 * 60);

/// Service's answer about a key.
enum KeyVerification {
    /// Accepted at that moment, by this verification or by a call.
    Accepted(Timestamp),
    Rejected {
        message: String,
    },
    /// The service failed or was not reached.
    Failed {
        class: &'static str,
        message: String,
        retry_after: Option<Duration>,
    },
    /// The owner has replaced the key meanwhile.
    Superseded,
}

/// Consequence of a stored verification.
enum VerificationOutcome {
    /// The released jobs waited for the key.
    Recovered(ReleasedJobs),
    /// The connection expired or is exhausted: its owner is notified.
    OwnerMustAct,
    Unchanged,
}

/// Schedules the first verification of a key that the service has just accepted, and stores its expiry date.
pub(in crate::connections) async fn schedule_verification(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    expiry: &ExpiryDate,
    now: Timestamp,
) -> Result<()> {
    Ok(store_connections::schedule_verification(conn, owner, id, next_verification(now), expiry, now).await?)
}

/// Returns when a key is due that was accepted at `accepted_at`.
fn next_verification(accepted_at: Timestamp) -> Timestamp {
    accepted_at + VERIFICATION_INTERVAL + MAX_JITTER.mul_f64(rand::random())
}

/// Verifies the key of a connection, unless another process does.
pub(super) async fn verify(refresher: &TokenRefresher, actor: &Actor, id: ConnectionId) -> Result<()> {
    let holder_id = rand::random();
    let mut tx = refresher.system.begin().await?;
    if !store_leases::claim_lease(&mut tx, actor.owner_id(), id, holder_id, LEASE_TTL).await? {
        return Ok(());
    }
    // The former holder of the lease may have verified the key.
    let state = load(&mut tx, actor, &id.into()).await?;
    if !is_verification_due(&state, refresher.clock.now()) {
        return Ok(());
    }
    tx.commit().await?;
    let checked = check_key(refresher, actor, &state).await;
    KEY_VERIFICATIONS.increment(&[result_word(&checked)]);
    let stored = match checked {
        Ok(verification) => store_verification(refresher, actor, &state, holder_id, verification).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &stored {
        postpone_verification(refresher, actor, &state, holder_id, error).await;
    }
    stored
}

const fn result_word(checked: &Result<KeyVerification>) -> &'static str {
    match checked {
        Ok(KeyVerification::Accepted(_)) => "accepted",
        Ok(KeyVerification::Rejected { .. }) => "rejected",
        Ok(KeyVerification::Failed { .. }) => "failed",
        Ok(KeyVerification::Superseded) => "superseded",
        Err(_) => "error",
    }
}

fn is_verification_due(state: &RefreshState, now: Timestamp) -> bool {
    let can_be_verified = state.is_usable() || state.is_exhausted();
    let is_typed = state.access.is_some() && state.refresh.is_none() && state.expires_at.is_none();
    can_be_verified && is_typed && state.next_attempt_at.is_some_and(|at| at <= now)
}

/// Returns when a call was last accepted, if that was after `since` and after the last failure.
fn last_accepted_call(state: &RefreshState, since: Timestamp) -> Option<Timestamp> {
    state.last_ok_at.filter(|at| *at > since && state.last_failed_at.is_none_or(|failed| *at > failed))
}

/// Asks the service, unless a call was accepted within the interval.
///
/// # Errors
/// Errors of the hub itself, such as a locked vault or a forbidden address: they say nothing about the key.
async fn check_key(refresher: &TokenRefresher, actor: &Actor, state: &RefreshState) -> Result<KeyVerification> {
    if let Some(at) = last_accepted_call(state, refresher.clock.now() - VERIFICATION_INTERVAL) {
        return Ok(KeyVerification::Accepted(at));
    }
    let mut conn = refresher.system.acquire().await?;
    let connector = connectors::get(&mut conn, actor, state.connector_id).await?;
    let descriptor = connectors::descriptor(&mut conn, actor, state.connector_id).await?;
    let Some(key) = state.open(refresher, &mut conn, actor).await?.token else {
        return Err(Error::conflict(format!("The connection to {} has no key", state.service), "Enter one"));
    };
    // Keys are replaced in place: the key belongs to this version only if the version is still the same.
    if load(&mut conn, actor, &state.id.into()).await?.version != state.version {
        return Ok(KeyVerification::Superseded);
    }
    // No database connection is held while the service answers.
    drop(conn);
    let checked = match descriptor.filter(|_| takes_key(&connector)) {
        Some(descriptor) => {
            let values = values_of(state.captured.as_ref());
            RestService { descriptor, values, credential: Some(key), application: None }.check(&refresher.egress).await
        }
        None => Box::pin(discover_with_token(&refresher.egress, &connector, &key)).await.map(drop),
    };
    match checked {
        Ok(()) => Ok(KeyVerification::Accepted(refresher.clock.now())),
        Err(Error::Upstream { class: UNAUTHORIZED, message, .. }) => {
            Ok(KeyVerification::Rejected { message: message.to_string() })
        }
        Err(Error::Upstream { class, message, .. }) => {
            Ok(KeyVerification::Failed { class, message: message.to_string(), retry_after: None })
        }
        Err(Error::Limited { message, retry_after }) => Ok(KeyVerification::Failed {
            class: "rate_limited",
            message: message.to_string(),
            retry_after: Some(retry_after),
        }),
        Err(error) => Err(error),
    }
}

async fn store_verification(
    refresher: &TokenRefresher,
    actor: &Actor,
    state: &RefreshState,
    holder_id: i64,
    verification: KeyVerification,
) -> Result<()> {
    let now = refresher.clock.now();
    let mut tx = refresher.system.begin().await?;
    let outcome = match verification {
        KeyVerification::Accepted(at) => store_accepted(&mut tx, actor, state, at, now).await?,
        KeyVerification::Rejected { message } => store_rejected(&mut tx, actor, state, message, now).await?,
        failed @ KeyVerification::Failed { .. } => store_failed(&mut tx, actor, state, failed, now).await?,
        KeyVerification::Superseded => VerificationOutcome::Unchanged,
    };
    store_leases::release(&mut tx, actor.owner_id(), state.id, holder_id).await?;
    tx.commit().await?;
    refresher.live.notify_owner(actor.owner_id());
    match outcome {
        VerificationOutcome::Recovered(released) => released.announce(&refresher.live),
        VerificationOutcome::OwnerMustAct => refresher.notifier.notify_owner(actor.owner_id(), state.id),
        VerificationOutcome::Unchanged => {}
    }
    Ok(())
}

async fn store_accepted(
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    accepted_at: Timestamp,
    now: Timestamp,
) -> Result<VerificationOutcome> {
    let next = next_verification(accepted_at);
    let is_stored = store_connections::record_accepted(tx, actor.owner_id(), state, accepted_at, next, now).await?;
    if !is_stored || state.failures == 0 {
        return Ok(VerificationOutcome::Unchanged);
    }
    let released = queue::release_awaiting_reauth(tx, actor, state.id).await?;
    audit::record(tx, actor, &verification_action(state, None), now).await?;
    Ok(VerificationOutcome::Recovered(released))
}

async fn store_rejected(
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    message: String,
    now: Timestamp,
) -> Result<VerificationOutcome> {
    let reason = format!("{} no longer accepts the credential", state.service);
    if !store_connections::expire(tx, actor.owner_id(), state, &reason, &message, now).await? {
        return Ok(VerificationOutcome::Unchanged);
    }
    audit::record(tx, actor, &verification_action(state, Some((UNAUTHORIZED, message))), now).await?;
    Ok(VerificationOutcome::OwnerMustAct)
}

async fn store_failed(
    tx: &mut Tx,
    actor: &Actor,
    state: &RefreshState,
    failed: KeyVerification,
    now: Timestamp,
) -> Result<VerificationOutcome> {
    let KeyVerification::Failed { class, message, retry_after } = failed else {
        return Ok(VerificationOutcome::Unchanged);
    };
    let backoff = state.failure_count().add(now, false, retry_after, rand::random());
    let reason = backoff.describe(message.clone());
    if !store_connections::record_failure(tx, actor.owner_id(), state, &backoff, class, &reason, now).await? {
        return Ok(VerificationOutcome::Unchanged);
    }
    // The audit log records the first failure and the exhaustion, not each attempt.
    let is_first = state.failures == 0;
    if is_first || backoff.is_exhausted != state.is_exhausted() {
        audit::record(tx, actor, &verification_action(state, Some((class, message))), now).await?;
    }
    Ok(if backoff.is_exhausted { VerificationOutcome::OwnerMustAct } else { VerificationOutcome::Unchanged })
}

/// Postpones a verification that failed by an error of the hub, so that it does not delay others.
async fn postpone_verification(
    refresher: &TokenRefresher,
    actor: &Actor,
    state: &RefreshState,
    holder_id: i64,
    error: &Error,
) {
    let (owner, id, now) = (actor.owner_id(), state.id, refresher.clock.now());
    let next = match error {
        Error::Unavailable(_) | Error::Locked(_) | Error::Internal(_) => now + INTERNAL_RETRY_DELAY,
        // A rule forbids the address, or the connector is inactive: that may last.
        _ => next_verification(now),
    };
    let postponed = async {
        let mut tx = refresher.system.begin().await?;
        store_due::postpone_verification(&mut tx, owner, state, next).await?;
        store_leases::release(&mut tx, owner, id, holder_id).await?;
        Ok::<_, Error>(tx.commit().await?)
    };
    if let Err(error) = postponed.await {
        tracing::warn!(connection.id = %id, %error, "Failed to postpone the verification of connection {id}; the next sweep retries");
    }
}

const fn verification_action(state: &RefreshState, error: Option<(&'static str, String)>) -> Action {
    Action::ConnectionVerified { connection: state.id, connector: state.connector_id, error }
}
