//! What the audit log may be narrowed to.

use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::ids::ConnectorId;

/// Which entries to list; an empty one lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Made at this moment or later.
    pub from: Option<Timestamp>,
    /// Made before this moment.
    pub until: Option<Timestamp>,
    /// From where the act came.
    pub origin: Option<Origin>,
    /// One of these acts; none: any.
    pub actions: &'static [&'static str],
    /// With which outcome.
    pub outcome: Option<AuditOutcome>,
    /// Involving this service.
    pub connector: Option<ConnectorId>,
    /// Saying this.
    pub text: Option<TextFilter>,
}

/// How an act went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It did what it should.
    Success,
    /// It did not, or nobody knows.
    Error,
}

impl AuditOutcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Error, Self::Success];

    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

/// What an entry has to say: each word somewhere in its title, its tool, its service or its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFilter {
    pub(super) words: Vec<String>,
    /// Actions as the reader knows them, parallel to `titles`.
    pub(super) actions: Vec<String>,
    pub(super) titles: Vec<String>,
}

impl TextFilter {
    /// What was typed, and what each action is called where it was typed; none if there is no word in it.
    #[must_use]
    pub fn new(typed: &str, called: impl IntoIterator<Item = (&'static str, String)>) -> Option<Self> {
        let words: Vec<_> = typed.split_whitespace().map(ToOwned::to_owned).collect();
        let (actions, titles) = called.into_iter().map(|(action, title)| (action.to_owned(), title)).unzip();
        (!words.is_empty()).then_some(Self { words, actions, titles })
    }
}

/// Where the keys of a list come from: the one index that is read, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Newest,
    Actions(&'static [&'static str]),
    Failed,
}

impl Filter {
    /// True if it lists everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The index that leaves least to look through: few entries are failures.
    pub(super) const fn source(&self) -> Source {
        match (self.outcome, self.actions) {
            (Some(AuditOutcome::Error), _) => Source::Failed,
            (_, []) => Source::Newest,
            (_, actions) => Source::Actions(actions),
        }
    }

    /// Whether everything that the source gives matches.
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
