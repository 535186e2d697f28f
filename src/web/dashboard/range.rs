//! The time that the figures are about, and its parts: hours, or days of the reader.
//!
//! Figures are kept by the full hour of UTC. Where clocks are off by a part of an hour, a day here begins with the first
//! full hour after midnight, and the page says so.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use time::OffsetDateTime;

use crate::clock::{Timestamp, to_jiff};

const HOUR: i64 = 3_600;

/// How far back the figures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Day,
    Week,
    Month,
}

/// A part of the range: an hour, or a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: Timestamp,
    /// Under the chart: "Tue 24", "08:00".
    pub(super) label: String,
    /// In the table: "Tuesday 24 November", "today, 08:00 to 09:00".
    pub(super) words: String,
    /// The reader's day, as a date field has it.
    pub(super) date: String,
}

impl Range {
    pub(super) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Reads the parameter; what is not understood is a sentence, and a week is shown.
    pub(super) fn read(asked: &str) -> (Self, Option<String>) {
        let asked = asked.trim();
        let found = Self::ALL.into_iter().find(|range| range.as_str() == asked);
        let cut: String = asked.chars().take(40).collect();
        let fault = (found.is_none() && !asked.is_empty())
            .then(|| format!("“{cut}” was left out of “range”: choose one of 24h, 7d, 30d"));
        (found.unwrap_or(Self::Week), fault)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Week | Self::Month => "day",
        }
    }

    /// The parts up to `now`, oldest first; the last one is not over yet.
    pub(super) fn parts(self, zone: &TimeZone, now: Timestamp) -> Vec<Part> {
        match self {
            Self::Day => hours(zone, now),
            Self::Week => days(zone, now, 7),
            Self::Month => days(zone, now, 30),
        }
    }
}

fn hours(zone: &TimeZone, now: Timestamp) -> Vec<Part> {
    let this = now.unix_timestamp().div_euclid(HOUR) * HOUR;
    let today = to_jiff(now).to_zoned(zone.clone()).date();
    let part = |start: Timestamp| {
        let local = to_jiff(start).to_zoned(zone.clone());
        let day = if local.date() == today { "today" } else { "yesterday" };
        let end = to_jiff(start + time::Duration::HOUR).to_zoned(zone.clone());
        Part {
            start,
            label: local.strftime("%H:%M").to_string(),
            words: format!("{day}, {} to {}", local.strftime("%H:%M"), end.strftime("%H:%M")),
            date: local.date().to_string(),
        }
    };
    let starts = (0..24).rev().map(|back| this - back * HOUR);
    starts.filter_map(|start| OffsetDateTime::from_unix_timestamp(start).ok()).map(part).collect()
}

fn days(zone: &TimeZone, now: Timestamp, count: i32) -> Vec<Part> {
    let today = to_jiff(now).to_zoned(zone.clone()).date();
    let part = |back: i32| {
        let day = today.checked_sub(back.days()).ok()?;
        let midnight = day.to_zoned(zone.clone()).ok()?.timestamp().as_second();
        // the first full hour of the day
        let start = OffsetDateTime::from_unix_timestamp(midnight.div_euclid(HOUR) * HOUR).ok()?;
        let start = if midnight.rem_euclid(HOUR) == 0 { start } else { start + time::Duration::HOUR };
        let label = if count > 7 { day.strftime("%-d %b") } else { day.strftime("%a %-d") };
        Some(Part {
            start,
            label: label.to_string(),
            words: day.strftime("%A %-d %B").to_string(),
            date: day.to_string(),
        })
    };
    (0..count).rev().filter_map(part).collect()
}

/// A sentence for readers whose days cannot begin at midnight here.
pub(super) fn uneven(range: Range, parts: &[Part], zone: &TimeZone) -> Option<String> {
    let start = to_jiff(parts.last()?.start).to_zoned(zone.clone());
    (range != Range::Day && start.minute() != 0).then(|| {
        format!(
            "Figures are kept by the full hour of UTC, so on your clock a day here begins at {}.",
            start.strftime("%H:%M")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Range, uneven};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn days_are_those_of_the_reader_also_when_clocks_change() {
        let now = datetime!(2026-10-27 12:00 UTC);
        let parts = Range::Week.parts(&zone("Europe/Berlin"), now);
        let starts: Vec<_> = parts.iter().map(|part| part.start).collect();
        assert_eq!(starts.len(), 7);
        // the 25th had 25 hours
        assert_eq!(starts[4], datetime!(2026-10-24 22:00 UTC));
        assert_eq!(starts[5], datetime!(2026-10-25 23:00 UTC));
        assert_eq!((parts[6].label.as_str(), parts[6].words.as_str()), ("Tue 27", "Tuesday 27 October"));
        assert_eq!(uneven(Range::Week, &parts, &zone("Europe/Berlin")), None);
    }

    #[test]
    fn where_clocks_are_off_by_half_an_hour_a_day_begins_with_its_first_full_hour() {
        let kolkata = zone("Asia/Kolkata");
        let parts = Range::Month.parts(&kolkata, datetime!(2026-11-25 12:00 UTC));
        assert_eq!(parts.len(), 30);
        assert_eq!(parts[29].start, datetime!(2026-11-24 19:00 UTC));
        assert!(uneven(Range::Month, &parts, &kolkata).unwrap().ends_with("begins at 00:30."));
        assert_eq!(uneven(Range::Day, &Range::Day.parts(&kolkata, datetime!(2026-11-25 12:00 UTC)), &kolkata), None);
    }

    #[test]
    fn the_last_hours_end_with_this_one() {
        let parts = Range::Day.parts(&TimeZone::UTC, datetime!(2026-11-25 00:10 UTC));
        assert_eq!(parts.len(), 24);
        assert_eq!(parts[0].words, "yesterday, 01:00 to 02:00");
        assert_eq!((parts[23].start, parts[23].label.as_str()), (datetime!(2026-11-25 00:00 UTC), "00:00"));
        assert!(parts.is_sorted_by_key(|part| part.start));
    }

    #[test]
    fn an_unknown_range_is_told_and_a_week_is_shown() {
        assert_eq!(Range::read(""), (Range::Week, None));
        assert_eq!(Range::read("30d"), (Range::Month, None));
        let (range, fault) = Range::read(&"x".repeat(9_000));
        assert_eq!(range, Range::Week);
        assert!(fault.is_some_and(|fault| fault.contains("“range”") && fault.len() < 200));
    }
}
