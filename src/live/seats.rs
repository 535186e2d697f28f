//! Who follows something right now: so many at once for each user, in this process.
//!
//! Each live page holds a connection, a subscription and, at each change, a statement. Beyond [`MOST`] the one that was
//! opened first gives way: it is a tab that was forgotten, or a connection whose end nobody has noticed yet, while the
//! newest is the page that somebody has just opened and looks at. To refuse that one would be to fail the reader.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::ids::UserId;

/// How many a user may hold.
pub const MOST: usize = 20;

/// The seats that are taken, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    of: HashMap<UserId, VecDeque<(u64, CancellationToken)>>,
}

/// A place among those who follow something; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    user: UserId,
    number: u64,
    lost: CancellationToken,
    seats: Arc<Seats>,
}

impl Seat {
    /// Returns once somebody newer has taken this seat.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(seats) = taken.of.get_mut(&self.user) {
            seats.retain(|(number, _)| *number != self.number);
            if seats.is_empty() {
                taken.of.remove(&self.user);
            }
        }
    }
}

impl Seats {
    pub(super) fn take(self: &Arc<Self>, user: UserId) -> Seat {
        let mut taken = self.lock();
        taken.last += 1;
        let number = taken.last;
        let seats = taken.of.entry(user).or_default();
        if seats.len() >= MOST
            && let Some((_, oldest)) = seats.pop_front()
        {
            oldest.cancel();
        }
        let lost = CancellationToken::new();
        seats.push_back((number, lost.clone()));
        drop(taken);
        Seat { user, number, lost, seats: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use time::macros::datetime;

    use super::{MOST, Seats};
    use crate::ids::UserId;

    #[test]
    fn one_too_many_takes_the_oldest_seat_of_its_user_only() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let (alice, bob) = (UserId::new(now), UserId::new(now));
        let seats = Arc::<Seats>::default();
        let of_bob = seats.take(bob);
        let mut of_alice: Vec<_> = (0..MOST).map(|_| seats.take(alice)).collect();
        assert!(of_alice.iter().all(|seat| seat.lost().now_or_never().is_none()));
        of_alice.push(seats.take(alice));
        let lost: Vec<_> = of_alice.iter().map(|seat| seat.lost().now_or_never().is_some()).collect();
        assert_eq!(lost.iter().position(|lost| *lost), Some(0));
        assert_eq!(lost.iter().filter(|lost| **lost).count(), 1);
        assert!(of_bob.lost().now_or_never().is_none());
    }

    #[test]
    fn a_seat_that_is_given_back_is_free() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let alice = UserId::new(now);
        let seats = Arc::<Seats>::default();
        let mut held: Vec<_> = (0..MOST).map(|_| seats.take(alice)).collect();
        held.pop();
        held.push(seats.take(alice));
        assert!(held.iter().all(|seat| seat.lost().now_or_never().is_none()));
        drop(held);
        assert!(seats.lock().of.is_empty());
    }
}
