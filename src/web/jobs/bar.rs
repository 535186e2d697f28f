//! The line above the list: how it is kept up to date, and the way to new jobs.

use askama::Template;

use super::announcer::new_jobs;
use super::filters::Filters;

/// How a page is kept up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// By a stream.
    Live,
    /// By its reader, who wanted it so.
    Paused,
    /// By its reader, as the stream ended.
    Stopped,
}

/// The line of a page.
pub(super) struct Bar {
    pub(super) mode: Mode,
    /// The place for [`Slot`], on the first page.
    pub(super) has_slot: bool,
    /// The page itself.
    pub(super) here: String,
    /// The page, with its stream switched on or off.
    pub(super) toggled: String,
}

/// What is told of new jobs.
pub(super) struct Slot {
    /// "3 new jobs"; empty if there are none.
    pub(super) words: String,
    /// The first page of the same list.
    pub(super) href: String,
}

/// The line once the stream has ended, as a piece of the page.
#[derive(Template)]
#[template(path = "jobs/_bar_stopped.html")]
pub(super) struct BarStopped {
    pub(super) bar: Bar,
}

impl Bar {
    pub(super) fn new(filters: &Filters) -> Self {
        Self {
            mode: if filters.is_paused { Mode::Paused } else { Mode::Live },
            has_slot: filters.before.is_none(),
            here: filters.href(filters.before),
            toggled: filters.toggled(),
        }
    }

    pub(super) fn stopped(self) -> Self {
        Self { mode: Mode::Stopped, ..self }
    }
}

impl Slot {
    pub(super) fn new(filters: &Filters, unseen: usize) -> Self {
        let words = if unseen == 0 { String::new() } else { new_jobs(unseen) };
        Self { words, href: filters.href(None) }
    }
}
