//! The day on which an entered credential expires, as its owner notes it. The hub only reminds the owner of it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::clock::{Day, Timestamp, day_from_jiff, day_to_jiff, moment_from_jiff, to_jiff};
use crate::error::{Error, Result};

/// Years ahead of today; a later date is a typing error.
const MAX_YEARS_AHEAD: i16 = 10;

/// Days between the reminder and the expiry date. The first one that is still ahead applies; none applies to a date that is
/// noted on the same or the previous day.
const REMINDER_DAYS: [i32; 2] = [7, 1];

/// The hour of a reminder, in the owner's time zone.
const REMINDER_HOUR: i8 = 8;

/// An expiry date as its owner enters it.
#[derive(Clone, Debug)]
pub struct ExpiryInput {
    /// The field's text; empty if the owner does not know the date.
    pub text: String,
    /// The owner's time zone.
    pub zone: TimeZone,
}

/// An expiry date, and the time of its reminder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ExpiryDate {
    pub(super) day: Option<Day>,
    pub(super) remind_at: Option<Timestamp>,
}

impl ExpiryInput {
    /// Parses the date as of `now`. Any other text is a fault of the field `ends_on`.
    pub(super) fn parse(&self, now: Timestamp) -> Result<ExpiryDate> {
        let text = self.text.trim();
        if text.is_empty() {
            return Ok(ExpiryDate::default());
        }
        let today = self.zone.to_datetime(to_jiff(now)).date();
        let fault = |message: &str| Error::field("ends_on", message);
        let last = today.saturating_add(Span::new().years(MAX_YEARS_AHEAD));
        let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        let day = day.ok_or_else(|| fault("Enter a date like 2027-03-31, or leave this empty"))?;
        if day < today {
            return Err(fault("That day is in the past. Enter the day on which it ends, or leave this empty"));
        }
        if day > last {
            return Err(fault("That is more than ten years ahead. Check the year, or leave this empty"));
        }
        let mornings = REMINDER_DAYS.into_iter().map(|days| day.saturating_sub(days.days()));
        let morning = mornings.into_iter().find(|morning| *morning > today);
        let remind_at = morning.and_then(|day| moment_from_jiff(day.at(REMINDER_HOUR, 0, 0, 0), &self.zone));
        Ok(ExpiryDate { day: day_from_jiff(day), remind_at })
    }
}

/// Formats a day as "3 March 2027".
pub(super) fn format_day(day: Day) -> String {
    day_to_jiff(day).strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::{ExpiryDate, ExpiryInput, format_day};
    use crate::error::{Error, Result};
    use jiff::tz::TimeZone;
    use time::macros::{date, datetime};

    /// Parses on the evening of 24 February 2027 in Berlin.
    fn parse(text: &str) -> Result<ExpiryDate> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        ExpiryInput { text: text.to_owned(), zone }.parse(datetime!(2027-02-24 20:00 UTC))
    }

    #[test]
    fn a_reminder_comes_seven_days_before_or_one_and_never_on_the_day_of_noting() {
        assert_eq!(parse(" ").unwrap(), ExpiryDate::default());
        let expiry = parse("2027-03-31").unwrap();
        assert_eq!(expiry.day, Some(date!(2027 - 03 - 31)));
        assert_eq!(expiry.remind_at, Some(datetime!(2027-03-24 7:00 UTC)), "eight in the morning");
        for (text, at) in [
            ("2027-03-04", Some(datetime!(2027-02-25 7:00 UTC))),
            ("2027-03-03", Some(datetime!(2027-03-02 7:00 UTC))),
            ("2027-02-26", Some(datetime!(2027-02-25 7:00 UTC))),
            ("2027-02-25", None),
            ("2027-02-24", None),
        ] {
            assert_eq!(parse(text).unwrap().remind_at, at, "{text}");
        }
        assert_eq!(format_day(date!(2027 - 03 - 03)), "3 March 2027");
    }

    #[test]
    fn an_invalid_expiry_date_is_reported_on_its_field() {
        for (text, message) in [
            ("soon", "Enter a date"),
            ("2027-02-30", "Enter a date"),
            ("2027-3-31", "Enter a date"),
            ("2027-03-31T10:00", "Enter a date"),
            ("2027-02-23", "That day is in the past"),
            ("2037-02-25", "That is more than ten years"),
            ("9999-12-31", "That is more than ten years"),
        ] {
            let Err(Error::Invalid(faults)) = parse(text) else { panic!("{text} is taken") };
            assert!(faults.message_for("ends_on").unwrap().starts_with(message), "{text}: {faults}");
        }
        assert!(parse("2037-02-24").is_ok());
    }
}
