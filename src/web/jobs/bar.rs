//! The line above a list of jobs: how it is kept up to date, and the way to new jobs.

use super::announcer::new_jobs;
use super::filters::Filters;

/// The line of a page.
pub(in crate::web) struct Bar {
    /// The reader wants the page to stay still.
    pub(in crate::web) is_paused: bool,
    /// The place for [`Slot`]; a later page of a list is told of no new jobs.
    pub(in crate::web) has_slot: bool,
    /// The page itself.
    pub(in crate::web) here: String,
    /// The page, with its stream switched on or off.
    pub(in crate::web) toggled: String,
}

/// What is told of new jobs.
pub(super) struct Slot {
    /// "3 new jobs"; empty if there are none.
    pub(super) words: String,
    /// The first page of the same list.
    pub(super) href: String,
}

impl Bar {
    pub(super) fn new(filters: &Filters) -> Self {
        Self {
            is_paused: filters.is_paused,
            has_slot: filters.before.is_none(),
            here: filters.href(filters.before),
            toggled: filters.toggled(),
        }
    }
}

impl Bar {
    /// Of a page at this address, which has no parameters of its own and is told of nothing new.
    pub(in crate::web) fn still(here: &str, is_paused: bool) -> Self {
        let paused = format!("{here}?live=off");
        let (here, toggled) = if is_paused { (paused, here.to_owned()) } else { (here.to_owned(), paused) };
        Self { is_paused, has_slot: false, here, toggled }
    }
}

impl Slot {
    pub(super) fn new(filters: &Filters, unseen: usize) -> Self {
        let words = if unseen == 0 { String::new() } else { new_jobs(unseen) };
        Self { words, href: filters.href(None) }
    }
}
