//! The expiry date of a typed credential, as pages show it.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::clock::{Day, day_from_jiff, day_to_jiff};
use crate::connections::ConnectionDetail;
use crate::web::filtering::format_date;
use crate::web::when::{Calendar, count};

/// The days before the expiry of a typed credential from which the page warns, as the reminder mail does.
const WARNING_DAYS: i32 = 7;

/// Returns the last day of what expires soon.
pub(super) fn soon(calendar: &Calendar) -> Day {
    day_from_jiff(calendar.today().saturating_add(WARNING_DAYS.days())).unwrap_or(Day::MAX)
}

/// The expiry date of a typed credential, as the owner entered it.
pub(super) struct Expiry {
    day: Date,
    today: Date,
}

impl Expiry {
    /// Returns the expiry date, if the owner entered one.
    pub(super) fn for_connection(connection: &ConnectionDetail, calendar: &Calendar) -> Option<Self> {
        connection.expires_on.map(|day| Self { day: day_to_jiff(day), today: calendar.today() })
    }

    /// Formats for machines: "2027-03-03".
    pub(super) fn iso(&self) -> String {
        self.day.to_string()
    }

    /// Formats for people: "3 March 2027".
    pub(super) fn long_text(&self) -> String {
        format_date(self.day)
    }

    /// Returns true if the owner should enter another credential.
    pub(super) fn is_near(&self) -> bool {
        self.day <= self.today.saturating_add(WARNING_DAYS.days())
    }

    /// Returns the distance in words: "Expires in 3 days", "Expires today", "Expired 2 days ago".
    pub(super) fn distance(&self) -> String {
        let days = self.today.until(self.day).map_or(0, |span| i64::from(span.get_days()));
        let words = |days: i64| count(days.unsigned_abs(), "day");
        match days {
            0 => "Expires today".to_owned(),
            1 => "Expires tomorrow".to_owned(),
            2.. => format!("Expires in {}", words(days)),
            _ => format!("Expired {} ago", words(days)),
        }
    }

    /// Returns "ends" or "ended".
    pub(super) fn verb(&self) -> &'static str {
        if self.day < self.today { "ended" } else { "ends" }
    }
}

#[cfg(test)]
mod tests {
    use super::Expiry;
    use jiff::civil::date;

    #[test]
    fn the_distance_of_an_expiry_date_is_counted_in_days() {
        let distance = |day| Expiry { day, today: date(2026, 11, 29) }.distance();
        assert_eq!(distance(date(2026, 12, 2)), "Expires in 3 days");
        assert_eq!(distance(date(2027, 11, 29)), "Expires in 365 days");
        assert_eq!(distance(date(2026, 11, 30)), "Expires tomorrow");
        assert_eq!(
            (distance(date(2026, 11, 29)).as_str(), distance(date(2026, 11, 28)).as_str()),
            ("Expires today", "Expired 1 day ago")
        );
    }
}
