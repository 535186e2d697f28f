//! Step 3, lease: one task among all processes refreshes a connection.
//!
//! Tasks of one process wait for a mutex; processes wait for a row of `connection_leases`. A waiting task then reads the
//! connection anew, so the row is the only source of the token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep};

use super::connection_token::ConnectionToken;
use super::decision::{RefreshAttempt, RefreshDecision, RefreshRequest, decide};
use super::expiry::expire_unrefreshable;
use super::load::load;
use super::{CredentialAnswer, REFRESH_RETRY_DELAY, TokenRefresher, store_leases};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;

/// Duration of a lease: longer than two requests, the pause between them, and the time for storing the answer.
pub(super) const LEASE_TTL: Duration = Duration::from_secs(120);

/// Longest wait of a caller for a refresh, its own or that of another task or process. The refresh goes on without the caller.
pub(super) const REFRESH_WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause between two attempts to take the lease.
const LEASE_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Mutexes of the connections that this process refreshes.
#[derive(Clone, Debug, Default)]
pub struct RefreshLocks(Arc<Mutex<HashMap<ConnectionId, Weak<tokio::sync::Mutex<()>>>>>);

/// Lease that this task holds, and its attempt.
#[derive(Debug)]
pub(super) struct HeldLease {
    pub(super) attempt: RefreshAttempt,
    /// Random number that identifies the holder.
    pub(super) holder_id: i64,
}

/// Result of a claim.
pub(super) enum LeaseClaim {
    Claimed(Box<HeldLease>),
    /// The request needs no refresh any more, or waited too long.
    Answered(CredentialAnswer),
}

impl RefreshLocks {
    /// Locks a connection among the tasks of this process.
    pub(super) async fn lock(&self, id: ConnectionId) -> OwnedMutexGuard<()> {
        self.mutex(id).lock_owned().await
    }

    fn mutex(&self, id: ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut mutexes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mutex) = mutexes.get(&id).and_then(Weak::upgrade) {
            return mutex;
        }
        mutexes.retain(|_, mutex| mutex.strong_count() > 0);
        let mutex = Arc::default();
        mutexes.insert(id, Arc::downgrade(&mutex));
        mutex
    }
}

/// Claims the lease of a connection, which all its tokens share, until `deadline`, unless the request is answered meanwhile.
pub(super) async fn claim(
    refresher: &TokenRefresher,
    actor: &Actor,
    token: &ConnectionToken,
    request: RefreshRequest,
    deadline: Instant,
) -> Result<LeaseClaim> {
    loop {
        let mut tx = refresher.system.begin().await?;
        let state = load(&mut tx, actor, token).await?;
        let decision = decide(&state, &request, refresher.clock.now());
        if let Some(credential) = decision.credential(refresher, &mut tx, actor, &state).await? {
            return Ok(LeaseClaim::Answered(credential));
        }
        if decision == RefreshDecision::Expire {
            let attempt = RefreshAttempt { actor: actor.clone(), state, request };
            return expire_unrefreshable(refresher, tx, &attempt).await.map(LeaseClaim::Answered);
        }
        let holder_id = rand::random();
        if store_leases::claim_lease(&mut tx, actor.owner_id(), token.connection, holder_id, LEASE_TTL).await? {
            // The former holder may have refreshed, or failed to, since the state was read.
            let current = load(&mut tx, actor, token).await?;
            if (current.version, current.failures) != (state.version, state.failures) {
                continue;
            }
            tx.commit().await?;
            let attempt = RefreshAttempt { actor: actor.clone(), state, request };
            return Ok(LeaseClaim::Claimed(Box::new(HeldLease { attempt, holder_id })));
        }
        drop(tx);
        if Instant::now() >= deadline {
            let message = format!("Another process is asking {} for a new token", state.service);
            return Ok(LeaseClaim::Answered(CredentialAnswer::ProviderUnavailable {
                message,
                after: REFRESH_RETRY_DELAY,
            }));
        }
        sleep(LEASE_POLL_INTERVAL).await;
    }
}

/// Releases the lease after an error, so that the next request need not wait until the lease expires.
pub(super) async fn release(refresher: &TokenRefresher, lease: &HeldLease) {
    let id = lease.attempt.state.id;
    let released = async {
        let mut conn = refresher.system.acquire().await?;
        store_leases::release(&mut conn, lease.attempt.actor.owner_id(), id, lease.holder_id).await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = released.await {
        tracing::warn!(connection.id = %id, %error, "Failed to release the lease of connection {id}; it expires by itself");
    }
}

#[cfg(test)]
mod tests {
    use super::LEASE_TTL;
    use crate::connections::retry::RETRY_TIMEOUT;
    use crate::connections::token_refresh::request::REPEAT_DELAY;
    use crate::oauth::GRANT_REQUEST_TIMEOUT;

    #[test]
    fn a_lease_lasts_for_two_requests_and_for_storing_their_answer() {
        assert!(2 * GRANT_REQUEST_TIMEOUT + REPEAT_DELAY + RETRY_TIMEOUT < LEASE_TTL);
    }
}
