//! Permits for live pages: each user has at most [`MAX_STREAMS_PER_USER`] in this process.
//!
//! Each live page holds a connection, a subscription and, at each change, a statement. One page too many revokes the user's
//! oldest permit: that is a forgotten tab, or a connection whose end was not noticed yet. The newest page is the one that
//! its user is looking at, so refusing it would be worse.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::Gauge;
use tokio_util::sync::CancellationToken;

use crate::ids::UserId;
use crate::telemetry::table::{LIVE_STREAMS, LIVE_STREAMS_REVOKED};

/// Most live pages of one user.
pub const MAX_STREAMS_PER_USER: usize = 20;

/// The permits in use, by user, the oldest first.
#[derive(Debug)]
pub(super) struct StreamPermits {
    in_use: Mutex<PermitsInUse>,
    /// The number of permits that are held.
    gauge: Gauge,
}

impl Default for StreamPermits {
    fn default() -> Self {
        Self { in_use: Mutex::default(), gauge: LIVE_STREAMS.gauges().get(&[]).clone() }
    }
}

#[derive(Debug, Default)]
struct PermitsInUse {
    last_number: u64,
    by_user: HashMap<UserId, VecDeque<(u64, CancellationToken)>>,
}

/// The right to keep one live page open; released when dropped.
#[derive(Debug)]
pub struct StreamPermit {
    user: UserId,
    number: u64,
    revoked: CancellationToken,
    permits: Arc<StreamPermits>,
}

impl StreamPermit {
    /// Returns once a newer page of the user has taken the permit.
    pub async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.permits.gauge.decrement(1);
        let mut in_use = self.permits.lock();
        if let Some(open) = in_use.by_user.get_mut(&self.user) {
            open.retain(|(number, _)| *number != self.number);
            if open.is_empty() {
                in_use.by_user.remove(&self.user);
            }
        }
    }
}

impl StreamPermits {
    pub(super) fn acquire(self: &Arc<Self>, user: UserId) -> StreamPermit {
        let mut in_use = self.lock();
        in_use.last_number += 1;
        let number = in_use.last_number;
        let open = in_use.by_user.entry(user).or_default();
        if open.len() >= MAX_STREAMS_PER_USER
            && let Some((_, oldest)) = open.pop_front()
        {
            oldest.cancel();
            LIVE_STREAMS_REVOKED.increment(&[]);
        }
        let revoked = CancellationToken::new();
        open.push_back((number, revoked.clone()));
        drop(in_use);
        self.gauge.increment(1);
        StreamPermit { user, number, revoked, permits: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, PermitsInUse> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use time::macros::datetime;

    use super::{MAX_STREAMS_PER_USER, StreamPermits};
    use crate::ids::UserId;

    #[test]
    fn one_permit_too_many_revokes_the_users_oldest_one() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let (alice, bob) = (UserId::new(now), UserId::new(now));
        let permits = Arc::<StreamPermits>::default();
        let bobs = permits.acquire(bob);
        let mut alices: Vec<_> = (0..MAX_STREAMS_PER_USER).map(|_| permits.acquire(alice)).collect();
        assert!(alices.iter().all(|permit| permit.revoked().now_or_never().is_none()));
        alices.push(permits.acquire(alice));
        let revoked: Vec<_> = alices.iter().map(|permit| permit.revoked().now_or_never().is_some()).collect();
        assert_eq!(revoked.iter().position(|revoked| *revoked), Some(0));
        assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1);
        assert!(bobs.revoked().now_or_never().is_none());
    }

    #[test]
    fn a_released_permit_is_free() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let alice = UserId::new(now);
        let permits = Arc::<StreamPermits>::default();
        let mut open: Vec<_> = (0..MAX_STREAMS_PER_USER).map(|_| permits.acquire(alice)).collect();
        open.pop();
        open.push(permits.acquire(alice));
        assert!(open.iter().all(|permit| permit.revoked().now_or_never().is_none()));
        drop(open);
        assert!(permits.lock().by_user.is_empty());
    }
}
