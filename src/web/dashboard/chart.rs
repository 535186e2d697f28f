//! The chart: a column for each hour or day, stacked by outcome. Geometry only; words and numbers stand beside it.

use super::range::Part;
use super::tally::Tally;
use crate::web::when::grouped;

/// Drawn at its own size, never scaled, so that its text stays readable.
const WIDTH: u32 = 664;
const LEFT: u32 = 52;
const TOP: u32 = 28;
const TALL: u32 = 180;
const GAP: u32 = 2;

/// The chart, as attributes.
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: u32,
    pub(super) lines: Vec<Line>,
    pub(super) blocks: Vec<Block>,
    pub(super) labels: Vec<Label>,
}

/// A level, with its number.
pub(super) struct Line {
    pub(super) y: u32,
    pub(super) text: String,
}

/// A part of a column.
pub(super) struct Block {
    /// Class of its colour, or name of its pattern.
    pub(super) series: &'static str,
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Text, centred.
pub(super) struct Label {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) text: String,
}

impl Chart {
    /// Of as many parts as tallies, at least one.
    pub(super) fn new(parts: &[Part], tallies: &[Tally]) -> Self {
        let top = nice(tallies.iter().map(Tally::all).max().unwrap_or(0));
        let slot = (WIDTH - LEFT) / u32::try_from(parts.len().max(1)).unwrap_or(1);
        let mut chart = Self {
            width: WIDTH,
            height: TOP + TALL + 30,
            left: LEFT,
            lines: levels(top),
            blocks: Vec::new(),
            labels: Vec::new(),
        };
        // a label has room for itself in every so many slots
        let every = 64_u32.div_ceil(slot).max(1);
        let (peak, last) = (tallies.iter().map(Tally::all).max(), parts.len().saturating_sub(1));
        let mut x = LEFT;
        for (at, (part, tally)) in parts.iter().zip(tallies).enumerate() {
            let ends_at = chart.stack(x + slot / 6, slot - slot / 3, tally, top);
            let middle = x + slot / 2;
            if tally.all() > 0 && (every == 1 || peak == Some(tally.all())) {
                chart.labels.push(Label { x: middle, y: ends_at - 6, text: grouped(tally.all()) });
            }
            if (last - at).is_multiple_of(every as usize) {
                chart.labels.push(Label { x: middle, y: TOP + TALL + 22, text: part.label.clone() });
            }
            x += slot;
        }
        chart
    }

    /// Draws a column from the ground up; returns where it ends.
    fn stack(&mut self, x: u32, width: u32, tally: &Tally, top: u64) -> u32 {
        let mut ground = TOP + TALL;
        let counts = [
            ("s1", tally.succeeded),
            ("failed", tally.failed),
            ("unknown", tally.unknown),
            ("canceled", tally.canceled),
        ];
        for (series, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            // what is there is seen, however little it is
            let height = scaled(count, top).saturating_sub(GAP).max(3);
            let y = ground.saturating_sub(height).max(TOP / 2);
            self.blocks.push(Block { series, x, y, width, height: ground - y });
            ground = y.saturating_sub(GAP);
        }
        ground
    }
}

fn scaled(count: u64, top: u64) -> u32 {
    u32::try_from(u64::from(TALL) * count / top).unwrap_or(TALL)
}

/// The lowest round number that is not below `most`: 1, 2, 4, 6, 8, 10, 20 …, so that its half is round too.
fn nice(most: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for step in [1, 2, 4, 6, 8] {
            if ten.saturating_mul(step) >= most {
                return ten.saturating_mul(step);
            }
        }
        ten = ten.saturating_mul(10);
    }
}

fn levels(top: u64) -> Vec<Line> {
    let halves = if top > 1 { vec![0, top / 2, top] } else { vec![0, top] };
    halves.into_iter().map(|level| Line { y: TOP + TALL - scaled(level, top), text: grouped(level) }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Chart, TALL, TOP, nice};
    use crate::web::dashboard::range::Range;
    use crate::web::dashboard::tally::Tally;
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn the_scale_is_round() {
        assert_eq!([0, 1, 3, 5, 11, 99, 401].map(nice), [1, 1, 4, 6, 20, 100, 600]);
        assert!(nice(u64::MAX) >= u64::MAX / 10);
    }

    #[test]
    fn every_count_is_drawn_within_the_chart_and_no_two_blocks_overlap() {
        let parts = Range::Month.parts(&TimeZone::UTC, datetime!(2026-11-25 12:00 UTC));
        let tallies: Vec<_> = (0..30)
            .map(|n| Tally { succeeded: n * 1_000, failed: n % 3, unknown: n % 5, canceled: n % 2, ..Tally::default() })
            .collect();
        let chart = Chart::new(&parts, &tallies);
        let counts = tallies.iter().flat_map(|it| [it.succeeded, it.failed, it.unknown, it.canceled]);
        assert_eq!(chart.blocks.len(), counts.filter(|count| *count > 0).count());
        for pair in chart.blocks.windows(2) {
            let (below, above) = (&pair[0], &pair[1]);
            assert!(below.x < above.x || above.y + above.height < below.y);
        }
        for block in &chart.blocks {
            assert!(block.height > 0 && block.y + block.height <= TOP + TALL && block.x + block.width <= chart.width);
        }
        assert!(chart.labels.iter().all(|label| label.y > 0 && label.y < chart.height));
    }
}
