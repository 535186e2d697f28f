//! Counts of finished jobs by outcome, and their description.

use std::cmp::Ordering;
use std::time::Duration;

use crate::dashboard::Figure;
use crate::web::when;

/// Finished jobs by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) unknown: u64,
    pub(super) canceled: u64,
    /// Total duration of the successful jobs, in milliseconds.
    pub(super) millis: u64,
}

impl Tally {
    /// Returns one tally for each of `count` periods; figures outside of them are ignored.
    pub(super) fn by_period(figures: &[Figure], count: usize) -> Vec<Self> {
        let mut tallies = vec![Self::default(); count];
        for figure in figures {
            let index = usize::try_from(figure.part).ok().and_then(|part| part.checked_sub(1));
            if let Some(tally) = index.and_then(|index| tallies.get_mut(index)) {
                *tally = Self::sum(&[*tally, Self::from(figure)]);
            }
        }
        tallies
    }

    pub(super) fn sum(tallies: &[Self]) -> Self {
        tallies.iter().fold(Self::default(), |sum, it| Self {
            succeeded: sum.succeeded + it.succeeded,
            failed: sum.failed + it.failed,
            unknown: sum.unknown + it.unknown,
            canceled: sum.canceled + it.canceled,
            millis: sum.millis + it.millis,
        })
    }

    pub(super) const fn total(&self) -> u64 {
        self.succeeded + self.failed + self.unknown + self.canceled
    }

    /// Returns the share of successful jobs, without cancelled ones, in percent. Rounded down: 100 % means that none
    /// failed.
    pub(super) fn success_rate(&self) -> Option<String> {
        let permille = self.success_permille()?;
        Some(match permille % 10 {
            0 => format!("{} %", permille / 10),
            tenth => format!("{}.{tenth} %", permille / 10),
        })
    }

    /// Returns the change of the number of jobs since another time: "38 more than the week before".
    pub(super) fn change_of_total(&self, before: &Self, name: &str) -> Option<String> {
        let (now, then) = (self.total(), before.total());
        (then > 0).then(|| match now.cmp(&then) {
            Ordering::Equal => format!("as many as {name}"),
            Ordering::Greater => format!("{} more than {name}", when::grouped(now - then)),
            Ordering::Less => format!("{} fewer than {name}", when::grouped(then - now)),
        })
    }

    /// Returns the success rate of another time, beside this one: "75 % the week before".
    pub(super) fn success_before(&self, before: &Self, name: &str) -> Option<String> {
        let (now, then) = (self.success_rate()?, before.success_rate()?);
        Some(if now == then { format!("as {name}") } else { format!("{then} {name}") })
    }

    fn success_permille(&self) -> Option<u64> {
        (self.succeeded * 1_000).checked_div(self.succeeded + self.failed + self.unknown)
    }

    /// Returns the average duration of successful jobs.
    pub(super) fn average_duration(&self) -> Option<String> {
        self.millis.checked_div(self.succeeded).map(|millis| when::duration(Duration::from_millis(millis)))
    }

    /// Returns text like "412 succeeded, 9 failed, 1 was cancelled".
    pub(super) fn describe(&self) -> String {
        let were = |n: u64| if n == 1 { "was" } else { "were" };
        let parts = [
            (self.succeeded, "succeeded".to_owned()),
            (self.failed, "failed".to_owned()),
            (self.unknown, "ended with an unknown outcome".to_owned()),
            (self.canceled, format!("{} cancelled", were(self.canceled))),
        ];
        let descriptions: Vec<_> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", when::grouped(*n))).collect();
        descriptions.join(", ")
    }
}

impl From<&Figure> for Tally {
    fn from(figure: &Figure) -> Self {
        Self {
            succeeded: figure.succeeded.unsigned_abs(),
            failed: figure.failed.unsigned_abs(),
            unknown: figure.unknown.unsigned_abs(),
            canceled: figure.canceled.unsigned_abs(),
            millis: figure.latency_ms.unsigned_abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::dashboard::Figure;

    #[test]
    fn figures_are_summed_by_period() {
        let figures = [
            Figure { part: 1, succeeded: 3, latency_ms: 600, ..Figure::default() },
            Figure { part: 2, failed: 2, canceled: 1, ..Figure::default() },
            Figure { part: 3, failed: 7, ..Figure::default() },
        ];
        let tallies = Tally::by_period(&figures, 2);
        assert_eq!((tallies[0].total(), tallies[1].failed), (3, 2));
        let all = Tally::sum(&tallies);
        assert_eq!(all.describe(), "3 succeeded, 2 failed, 1 was cancelled");
        assert_eq!((all.success_rate().as_deref(), all.average_duration().as_deref()), (Some("60 %"), Some("0.20 s")));
    }

    #[test]
    fn a_change_is_told_against_the_time_before() {
        let tally = |succeeded, failed| Tally { succeeded, failed, ..Tally::default() };
        let change =
            |now: Tally, before: Tally| (now.change_of_total(&before, "then"), now.success_before(&before, "then"));
        let told = |total: &str, success: &str| (Some(total.to_owned()), Some(success.to_owned()));
        assert_eq!(change(tally(9, 1), tally(3, 1)), told("6 more than then", "75 % then"));
        assert_eq!(change(tally(1, 1), tally(3, 1)), told("2 fewer than then", "75 % then"));
        assert_eq!(change(tally(3, 1), tally(3, 1)), told("as many as then", "as then"));
        assert_eq!(change(tally(3, 1), Tally::default()), (None, None));
    }

    #[test]
    fn a_failure_is_never_rounded_away() {
        let tally = Tally { succeeded: 99_999, failed: 1, ..Tally::default() };
        assert_eq!(tally.success_rate().as_deref(), Some("99.9 %"));
        assert_eq!(Tally { canceled: 1, ..Tally::default() }.success_rate(), None);
    }
}
