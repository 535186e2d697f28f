//! The time source: everything that needs "now" is given it, so that tests can hold it still.
//!
//! Leases and heartbeats, which are compared across machines, use the database's clock instead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A moment in UTC, as rows carry it.
pub type Timestamp = time::OffsetDateTime;

/// Tells the time: the machine's, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn real() -> Self {
        Self(None)
    }

    /// A clock that stands at `at` until it is moved.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(at))))
    }

    /// The present moment, cut to microseconds (what a TIMESTAMPTZ keeps).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            None => Timestamp::now_utc(),
            Some(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
    }

    /// Moves a fixed clock forward; the machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Some(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

/// The same moment for `jiff`, which knows zones and words: the one conversion point.
#[must_use]
pub fn to_jiff(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.unix_timestamp_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Clock, to_jiff};
    use std::time::Duration;
    use time::macros::datetime;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(datetime!(2026-11-24 08:00 UTC));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), datetime!(2026-11-24 08:01 UTC));
    }

    #[test]
    fn jiff_reads_the_same_moment() {
        assert_eq!(to_jiff(datetime!(2026-11-24 08:00 UTC)).to_string(), "2026-11-24T08:00:00Z");
    }
}
