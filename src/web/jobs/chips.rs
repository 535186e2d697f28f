//! The views of the list of jobs, as links with numbers: all, running, failed, and those that wait for the person.
//!
//! "Needs me" are the jobs that continue once their owner acts. A job that failed, or whose outcome is unknown, has ended: it would
//! stay there for ever.

use jiff::ToSpan;

use crate::clock::Timestamp;
use crate::jobs::{JobCounts, MAX_COUNTED, StatusFilter};
use crate::web::filtering::{start_of_day, url_with_params};
use crate::web::here::Here;
use crate::web::when::{Calendar, grouped};

/// The days whose failures are counted, today among them.
const FAILURE_DAYS: i32 = 7;

/// A link to a view of the list.
pub(super) struct Chip {
    pub(super) label: &'static str,
    /// The number of its jobs; empty for all jobs.
    pub(super) count: String,
    /// The days of the number, if they are not all.
    pub(super) of: &'static str,
    pub(super) href: String,
    pub(super) is_here: bool,
}

/// The first day whose failures are counted.
pub(super) struct FailureDays {
    day: String,
    pub(super) start: Timestamp,
}

impl FailureDays {
    pub(super) fn new(calendar: &Calendar) -> Self {
        let day = calendar.today().saturating_sub((FAILURE_DAYS - 1).days());
        Self { start: start_of_day(day, calendar.zone()).unwrap_or_else(|| calendar.now()), day: day.to_string() }
    }
}

/// Returns the chips of a page. `current` is the address of its first page.
pub(super) fn chips(here: &Here, counts: &JobCounts, days: &FailureDays, is_paused: bool, current: &str) -> Vec<Chip> {
    let chip = |label, count: String, of, status: &str, since: &str| {
        let live = if is_paused { "off" } else { "" };
        let href = url_with_params(&here.path("/jobs"), &[("status", status), ("since", since), ("live", live)]);
        Chip { label, count, of, is_here: href == current, href }
    };
    let failed = StatusFilter::Failed.as_str();
    vec![
        chip("All", String::new(), "", "", ""),
        chip("Running", bounded(counts.running), "", StatusFilter::Running.as_str(), ""),
        chip("Failed", grouped(counts.failed), " in 7 days", failed, &days.day),
        chip("Needs me", bounded(counts.needs_owner), "", StatusFilter::WaitingInput.as_str(), ""),
    ]
}

/// Writes a number that was counted up to a bound: "3", "99+".
pub(super) fn bounded(count: usize) -> String {
    if count > MAX_COUNTED { format!("{MAX_COUNTED}+") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{FailureDays, bounded, chips};
    use crate::jobs::JobCounts;
    use crate::web::here::Here;
    use crate::web::when::Calendar;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn a_chip_is_current_on_exactly_its_view() {
        let calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap(), datetime!(2026-11-24 23:30 UTC));
        let days = FailureDays::new(&calendar);
        assert_eq!(days.start, datetime!(2026-11-18 23:00 UTC));
        let counts = JobCounts { running: 100, needs_owner: 1, waiting: 0, failed: 1_500 };
        let current = |address: &str| -> Vec<_> {
            let all = chips(&Here::default(), &counts, &days, address.contains("live"), address);
            all.into_iter().filter(|chip| chip.is_here).map(|chip| chip.label).collect()
        };
        assert_eq!(current("/jobs"), ["All"]);
        assert_eq!(current("/jobs?status=failed&since=2026-11-19&live=off"), ["Failed"]);
        assert!(current("/jobs?status=failed").is_empty() && current("/jobs?tool=hash").is_empty());
        let numbers: Vec<_> =
            chips(&Here::default(), &counts, &days, false, "").into_iter().map(|it| it.count).collect();
        assert_eq!(numbers, ["", "99+", "1,500", "1"]);
        assert_eq!(bounded(99), "99");
    }
}
