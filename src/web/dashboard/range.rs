//! The time range of the figures, and its periods: hours, or days in the reader's time zone.
//!
//! Figures are stored by the full hour of UTC. In zones that differ from UTC by a fraction of an hour, a day begins
//! with the first full hour after midnight, and the page says so.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use time::OffsetDateTime;

use crate::clock::{Timestamp, to_jiff};

const HOUR_SECONDS: i64 = 3_600;

/// Time range of the figures, up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Day,
    Week,
    Month,
}

/// An hour or a day of the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: Timestamp,
    /// Label under the chart: "Tue 24", "08:00".
    pub(super) label: String,
    /// Name in the table: "Tuesday 24 November", "today, 08:00 to 09:00".
    pub(super) name: String,
    /// The reader's day in the format of a date field.
    pub(super) date: String,
}

impl Range {
    pub(super) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Parses the query parameter. For an invalid value it returns a week, and a sentence that reports the value.
    pub(super) fn parse(param: &str) -> (Self, Option<String>) {
        let param = param.trim();
        let found = Self::ALL.into_iter().find(|range| range.as_str() == param);
        let start: String = param.chars().take(40).collect();
        let fault = (found.is_none() && !param.is_empty())
            .then(|| format!("“{start}” was left out of “range”: choose one of 24h, 7d, 30d"));
        (found.unwrap_or(Self::Week), fault)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    pub(super) const fn days(self) -> i32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Week | Self::Month => "day",
        }
    }

    /// The range before, as the comparison names it.
    pub(super) const fn before(self) -> &'static str {
        match self {
            Self::Day => "the day before",
            Self::Week => "the week before",
            Self::Month => "the 30 days before",
        }
    }

    /// Returns the bounds of the same time before the range: from as long before its first period, to as long before `now`. So a
    /// day that has not ended is compared with the same part of a day.
    pub(super) fn bounds_before(self, first: Timestamp, now: Timestamp) -> [Timestamp; 2] {
        let length = time::Duration::days(self.days().into());
        // an hour that has not ended belongs to both
        [first - length, (now - length + time::Duration::HOUR).min(first)]
    }

    /// Returns the periods up to `now`, oldest first; the last one has not ended.
    pub(super) fn periods(self, zone: &TimeZone, now: Timestamp) -> Vec<Period> {
        match self {
            Self::Day => hours(zone, now),
            Self::Week => days(zone, now, 7),
            Self::Month => days(zone, now, 30),
        }
    }
}

fn hours(zone: &TimeZone, now: Timestamp) -> Vec<Period> {
    let current = now.unix_timestamp().div_euclid(HOUR_SECONDS) * HOUR_SECONDS;
    let today = to_jiff(now).to_zoned(zone.clone()).date();
    let period = |start: Timestamp| {
        let local = to_jiff(start).to_zoned(zone.clone());
        let day = if local.date() == today { "today" } else { "yesterday" };
        let end = to_jiff(start + time::Duration::HOUR).to_zoned(zone.clone());
        Period {
            start,
            label: local.strftime("%H:%M").to_string(),
            name: format!("{day}, {} to {}", local.strftime("%H:%M"), end.strftime("%H:%M")),
            date: local.date().to_string(),
        }
    };
    let starts = (0..24).rev().map(|back| current - back * HOUR_SECONDS);
    starts.filter_map(|start| OffsetDateTime::from_unix_timestamp(start).ok()).map(period).collect()
}

fn days(zone: &TimeZone, now: Timestamp, count: i32) -> Vec<Period> {
    let today = to_jiff(now).to_zoned(zone.clone()).date();
    let period = |back: i32| {
        let day = today.checked_sub(back.days()).ok()?;
        let midnight = day.to_zoned(zone.clone()).ok()?.timestamp().as_second();
        // the first full hour of the day
        let start = OffsetDateTime::from_unix_timestamp(midnight.div_euclid(HOUR_SECONDS) * HOUR_SECONDS).ok()?;
        let start = if midnight.rem_euclid(HOUR_SECONDS) == 0 { start } else { start + time::Duration::HOUR };
        let label = if count > 7 { day.strftime("%-d %b") } else { day.strftime("%a %-d") };
        Some(Period {
            start,
            label: label.to_string(),
            name: day.strftime("%A %-d %B").to_string(),
            date: day.to_string(),
        })
    };
    (0..count).rev().filter_map(period).collect()
}

/// Returns a sentence for readers whose days do not begin at midnight here.
pub(super) fn day_start_note(range: Range, periods: &[Period], zone: &TimeZone) -> Option<String> {
    let start = to_jiff(periods.last()?.start).to_zoned(zone.clone());
    (range != Range::Day && start.minute() != 0).then(|| {
        format!(
            "Figures are kept by the full hour of UTC, so on your clock a day here begins at {}.",
            start.strftime("%H:%M")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Range, day_start_note};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn days_follow_the_readers_clock_when_it_changes() {
        let now = datetime!(2026-10-27 12:00 UTC);
        let periods = Range::Week.periods(&zone("Europe/Berlin"), now);
        let starts: Vec<_> = periods.iter().map(|period| period.start).collect();
        assert_eq!(starts.len(), 7);
        // the 25th has 25 hours
        assert_eq!(starts[4], datetime!(2026-10-24 22:00 UTC));
        assert_eq!(starts[5], datetime!(2026-10-25 23:00 UTC));
        assert_eq!((periods[6].label.as_str(), periods[6].name.as_str()), ("Tue 27", "Tuesday 27 October"));
        assert_eq!(day_start_note(Range::Week, &periods, &zone("Europe/Berlin")), None);
    }

    #[test]
    fn in_half_hour_zones_a_day_begins_with_its_first_full_hour() {
        let kolkata = zone("Asia/Kolkata");
        let periods = Range::Month.periods(&kolkata, datetime!(2026-11-25 12:00 UTC));
        assert_eq!(periods.len(), 30);
        assert_eq!(periods[29].start, datetime!(2026-11-24 19:00 UTC));
        assert!(day_start_note(Range::Month, &periods, &kolkata).unwrap().ends_with("begins at 00:30."));
        assert_eq!(
            day_start_note(Range::Day, &Range::Day.periods(&kolkata, datetime!(2026-11-25 12:00 UTC)), &kolkata),
            None
        );
    }

    #[test]
    fn hours_end_with_the_current_one() {
        let periods = Range::Day.periods(&TimeZone::UTC, datetime!(2026-11-25 00:10 UTC));
        assert_eq!(periods.len(), 24);
        assert_eq!(periods[0].name, "yesterday, 01:00 to 02:00");
        assert_eq!((periods[23].start, periods[23].label.as_str()), (datetime!(2026-11-25 00:00 UTC), "00:00"));
        assert!(periods.is_sorted_by_key(|period| period.start));
    }

    #[test]
    fn the_time_before_is_as_long_as_the_time_so_far() {
        let now = datetime!(2026-11-25 12:30 UTC);
        let first = Range::Week.periods(&TimeZone::UTC, now)[0].start;
        let bounds = [datetime!(2026-11-12 00:00 UTC), datetime!(2026-11-18 13:30 UTC)];
        assert_eq!(Range::Week.bounds_before(first, now), bounds);
        let first = Range::Day.periods(&TimeZone::UTC, now)[0].start;
        assert_eq!(Range::Day.bounds_before(first, now), [datetime!(2026-11-23 13:00 UTC), first]);
    }

    #[test]
    fn an_unknown_range_is_reported_and_a_week_is_shown() {
        assert_eq!(Range::parse(""), (Range::Week, None));
        assert_eq!(Range::parse("30d"), (Range::Month, None));
        let (range, fault) = Range::parse(&"x".repeat(9_000));
        assert_eq!(range, Range::Week);
        assert!(fault.is_some_and(|fault| fault.contains("“range”") && fault.len() < 200));
    }
}
