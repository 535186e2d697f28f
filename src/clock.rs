//! The time source: everything that needs "now" is given it, so that tests can hold it still.
//!
//! Leases and heartbeats, which are compared across machines, use the database's clock instead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A moment in UTC, as rows carry it.
pub type Timestamp = time::OffsetDateTime;

/// A day of the calendar, as rows carry it.
pub type Day = time::Date;

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

/// The same day for `jiff`.
#[must_use]
pub fn day_to_jiff(day: Day) -> Date {
    TimeZone::UTC.to_datetime(to_jiff(day.midnight().assume_utc())).date()
}

/// A day of `jiff` as rows carry it; none if it is too far away.
#[must_use]
pub fn day_from_jiff(day: Date) -> Option<Day> {
    moment_from_jiff(day.at(0, 0, 0, 0), &TimeZone::UTC).map(Timestamp::date)
}

/// When a clock of this zone shows that; none if it is too far away.
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

    #[test]
    fn a_day_stays_what_it_is() {
        let day = day_to_jiff(date!(2028 - 02 - 29));
        assert_eq!((day.to_string().as_str(), day_from_jiff(day)), ("2028-02-29", Some(date!(2028 - 02 - 29))));
    }
}
