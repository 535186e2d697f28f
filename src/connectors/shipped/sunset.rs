//! The day on which a service changes or ends what a connector uses.

use serde::{Deserialize, Serialize};
use time::macros::format_description;
use toml::Spanned;

use super::hosted::is_https;
use super::{FileFault, Source};
use crate::clock::Day;

/// Days before a sunset from which administrators are told of it: half a year.
const NOTICE_DAYS: i64 = 183;

/// A known end, as administrators read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sunset {
    /// Day, such as 2027-04-30.
    pub date: String,
    /// Sentences: what ends, and the next step.
    pub say: String,
    /// Page of the service that says so.
    pub url: String,
}

impl Sunset {
    /// Returns the day.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        Day::parse(&self.date, format_description!("[year]-[month]-[day]")).ok()
    }

    /// Reports whether administrators are told of the end on this day.
    #[must_use]
    pub fn is_near(&self, today: Day) -> bool {
        self.day().is_some_and(|day| (day - today).whole_days() <= NOTICE_DAYS)
    }
}

impl Source<'_> {
    /// Checks the day, the sentences and the page.
    pub(super) fn sunset(self, written: Option<Spanned<Sunset>>) -> Result<Option<Sunset>, FileFault> {
        let Some(written) = written else { return Ok(None) };
        let at = written.span().start;
        let sunset = written.into_inner();
        if sunset.day().is_none() {
            return Err(self.fault(at, "“date” of “sunset” does not fit. Write a day such as 2027-04-30".to_owned()));
        }
        if sunset.say.trim().is_empty() || sunset.say.chars().count() > 300 {
            return Err(self.fault(at, "“say” of “sunset” does not fit. Write 1 to 300 characters".to_owned()));
        }
        if !is_https(&sunset.url) {
            return Err(self.fault(at, "“url” of “sunset” does not fit. Write an https address".to_owned()));
        }
        Ok(Some(sunset))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shipped;
    use time::macros::date;

    const FILE: &str = r#"
slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "none"
transport = "builtin"
sunset = { date = "2027-04-30", say = "Version 3 ends. Update the hub.", url = "https://tides.example/changes" }
"#;

    #[test]
    fn an_end_is_told_from_half_a_year_before() {
        let sunset = Shipped::parse("connectors/tides.toml", FILE).unwrap().sunset.unwrap();
        assert!(!sunset.is_near(date!(2026 - 10 - 28)));
        assert!(sunset.is_near(date!(2026 - 10 - 29)) && sunset.is_near(date!(2028 - 01 - 01)));
    }

    #[test]
    fn a_fault_is_reported_with_its_line() {
        for (good, bad, told) in [
            ("2027-04-30", "2027-04-31", "“date” of “sunset” does not fit"),
            ("Version 3 ends. Update the hub.", " ", "“say” of “sunset” does not fit"),
            ("https://tides", "http://tides", "“url” of “sunset” does not fit"),
        ] {
            let fault = Shipped::parse("connectors/tides.toml", &FILE.replace(good, bad)).unwrap_err().to_string();
            assert!(fault.contains("line 8, ") && fault.contains(told), "{fault}");
        }
    }
}
