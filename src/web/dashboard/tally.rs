//! Counts of endings, added up, and what they say in words.

use std::time::Duration;

use crate::dashboard::Figure;
use crate::web::when;

/// How jobs ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) unknown: u64,
    pub(super) canceled: u64,
    /// How long those that succeeded took, all together.
    pub(super) millis: u64,
}

impl Tally {
    /// One tally for each of `parts` parts; figures outside of them are no part's.
    pub(super) fn by_part(figures: &[Figure], parts: usize) -> Vec<Self> {
        let mut tallies = vec![Self::default(); parts];
        for figure in figures {
            let at = usize::try_from(figure.part).ok().and_then(|part| part.checked_sub(1));
            if let Some(tally) = at.and_then(|at| tallies.get_mut(at)) {
                *tally = Self::sum(&[*tally, Self::from(figure)]);
            }
        }
        tallies
    }

    pub(super) fn sum(tallies: &[Self]) -> Self {
        tallies.iter().fold(Self::default(), |all, it| Self {
            succeeded: all.succeeded + it.succeeded,
            failed: all.failed + it.failed,
            unknown: all.unknown + it.unknown,
            canceled: all.canceled + it.canceled,
            millis: all.millis + it.millis,
        })
    }

    pub(super) const fn all(&self) -> u64 {
        self.succeeded + self.failed + self.unknown + self.canceled
    }

    /// The share that succeeded of those that nobody stopped, rounded down: 100 % is only said when none failed.
    pub(super) fn success(&self) -> Option<String> {
        let tried = self.succeeded + self.failed + self.unknown;
        let permille = (self.succeeded * 1_000).checked_div(tried)?;
        Some(match permille % 10 {
            0 => format!("{} %", permille / 10),
            tenth => format!("{}.{tenth} %", permille / 10),
        })
    }

    /// How long a good run takes on average.
    pub(super) fn average(&self) -> Option<String> {
        self.millis.checked_div(self.succeeded).map(|millis| when::duration(Duration::from_millis(millis)))
    }

    /// "412 succeeded, 9 failed, 1 was cancelled".
    pub(super) fn words(&self) -> String {
        let were = |n: u64| if n == 1 { "was" } else { "were" };
        let parts = [
            (self.succeeded, "succeeded".to_owned()),
            (self.failed, "failed".to_owned()),
            (self.unknown, "ended with an unknown outcome".to_owned()),
            (self.canceled, format!("{} cancelled", were(self.canceled))),
        ];
        let told: Vec<_> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", when::grouped(*n))).collect();
        told.join(", ")
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
    fn figures_are_added_up_by_part_and_none_is_lost() {
        let figures = [
            Figure { part: 1, succeeded: 3, latency_ms: 600, ..Figure::default() },
            Figure { part: 2, failed: 2, canceled: 1, ..Figure::default() },
            Figure { part: 3, failed: 7, ..Figure::default() },
        ];
        let tallies = Tally::by_part(&figures, 2);
        assert_eq!((tallies[0].all(), tallies[1].failed), (3, 2));
        let all = Tally::sum(&tallies);
        assert_eq!(all.words(), "3 succeeded, 2 failed, 1 was cancelled");
        assert_eq!((all.success().as_deref(), all.average().as_deref()), (Some("60 %"), Some("200 milliseconds")));
    }

    #[test]
    fn a_failure_is_never_rounded_away() {
        let tally = Tally { succeeded: 99_999, failed: 1, ..Tally::default() };
        assert_eq!(tally.success().as_deref(), Some("99.9 %"));
        assert_eq!(Tally { canceled: 1, ..Tally::default() }.success(), None);
    }
}
