//! The levels of the headings of a text, below those of its page.

/// The levels of the open headings of a text: those that the writer chose.
pub(super) struct Headings {
    top_level: u8,
    open: Vec<u8>,
}

impl Headings {
    pub(super) fn new(top_level: u8) -> Self {
        Self { top_level: top_level.clamp(2, 6), open: Vec::new() }
    }

    /// Returns the level of the next heading on the page. No level is skipped on the way down, whatever the writer did.
    pub(super) fn next_level(&mut self, written: u8) -> u8 {
        while self.open.last().is_some_and(|open| *open >= written) {
            self.open.pop();
        }
        self.open.push(written);
        let below = u8::try_from(self.open.len() - 1).unwrap_or(u8::MAX);
        self.top_level.saturating_add(below).min(6)
    }
}
