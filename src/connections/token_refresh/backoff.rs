//! Back-off after failed refreshes and verifications.

use std::time::Duration;

use time::UtcOffset;

use crate::clock::Timestamp;

const FIRST_RETRY_DELAY: Duration = Duration::from_secs(30);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(6 * 60 * 60);

/// Delay between two attempts of an exhausted connection.
const EXHAUSTED_RETRY_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Days with a failure after which a connection is exhausted.
const MAX_FAILED_DAYS: i32 = 4;

/// Failed refreshes or verifications of a connection since the last success.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FailureCount {
    pub(super) in_a_row: i32,
    /// Number of days, in UTC.
    pub(super) days: i32,
    pub(super) last_at: Option<Timestamp>,
}

/// Consequence of one more failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    pub(super) in_a_row: i32,
    pub(super) days: i32,
    pub(super) is_exhausted: bool,
    /// Delay until the next attempt.
    pub(super) delay: Duration,
}

impl Backoff {
    /// Appends to a reason that the hub now tries once a day, if the connection is exhausted.
    pub(super) fn describe(&self, reason: String) -> String {
        if !self.is_exhausted {
            return reason;
        }
        format!("{reason}. This has failed on {} days. The hub now tries once a day", self.days)
    }
}

impl FailureCount {
    /// Adds a failure at `now`. A connection with a valid token is not exhausted. `requested_delay` is the provider's
    /// `Retry-After`; `random`, in 0..1, spreads connections that failed together.
    pub(super) fn add(
        self,
        now: Timestamp,
        has_valid_token: bool,
        requested_delay: Option<Duration>,
        random: f64,
    ) -> Backoff {
        let day = |at: Timestamp| at.to_offset(UtcOffset::UTC).date();
        let is_new_day = self.last_at.is_none_or(|at| day(at) < day(now));
        let days = self.days + i32::from(is_new_day);
        let is_exhausted = days >= MAX_FAILED_DAYS && !has_valid_token;
        let delay =
            if is_exhausted { EXHAUSTED_RETRY_DELAY } else { exponential_delay(self.in_a_row.unsigned_abs(), random) };
        Backoff {
            in_a_row: self.in_a_row.saturating_add(1),
            days,
            is_exhausted,
            delay: delay.max(requested_delay.unwrap_or_default()),
        }
    }
}

/// Returns 30 s · 2ⁿ, at most six hours; the last quarter of it is random.
fn exponential_delay(failures: u32, random: f64) -> Duration {
    let full = FIRST_RETRY_DELAY.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_RETRY_DELAY);
    full.mul_f64(0.75 + random.clamp(0.0, 1.0) / 4.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::{FailureCount, exponential_delay};

    #[test]
    fn the_delay_doubles_up_to_six_hours() {
        let longest: Vec<_> = [0, 1, 2, 9, 10, u32::MAX].map(|n| exponential_delay(n, 1.0).as_secs()).into();
        assert_eq!(longest, [30, 60, 120, 15_360, 21_600, 21_600]);
        assert_eq!(exponential_delay(1, 0.0), Duration::from_secs(45));
    }

    #[test]
    fn the_delay_is_at_least_what_the_provider_requests() {
        let now = datetime!(2026-11-27 08:00 UTC);
        let hour = Duration::from_secs(3_600);
        assert_eq!(FailureCount::default().add(now, false, Some(hour), 1.0).delay, hour);
        assert_eq!(FailureCount::default().add(now, false, Some(Duration::ZERO), 1.0).delay, Duration::from_secs(30));
    }

    #[test]
    fn four_days_with_a_failure_exhaust_a_connection_without_a_valid_token() {
        let mut count = FailureCount::default();
        let mut seen = Vec::new();
        for hours in [0, 1, 15, 17, 40, 63, 64] {
            let now = datetime!(2026-11-27 08:00 UTC) + time::Duration::hours(hours);
            let backoff = count.add(now, false, None, 0.5);
            seen.push((backoff.in_a_row, backoff.days, backoff.is_exhausted));
            count = FailureCount { in_a_row: backoff.in_a_row, days: backoff.days, last_at: Some(now) };
        }
        let days: Vec<_> = seen.iter().map(|it| it.1).collect();
        assert_eq!(days, [1, 1, 1, 2, 3, 3, 4]);
        assert_eq!(seen[6], (7, 4, true));
        assert!(!seen[5].2);
        assert!(!count.add(datetime!(2026-12-24 08:00 UTC), true, None, 0.5).is_exhausted, "its token is valid");
    }
}
