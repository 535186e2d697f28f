//! The day on which a typed credential ends, as its owner has noted it: they are reminded of it, and nothing else happens.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::clock::{Day, Timestamp, day_from_jiff, day_to_jiff, moment_from_jiff, to_jiff};
use crate::error::{Error, Result};

/// A later end is no end that a service has told.
const MOST_YEARS: i16 = 10;

/// Owners are reminded so many days before, in the morning. Of an end that is nearer when it is noted, the day before; on
/// the day of noting, nobody has to be told.
const AHEAD: [i32; 2] = [7, 1];

/// The hour of a reminder, on its owner's clock.
const MORNING: i8 = 8;

/// An end as it was typed.
#[derive(Clone, Debug)]
pub struct TypedEnd {
    /// What the field holds; empty: its owner does not know.
    pub text: String,
    /// Where its owner's days begin.
    pub zone: TimeZone,
}

/// An end, and when to remind of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    pub(super) day: Option<Day>,
    pub(super) remind_at: Option<Timestamp>,
}

impl TypedEnd {
    /// Reads what was typed `now`; what is no end is a fault of the field `ends_on`.
    pub(super) fn read(&self, now: Timestamp) -> Result<End> {
        let text = self.text.trim();
        if text.is_empty() {
            return Ok(End::default());
        }
        let today = self.zone.to_datetime(to_jiff(now)).date();
        let fault = |message: &str| Error::field("ends_on", message);
        let last = today.saturating_add(Span::new().years(MOST_YEARS));
        let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        let day = day.ok_or_else(|| fault("Enter a date like 2027-03-31, or leave this empty"))?;
        if day < today {
            return Err(fault("That day is over. Enter the day on which it ends, or leave this empty"));
        }
        if day > last {
            return Err(fault("That is more than ten years ahead. Check the year, or leave this empty"));
        }
        let mornings = AHEAD.into_iter().map(|days| day.saturating_sub(days.days()));
        let morning = mornings.into_iter().find(|morning| *morning > today);
        let remind_at = morning.and_then(|day| moment_from_jiff(day.at(MORNING, 0, 0, 0), &self.zone));
        Ok(End { day: day_from_jiff(day), remind_at })
    }
}

/// "3 March 2027".
pub(super) fn words(day: Day) -> String {
    day_to_jiff(day).strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::{End, TypedEnd, words};
    use crate::error::{Error, Result};
    use jiff::tz::TimeZone;
    use time::macros::{date, datetime};

    /// On the evening of 24 February 2027 in Berlin.
    fn read(text: &str) -> Result<End> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        TypedEnd { text: text.to_owned(), zone }.read(datetime!(2027-02-24 20:00 UTC))
    }

    #[test]
    fn a_reminder_comes_a_week_before_or_else_a_day_and_never_at_once() {
        assert_eq!(read(" ").unwrap(), End::default());
        let end = read("2027-03-31").unwrap();
        assert_eq!(end.day, Some(date!(2027 - 03 - 31)));
        assert_eq!(end.remind_at, Some(datetime!(2027-03-24 7:00 UTC)), "eight in the morning");
        for (text, at) in [
            ("2027-03-04", Some(datetime!(2027-02-25 7:00 UTC))),
            ("2027-03-03", Some(datetime!(2027-03-02 7:00 UTC))),
            ("2027-02-26", Some(datetime!(2027-02-25 7:00 UTC))),
            ("2027-02-25", None),
            ("2027-02-24", None),
        ] {
            assert_eq!(read(text).unwrap().remind_at, at, "{text}");
        }
        assert_eq!(words(date!(2027 - 03 - 03)), "3 March 2027");
    }

    #[test]
    fn what_is_no_end_is_a_fault_of_its_field() {
        for (text, told) in [
            ("soon", "Enter a date"),
            ("2027-02-30", "Enter a date"),
            ("2027-3-31", "Enter a date"),
            ("2027-03-31T10:00", "Enter a date"),
            ("2027-02-23", "That day is over"),
            ("2037-02-25", "That is more than ten years"),
            ("9999-12-31", "That is more than ten years"),
        ] {
            let Err(Error::Invalid(faults)) = read(text) else { panic!("{text} is taken") };
            assert!(faults.message_for("ends_on").unwrap().starts_with(told), "{text}: {faults}");
        }
        assert!(read("2037-02-24").is_ok());
    }
}
