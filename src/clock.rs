//! The time source. Code that needs the current time gets a [`Clock`], so that tests can control it.
//!
//! Leases and heartbeats are compared across machines, so they use the database's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A moment in UTC, as stored in rows.
pub type Timestamp = time::OffsetDateTime;

/// A calendar day, as stored in rows.
pub type Day = time::Date;

/// A clock: the machine's, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// Returns the machine's clock.
    #[must_use]
    pub const fn real() -> Self {
        Self(None)
    }

    /// Returns a clock that stands at `at` until it is advanced.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(at))))
    }

    /// Returns the current time, truncated to microseconds, the precision of TIMESTAMPTZ.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the only access to the machine's clock")]
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            None => Timestamp::now_utc(),
            Some(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
    }

    /// Advances a fixed clock. Does nothing to the machine's clock.
    pub fn advance(&self, by: Duration) {
        if let Some(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

/// Converts a moment for `jiff`, which knows time zones.
#[must_use]
pub fn to_jiff(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.unix_timestamp_nanos()).unwrap_or_default()
}

/// Converts a day for `jiff`.
#[must_use]
pub fn day_to_jiff(day: Day) -> Date {
    TimeZone::UTC.to_datetime(to_jiff(day.midnight().assume_utc())).date()
}

/// Converts a day from `jiff`. Returns `None` if it is out of range.
#[must_use]
pub fn day_from_jiff(day: Date) -> Option<Day> {
    moment_from_jiff(day.at(0, 0, 0, 0), &TimeZone::UTC).map(Timestamp::date)
}

/// Returns the moment at which a clock in this zone shows `local`, or `None` if it is out of range.
#[must_use]
pub fn moment_from_jiff(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let at = local.to_zoned(zone.clone()).ok()?.timestamp();
    Timestamp::from_unix_timestamp(at.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Clock, day_from_jiff, day_to_jiff, to_jiff};
    use std::time::Duration;
    use time::macros::{date, datetime};

    #[test]
    fn a_fixed_clock_moves_only_when_advanced() {
        let clock = Clock::fixed(datetime!(2026-11-24 08:00 UTC));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), datetime!(2026-11-24 08:01 UTC));
    }

    #[test]
    fn jiff_gets_the_same_moment() {
        assert_eq!(to_jiff(datetime!(2026-11-24 08:00 UTC)).to_string(), "2026-11-24T08:00:00Z");
    }

    #[test]
    fn a_day_survives_both_conversions() {
        let day = day_to_jiff(date!(2028 - 02 - 29));
        assert_eq!((day.to_string().as_str(), day_from_jiff(day)), ("2028-02-29", Some(date!(2028 - 02 - 29))));
    }
}
