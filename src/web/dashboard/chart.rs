//! Geometry of the chart: a column for each hour or day, stacked by outcome. The page shows the numbers as text beside
//! it.

use super::range::Period;
use super::tally::Tally;
use crate::web::when::grouped;

/// Width of the chart in pixels. It is never scaled, so that its text stays readable.
const WIDTH: u32 = 664;

/// Space for the numbers of the levels.
const LEFT_MARGIN: u32 = 52;

/// Space for the number above the highest column.
const TOP_MARGIN: u32 = 28;

/// Height of the columns at the highest level.
const PLOT_HEIGHT: u32 = 180;

/// Distance between the segments of a column.
const SEGMENT_GAP: u32 = 2;

/// The chart as attributes of SVG elements.
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: u32,
    pub(super) levels: Vec<Level>,
    pub(super) segments: Vec<Segment>,
    pub(super) labels: Vec<Label>,
    /// The outcomes that have a segment, in their order, each with its word.
    pub(super) series: Vec<(&'static str, &'static str)>,
}

/// Every outcome, from the bottom up.
const SERIES: [(&str, &str); 4] =
    [("s1", "Succeeded"), ("failed", "Failed"), ("unknown", "Outcome unknown"), ("canceled", "Cancelled")];

/// A horizontal line with its number.
pub(super) struct Level {
    pub(super) y: u32,
    pub(super) text: String,
}

/// A part of a column, for one outcome.
pub(super) struct Segment {
    /// CSS class of the colour, or name of the pattern.
    pub(super) series: &'static str,
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Centred text.
pub(super) struct Label {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) text: String,
}

impl Chart {
    /// Draws one column for each period; `periods` and `tallies` have the same length.
    pub(super) fn new(periods: &[Period], tallies: &[Tally]) -> Self {
        let top = round_up(tallies.iter().map(Tally::total).max().unwrap_or(0));
        let slot = (WIDTH - LEFT_MARGIN) / u32::try_from(periods.len().max(1)).unwrap_or(1);
        let mut chart = Self {
            width: WIDTH,
            height: TOP_MARGIN + PLOT_HEIGHT + 30,
            left: LEFT_MARGIN,
            levels: levels(top),
            segments: Vec::new(),
            labels: Vec::new(),
            series: Vec::new(),
        };
        // labels need 64 pixels, so only every few slots get one
        let every = 64_u32.div_ceil(slot).max(1);
        let (peak, last) = (tallies.iter().map(Tally::total).max(), periods.len().saturating_sub(1));
        let mut x = LEFT_MARGIN;
        for (at, (period, tally)) in periods.iter().zip(tallies).enumerate() {
            let column_top = chart.draw_column(x + slot / 6, slot - slot / 3, tally, top);
            let middle = x + slot / 2;
            if every == 1 || tally.total() > 0 && peak == Some(tally.total()) {
                chart.labels.push(Label { x: middle, y: column_top - 6, text: grouped(tally.total()) });
            }
            if (last - at).is_multiple_of(every as usize) {
                chart.labels.push(Label { x: middle, y: TOP_MARGIN + PLOT_HEIGHT + 22, text: period.label.clone() });
            }
            x += slot;
        }
        let is_drawn = |series: &str| chart.segments.iter().any(|it| it.series == series);
        chart.series = SERIES.into_iter().filter(|(series, _)| is_drawn(series)).collect();
        chart
    }

    /// Draws a column from the bottom up and returns the y coordinate of its top.
    fn draw_column(&mut self, x: u32, width: u32, tally: &Tally, top: u64) -> u32 {
        let mut bottom = TOP_MARGIN + PLOT_HEIGHT;
        let counts = [
            ("s1", tally.succeeded),
            ("failed", tally.failed),
            ("unknown", tally.unknown),
            ("canceled", tally.canceled),
        ];
        for (series, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            // at least three pixels, so that a small count is visible
            let height = scaled_height(count, top).saturating_sub(SEGMENT_GAP).max(3);
            let y = bottom.saturating_sub(height).max(TOP_MARGIN / 2);
            self.segments.push(Segment { series, x, y, width, height: bottom - y });
            bottom = y.saturating_sub(SEGMENT_GAP);
        }
        bottom
    }
}

fn scaled_height(count: u64, top: u64) -> u32 {
    u32::try_from(u64::from(PLOT_HEIGHT) * count / top).unwrap_or(PLOT_HEIGHT)
}

/// Returns the lowest of 1, 2, 4, 6, 8, 10, 20 … that is at least `count`; half of it is round too.
fn round_up(count: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for step in [1, 2, 4, 6, 8] {
            if ten.saturating_mul(step) >= count {
                return ten.saturating_mul(step);
            }
        }
        ten = ten.saturating_mul(10);
    }
}

fn levels(top: u64) -> Vec<Level> {
    let counts = if top > 1 { vec![0, top / 2, top] } else { vec![0, top] };
    counts
        .into_iter()
        .map(|count| Level { y: TOP_MARGIN + PLOT_HEIGHT - scaled_height(count, top), text: grouped(count) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Chart, PLOT_HEIGHT, TOP_MARGIN, round_up};
    use crate::web::dashboard::range::Range;
    use crate::web::dashboard::tally::Tally;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn the_highest_level_is_round() {
        assert_eq!([0, 1, 3, 5, 11, 99, 401].map(round_up), [1, 1, 4, 6, 20, 100, 600]);
        assert!(round_up(u64::MAX) >= u64::MAX / 10);
    }

    #[test]
    fn segments_stay_within_the_chart_and_do_not_overlap() {
        let periods = Range::Month.periods(&TimeZone::UTC, datetime!(2026-11-25 12:00 UTC));
        let tallies: Vec<_> = (0..30)
            .map(|n| Tally { succeeded: n * 1_000, failed: n % 3, unknown: n % 5, canceled: n % 2, ..Tally::default() })
            .collect();
        let chart = Chart::new(&periods, &tallies);
        let counts = tallies.iter().flat_map(|it| [it.succeeded, it.failed, it.unknown, it.canceled]);
        assert_eq!(chart.segments.len(), counts.filter(|count| *count > 0).count());
        for pair in chart.segments.windows(2) {
            let (below, above) = (&pair[0], &pair[1]);
            assert!(below.x < above.x || above.y + above.height < below.y);
        }
        for segment in &chart.segments {
            assert!(
                segment.height > 0
                    && segment.y + segment.height <= TOP_MARGIN + PLOT_HEIGHT
                    && segment.x + segment.width <= chart.width
            );
        }
        assert!(chart.labels.iter().all(|label| label.y > 0 && label.y < chart.height));
    }
}
