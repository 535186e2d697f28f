//! When a refresh or a verification that has failed is tried again, and when a connection is given up.

use std::time::Duration;

use time::UtcOffset;

use crate::clock::Timestamp;

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// A connection that is given up is still tried, so often.
const PROBE: Duration = Duration::from_secs(24 * 60 * 60);

/// Failing on so many days, a connection is given up.
const MOST_DAYS: i32 = 4;

/// Refreshes of a connection, or verifications, that have failed since the last success.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failures {
    pub(super) in_a_row: i32,
    /// On how many days, in UTC.
    pub(super) days: i32,
    pub(super) last_at: Option<Timestamp>,
}

/// One failure more, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) in_a_row: i32,
    pub(super) days: i32,
    /// It has failed for too long.
    pub(super) is_exhausted: bool,
    /// For how long the provider is left alone.
    pub(super) rest: Duration,
}

impl Failed {
    /// The reason, with what the hub does about it from now on if the connection was given up.
    pub(super) fn told(&self, reason: String) -> String {
        if !self.is_exhausted {
            return reason;
        }
        format!("{reason}. This has failed on {} days, and is tried once a day from now on", self.days)
    }
}

impl Failures {
    /// Counts one that came `now`. A connection `has_time` while its token is good; `asked` is when the provider wants to
    /// be asked again; `random`, in 0..1, spreads those that failed together.
    pub(super) fn and(self, now: Timestamp, has_time: bool, asked: Option<Duration>, random: f64) -> Failed {
        let day = |at: Timestamp| at.to_offset(UtcOffset::UTC).date();
        let is_new_day = self.last_at.is_none_or(|at| day(at) < day(now));
        let days = self.days + i32::from(is_new_day);
        let is_exhausted = days >= MOST_DAYS && !has_time;
        let rest = if is_exhausted { PROBE } else { rest(self.in_a_row.unsigned_abs(), random) };
        Failed {
            in_a_row: self.in_a_row.saturating_add(1),
            days,
            is_exhausted,
            rest: rest.max(asked.unwrap_or_default()),
        }
    }
}

/// 30 s · 2ⁿ, at most six hours; of that, the last quarter is left to chance.
fn rest(failures: u32, random: f64) -> Duration {
    let whole = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    whole.mul_f64(0.75 + random.clamp(0.0, 1.0) / 4.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::{Failures, rest};

    #[test]
    fn it_doubles_up_to_six_hours() {
        let longest: Vec<_> = [0, 1, 2, 9, 10, u32::MAX].map(|n| rest(n, 1.0).as_secs()).into();
        assert_eq!(longest, [30, 60, 120, 15_360, 21_600, 21_600]);
        assert_eq!(rest(1, 0.0), Duration::from_secs(45));
    }

    #[test]
    fn a_provider_is_not_asked_sooner_than_it_wants() {
        let now = datetime!(2026-11-27 08:00 UTC);
        let hour = Duration::from_secs(3_600);
        assert_eq!(Failures::default().and(now, false, Some(hour), 1.0).rest, hour);
        assert_eq!(Failures::default().and(now, false, Some(Duration::ZERO), 1.0).rest, Duration::from_secs(30));
    }

    #[test]
    fn days_are_counted_not_failures() {
        let mut failures = Failures::default();
        let mut seen = Vec::new();
        for hours in [0, 1, 15, 17, 40, 63, 64] {
            let now = datetime!(2026-11-27 08:00 UTC) + time::Duration::hours(hours);
            let failed = failures.and(now, false, None, 0.5);
            seen.push((failed.in_a_row, failed.days, failed.is_exhausted));
            failures = Failures { in_a_row: failed.in_a_row, days: failed.days, last_at: Some(now) };
        }
        let days: Vec<_> = seen.iter().map(|it| it.1).collect();
        assert_eq!(days, [1, 1, 1, 2, 3, 3, 4]);
        assert_eq!(seen[6], (7, 4, true));
        assert!(!seen[5].2);
        assert!(!failures.and(datetime!(2026-12-24 08:00 UTC), true, None, 0.5).is_exhausted, "its token is good");
    }
}
