//! Rows of the list that a link ticks all at once, for people without script as well. The two forms of the page, of unfinished and
//! of finished jobs, each have their own link.

use crate::jobs::JobStatus;

/// The rows whose boxes are ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowSelection {
    Unfinished,
    Finished,
}

impl RowSelection {
    pub(super) const HINT: &str = "choose “finished” or “unfinished”";

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Unfinished, Self::Finished].into_iter().find(|it| it.as_str() == word)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
        }
    }

    /// Returns true if the selection has the jobs of a status.
    pub(super) fn has(self, status: JobStatus) -> bool {
        status.is_final() == (self == Self::Finished)
    }
}

/// The link that ticks all rows of a form, or none if all are ticked.
pub(super) struct SelectLink {
    pub(super) href: String,
    /// All rows are ticked.
    pub(super) selects_none: bool,
    /// The adjective of the form's jobs.
    pub(super) jobs: &'static str,
}

impl SelectLink {
    /// Builds the link of a form with these rows. `href` is the address of the page without a selection.
    pub(super) fn new(href: String, current: Option<RowSelection>, rows: RowSelection) -> Self {
        let selects_none = current == Some(rows);
        let href = match (selects_none, href.contains('?')) {
            (true, _) => href,
            (false, true) => format!("{href}&select={}", rows.as_str()),
            (false, false) => format!("{href}?select={}", rows.as_str()),
        };
        Self { href, selects_none, jobs: rows.as_str() }
    }
}
