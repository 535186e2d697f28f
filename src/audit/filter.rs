//! Filters of the audit log.

use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::ids::ConnectorId;

/// Conditions for entries; the default matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Created at this time or later.
    pub from: Option<Timestamp>,
    /// Created before this time.
    pub until: Option<Timestamp>,
    /// Origin of the action.
    pub origin: Option<Origin>,
    /// Actions that match; `None`: any.
    pub actions: &'static [&'static str],
    /// Outcome of the action.
    pub outcome: Option<AuditOutcome>,
    /// Connector involved.
    pub connector: Option<ConnectorId>,
    /// Words in the entry.
    pub text: Option<TextFilter>,
}

/// Outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// The action succeeded.
    Success,
    /// The action failed, or its effect is unknown.
    Error,
}

impl AuditOutcome {
    /// Every outcome.
    pub const ALL: [Self; 2] = [Self::Error, Self::Success];

    /// Returns the text in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

/// Words to search for. Each must occur in the entry's title, tool, connector or error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFilter {
    pub(super) words: Vec<String>,
    /// Actions by their title on pages, parallel to `titles`.
    pub(super) actions: Vec<String>,
    pub(super) titles: Vec<String>,
}

impl TextFilter {
    /// Parses the typed text, with the title of each action in the language of the page. Returns `None` if the text has no word.
    #[must_use]
    pub fn new(typed: &str, called: impl IntoIterator<Item = (&'static str, String)>) -> Option<Self> {
        let words: Vec<_> = typed.split_whitespace().map(ToOwned::to_owned).collect();
        let (actions, titles) = called.into_iter().map(|(action, title)| (action.to_owned(), title)).unzip();
        (!words.is_empty()).then_some(Self { words, actions, titles })
    }
}

/// The index that is read for keys, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Newest,
    Actions(&'static [&'static str]),
    Failed,
}

impl Filter {
    /// True if the filter matches every entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the index that leaves the fewest keys to scan: failures are rare.
    pub(super) const fn source(&self) -> Source {
        match (self.outcome, self.actions) {
            (Some(AuditOutcome::Error), _) => Source::Failed,
            (_, []) => Source::Newest,
            (_, actions) => Source::Actions(actions),
        }
    }

    /// True if every key of the source matches.
    pub(super) fn is_all_of(&self, source: Source) -> bool {
        let plain = self.origin.is_none() && self.connector.is_none() && self.text.is_none();
        plain
            && match source {
                Source::Newest | Source::Actions(_) => self.outcome.is_none(),
                Source::Failed => self.actions.is_empty(),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditOutcome, Filter, Source, TextFilter};
    use crate::actor::Origin;

    #[test]
    fn the_rarest_part_of_a_filter_chooses_the_index() {
        let runs = Filter { actions: &["job.finished"], ..Filter::default() };
        assert!(runs.is_all_of(runs.source()));
        let failed = Filter { outcome: Some(AuditOutcome::Error), ..runs.clone() };
        assert_eq!(failed.source(), Source::Failed);
        assert!(!failed.is_all_of(Source::Failed));
        let good = Filter { outcome: Some(AuditOutcome::Success), ..runs };
        assert!(matches!(good.source(), Source::Actions(_)) && !good.is_all_of(good.source()));
        let mine = Filter { origin: Some(Origin::Browser), ..Filter::default() };
        assert!(mine.source() == Source::Newest && !mine.is_all_of(Source::Newest));
        assert!(Filter::default().is_all_of(Source::Newest));
    }

    #[test]
    fn white_space_is_no_text() {
        assert_eq!(TextFilter::new(" \t ", []), None);
        assert_eq!(TextFilter::new(" a  b ", []).map(|text| text.words), Some(vec!["a".to_owned(), "b".to_owned()]));
    }
}
