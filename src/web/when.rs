//! Moments and durations in words, in the viewer's time zone.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::clock::{Timestamp, to_jiff};

/// The months. A long list has hundreds of dates, and a general formatter takes longer than the rest of its row.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The viewer's calendar: their time zone, and today's date. A page makes one and formats all its moments with it.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    now: Timestamp,
    today: Date,
}

/// A moment for a `<time>` element. It is formatted when the page is rendered, because long lists have many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    utc: DateTime,
    local: DateTime,
    today: Date,
    /// Seconds from the moment to now; negative if the moment is to come.
    age: i64,
}

impl Calendar {
    /// Builds the calendar of a time zone at a moment.
    #[must_use]
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        let today = zone.to_datetime(to_jiff(now)).date();
        Self { zone, now, today }
    }

    /// The viewer's time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Returns the present moment.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Today's date in that time zone.
    #[must_use]
    pub const fn today(&self) -> Date {
        self.today
    }

    /// Prepares a moment for display.
    #[must_use]
    pub fn when(&self, at: Timestamp) -> When {
        let age = (self.now - at).whole_seconds();
        let at = to_jiff(at);
        When { utc: TimeZone::UTC.to_datetime(at), local: self.zone.to_datetime(at), today: self.today, age }
    }

    /// Prepares an optional moment for display.
    #[must_use]
    pub fn when_any(&self, at: Option<Timestamp>) -> Option<When> {
        at.map(|at| self.when(at))
    }
}

impl When {
    /// Formats for machines: RFC 3339 in UTC.
    #[must_use]
    pub fn iso(&self) -> String {
        format!("{:.0}Z", self.utc)
    }

    /// Formats for people: "today at 08:29", "24 November 2026 at 08:29".
    #[must_use]
    pub fn long_text(&self) -> String {
        format!("{} at {:02}:{:02}", self.day(), self.local.hour(), self.local.minute())
    }

    /// Formats for people with seconds: "today at 08:29:05".
    #[must_use]
    pub fn exact(&self) -> String {
        format!("{} at {}", self.day(), self.clock())
    }

    /// Formats the time of day with seconds, for logs: "08:29:05".
    #[must_use]
    pub fn clock(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.local.hour(), self.local.minute(), self.local.second())
    }

    /// Formats a moment of the last hour by its distance: "just now", "2 min ago".
    #[must_use]
    pub fn ago(&self) -> Option<String> {
        match self.age {
            0..60 => Some("just now".to_owned()),
            60..3_600 => Some(format!("{} min ago", self.age / 60)),
            _ => None,
        }
    }

    /// Formats in a few characters: "08:29" if it is of today, "24 Nov", or "24 Nov 2025" in another year.
    #[must_use]
    pub fn brief(&self) -> String {
        let date = self.local.date();
        match date {
            _ if date == self.today => format!("{:02}:{:02}", self.local.hour(), self.local.minute()),
            _ if date.year() == self.today.year() => date.strftime("%-d %b").to_string(),
            _ => date.strftime("%-d %b %Y").to_string(),
        }
    }

    fn day(&self) -> Cow<'static, str> {
        let date = self.local.date();
        if date == self.today {
            return "today".into();
        }
        if self.today.yesterday().is_ok_and(|yesterday| yesterday == date) {
            return "yesterday".into();
        }
        if self.today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
            return "tomorrow".into();
        }
        let month = MONTHS[usize::from(date.month().unsigned_abs() - 1)];
        format!("{} {month} {}", date.day(), date.year()).into()
    }
}

/// Formats a measured time, the same in sentences and in columns: "0.14 s", "12 s", "3 min 5 s", "2 h 10 min", "1 d 1 h".
#[must_use]
pub fn duration(length: Duration) -> String {
    let hundredths = (length.as_millis() + 5) / 10;
    let seconds = length.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        // a time in full seconds was counted, not measured
        0..=9 if length.subsec_nanos() > 0 && hundredths < 1_000 => {
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        0..=59 => format!("{} s", if hundredths >= 1_000 { seconds.max(10) } else { seconds }),
        60..=3_599 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..=86_399 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// Formats a time that somebody has to wait, or a regular interval, in words: "30 seconds", "3 minutes 5 seconds".
#[must_use]
pub fn interval(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..=59 => count(seconds, "second"),
        60..=3_599 => two_units(seconds / 60, "minute", seconds % 60, "second"),
        3_600..=86_399 => two_units(seconds / 3_600, "hour", seconds % 3_600 / 60, "minute"),
        _ => two_units(seconds / 86_400, "day", seconds % 86_400 / 3_600, "hour"),
    }
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => count(large, large_unit),
        _ => format!("{} {}", count(large, large_unit), count(small, small_unit)),
    }
}

/// Formats a count with its noun: "1 job", "2 jobs", "12,400 jobs".
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Groups digits by thousands: "12,400".
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Calendar, count, duration, grouped, interval};
    use jiff::tz::TimeZone;
    use std::time::Duration;
    use time::macros::datetime;

    #[test]
    fn a_moment_is_formatted_in_the_viewers_time_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar::new(berlin, datetime!(2026-11-24 08:00 UTC));
        let when = calendar.when(datetime!(2026-11-24 07:47:05 UTC));
        assert_eq!((when.iso().as_str(), when.long_text().as_str()), ("2026-11-24T07:47:05Z", "today at 08:47"));
        assert_eq!(when.clock(), "08:47:05");
        // half an hour before midnight in UTC is the next day in Berlin
        assert_eq!(calendar.when(datetime!(2026-11-22 23:30 UTC)).long_text(), "yesterday at 00:30");
        assert_eq!(calendar.when(datetime!(2026-03-01 12:00 UTC)).long_text(), "1 March 2026 at 13:00");
    }

    #[test]
    fn a_brief_moment_says_the_time_of_today_and_the_date_of_another_day() {
        let calendar = Calendar::new(TimeZone::UTC, datetime!(2026-11-24 08:00 UTC));
        let brief = |at| calendar.when(at).brief();
        assert_eq!(brief(datetime!(2026-11-24 07:05 UTC)), "07:05");
        assert_eq!(brief(datetime!(2026-11-23 23:59 UTC)), "23 Nov");
        assert_eq!(brief(datetime!(2025-12-31 12:00 UTC)), "31 Dec 2025");
    }

    #[test]
    fn only_a_moment_of_the_last_hour_has_a_distance() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let calendar = Calendar::new(TimeZone::UTC, now);
        let ago = |seconds: u64| calendar.when(now - Duration::from_secs(seconds)).ago();
        assert_eq!(ago(59).as_deref(), Some("just now"));
        assert_eq!((ago(60).as_deref(), ago(3_599).as_deref()), (Some("1 min ago"), Some("59 min ago")));
        assert_eq!((ago(3_600), calendar.when(now + Duration::from_secs(1)).ago()), (None, None));
    }

    #[test]
    fn a_measured_time_is_rounded_and_written_in_one_way() {
        let written = |millis: &[u64]| -> Vec<_> {
            millis.iter().map(|millis| duration(Duration::from_millis(*millis))).collect()
        };
        assert_eq!(written(&[4, 137, 2_465, 9_994, 9_996]), ["0.00 s", "0.14 s", "2.47 s", "9.99 s", "10 s"]);
        assert_eq!(written(&[0, 5_000, 59_900]), ["0 s", "5 s", "59 s"]);
        assert_eq!(
            written(&[79_400, 180_000, 7_800_000, 90_000_000]),
            ["1 min 19 s", "3 min", "2 h 10 min", "1 d 1 h"]
        );
    }

    #[test]
    fn a_time_to_wait_is_words() {
        let words = [1, 30, 185, 86_400].map(|seconds| interval(Duration::from_secs(seconds)));
        assert_eq!(words, ["1 second", "30 seconds", "3 minutes 5 seconds", "1 day"]);
    }

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!([0, 12, 1_000, 12_400, 1_234_567].map(grouped), ["0", "12", "1,000", "12,400", "1,234,567"]);
        assert_eq!((count(1, "job"), count(0, "job")), ("1 job".into(), "0 jobs".into()));
    }
}
