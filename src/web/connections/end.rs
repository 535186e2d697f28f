//! The day on which a typed credential ends, as its owner has noted it.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::clock::day_to_jiff;
use crate::connections::ConnectionDetail;
use crate::web::filtering::format_date;
use crate::web::when::Calendar;

/// As soon as its owner is reminded, the page speaks of it.
const DAYS_AHEAD: i32 = 7;

/// An end, on its owner's calendar.
pub(super) struct End {
    day: Date,
    today: Date,
}

impl End {
    /// None: its owner has noted none.
    pub(super) fn of(connection: &ConnectionDetail, calendar: &Calendar) -> Option<Self> {
        connection.expires_on.map(|day| Self { day: day_to_jiff(day), today: calendar.today() })
    }

    /// For machines: 2027-03-03.
    pub(super) fn iso(&self) -> String {
        self.day.to_string()
    }

    /// For people: "3 March 2027".
    pub(super) fn words(&self) -> String {
        format_date(self.day)
    }

    /// Whether another credential should be entered by now.
    pub(super) fn is_near(&self) -> bool {
        self.day <= self.today.saturating_add(DAYS_AHEAD.days())
    }

    /// "ends", or "ended".
    pub(super) fn verb(&self) -> &'static str {
        if self.day < self.today { "ended" } else { "ends" }
    }
}
