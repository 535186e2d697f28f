//! Filters of the audit log.

use super::action_name::ActionName;
use super::stored::AuditOutcome;
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
    /// Actions that match; empty: any.
    pub actions: Vec<ActionName>,
    /// Outcome of the action.
    pub outcome: Option<AuditOutcome>,
    /// Connector involved.
    pub connector: Option<ConnectorId>,
    /// Tool that ran.
    pub tool: Option<ToolFilter>,
    /// Words in the entry.
    pub text: Option<TextFilter>,
}

/// Tools by a text in their name or title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFilter {
    /// The text, whatever its case.
    pub text: String,
    /// Names of the tools whose title contains the text.
    pub names: Vec<String>,
}

/// Words to search for. Each must occur in the entry's title, tool, connector or error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFilter {
    pub(super) words: Vec<String>,
}

impl TextFilter {
    /// Parses the typed text. Returns `None` if the text has no word.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let words: Vec<_> = typed.split_whitespace().map(ToOwned::to_owned).collect();
        (!words.is_empty()).then_some(Self { words })
    }
}

/// The index that is read for keys, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source<'a> {
    Newest,
    Actions(&'a [ActionName]),
    /// The stored texts of an outcome that is no success.
    Outcome(&'static [&'static str]),
}

impl Filter {
    /// True if the filter matches every entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the index that leaves the fewest keys to scan: an outcome that is no success is rare.
    pub(super) fn source(&self) -> Source<'_> {
        match (self.outcome, &self.actions[..]) {
            (None | Some(AuditOutcome::Succeeded), []) => Source::Newest,
            (None | Some(AuditOutcome::Succeeded), actions) => Source::Actions(actions),
            (Some(outcome), _) => Source::Outcome(outcome.stored_texts()),
        }
    }

    /// True if every key of the source matches.
    pub(super) fn is_all_of(&self, source: Source<'_>) -> bool {
        let plain = self.origin.is_none() && self.connector.is_none() && self.tool.is_none() && self.text.is_none();
        plain
            && match source {
                Source::Newest | Source::Actions(_) => self.outcome.is_none(),
                Source::Outcome(_) => self.actions.is_empty(),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::{ActionName, AuditOutcome, Filter, Source, TextFilter};
    use crate::actor::Origin;

    #[test]
    fn the_rarest_part_of_a_filter_chooses_the_index() {
        let runs = Filter { actions: vec![ActionName::JobFinished], ..Filter::default() };
        assert!(runs.is_all_of(runs.source()));
        let failed = Filter { outcome: Some(AuditOutcome::Failed), ..runs.clone() };
        assert_eq!(failed.source(), Source::Outcome(&["failed", "error"]));
        assert!(!failed.is_all_of(failed.source()));
        let canceled = Filter { outcome: Some(AuditOutcome::Canceled), ..Filter::default() };
        assert!(canceled.is_all_of(canceled.source()));
        let good = Filter { outcome: Some(AuditOutcome::Succeeded), ..runs };
        assert!(matches!(good.source(), Source::Actions(_)) && !good.is_all_of(good.source()));
        let mine = Filter { origin: Some(Origin::Browser), ..Filter::default() };
        assert!(mine.source() == Source::Newest && !mine.is_all_of(Source::Newest));
        assert!(Filter::default().is_all_of(Source::Newest));
    }

    #[test]
    fn white_space_is_no_text() {
        assert_eq!(TextFilter::new(" \t "), None);
        assert_eq!(TextFilter::new(" a  b ").map(|text| text.words), Some(vec!["a".to_owned(), "b".to_owned()]));
    }
}
