//! Filters of the list of jobs.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::ids::ConnectorId;

/// Which jobs to list; an empty one lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Statuses that match.
    pub status: Option<StatusFilter>,
    /// Connector that matches.
    pub connector: Option<ConnectorId>,
    /// Runs of these tools.
    pub tool: Option<ToolFilter>,
    /// Accepted at this moment or later.
    pub since: Option<Timestamp>,
    /// Accepted before this moment.
    pub until: Option<Timestamp>,
}

/// Tools by a text in their name or title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolFilter {
    /// The names, in order and once each.
    pub(super) names: Vec<String>,
}

impl ToolFilter {
    /// Creates the filter of these names.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect::<BTreeSet<_>>().into_iter().collect() }
    }
}

/// Most tools whose keys are read each off the index. More tools match a large part of all jobs.
const MAX_INDEXED_TOOLS: usize = 50;

/// Status groups of the filter, coarser than [`super::JobStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusFilter {
    /// Waits for a worker, for a time or for its owner.
    Queued,
    /// A worker runs it.
    Running,
    /// The call succeeded.
    Succeeded,
    /// Failed, or with an unknown outcome.
    Failed,
    /// With an unknown outcome.
    Unknown,
    /// Stopped by its owner.
    Canceled,
    /// Waits until its owner acts.
    WaitingInput,
}

impl StatusFilter {
    /// In the order in which a job passes through them.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::WaitingInput, Self::Running, Self::Succeeded, Self::Failed, Self::Unknown, Self::Canceled];

    /// The word in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Canceled => "canceled",
            Self::WaitingInput => "waiting_input",
        }
    }

    /// True if its jobs have not finished.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::WaitingInput)
    }

    /// Returns the statuses of the group, as the view spells them.
    pub(super) const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Queued => &["queued", "waiting_input"],
            Self::Running => &["running"],
            Self::Succeeded => &["succeeded"],
            Self::Failed => &["failed", "unknown"],
            Self::Unknown => &["unknown"],
            Self::Canceled => &["canceled"],
            Self::WaitingInput => &["waiting_input"],
        }
    }
}

impl FromStr for StatusFilter {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word).ok_or(())
    }
}

/// The index that is read for keys, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source<'a> {
    Newest,
    Connector(ConnectorId),
    Tools(&'a [String]),
    Outcomes(&'static [&'static str]),
    Running,
    Waiting,
    WaitingInput,
}

impl Filter {
    /// True if it lists everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the index that leaves the fewest keys to read. Most jobs succeed, so that status narrows least; any other
    /// status narrows most.
    pub(super) fn source(&self) -> Source<'_> {
        match (self.status, &self.tool, self.connector) {
            (Some(StatusFilter::Queued), ..) => Source::Waiting,
            (Some(StatusFilter::Running), ..) => Source::Running,
            (Some(StatusFilter::WaitingInput), ..) => Source::WaitingInput,
            (Some(StatusFilter::Failed), ..) => Source::Outcomes(&["permanent", "dead", "unknown"]),
            (Some(StatusFilter::Unknown), ..) => Source::Outcomes(&["unknown"]),
            (Some(StatusFilter::Canceled), ..) => Source::Outcomes(&["canceled"]),
            (Some(StatusFilter::Succeeded), None, None) => Source::Outcomes(&["ok"]),
            (_, Some(tool), _) if tool.names.len() <= MAX_INDEXED_TOOLS => Source::Tools(&tool.names),
            (_, _, Some(connector)) => Source::Connector(connector),
            (None | Some(StatusFilter::Succeeded), _, None) => Source::Newest,
        }
    }

    /// True if every key of the source matches.
    pub(super) fn is_all_of(&self, source: Source<'_>) -> bool {
        match source {
            Source::Newest => self.status.is_none() && self.connector.is_none() && self.tool.is_none(),
            Source::Connector(_) => self.status.is_none() && self.tool.is_none(),
            Source::Tools(_) => self.status.is_none() && self.connector.is_none(),
            Source::Outcomes(_) | Source::Running | Source::Waiting | Source::WaitingInput => {
                self.tool.is_none() && self.connector.is_none()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, MAX_INDEXED_TOOLS, Source, StatusFilter, ToolFilter};
    use crate::ids::ConnectorId;
    use time::macros::datetime;

    #[test]
    fn a_stage_is_read_back_from_its_word() {
        for stage in StatusFilter::ALL {
            assert_eq!(stage.as_str().parse(), Ok(stage));
        }
        assert_eq!("Failed".parse::<StatusFilter>(), Err(()));
    }

    #[test]
    fn the_rarest_part_of_a_filter_chooses_the_index() {
        let connector = Some(ConnectorId::new(datetime!(2026-11-24 08:00 UTC)));
        let tool = Some(ToolFilter::new(["echo".to_owned(), "echo".to_owned()]));
        let failed = Filter { status: Some(StatusFilter::Failed), connector, tool: tool.clone(), ..Filter::default() };
        assert!(matches!(failed.source(), Source::Outcomes(["permanent", "dead", "unknown"])));
        assert!(!failed.is_all_of(failed.source()));
        let good = Filter { status: Some(StatusFilter::Succeeded), ..failed };
        assert_eq!(good.source(), Source::Tools(&["echo".to_owned()]));
        let of_tool = Filter { tool, ..Filter::default() };
        assert!(of_tool.is_all_of(of_tool.source()));
        let many = ToolFilter::new((0..=MAX_INDEXED_TOOLS).map(|n| n.to_string()));
        let of_many = Filter { tool: Some(many.clone()), ..Filter::default() };
        assert!(of_many.source() == Source::Newest && !of_many.is_all_of(Source::Newest));
        let of_connector = Filter { tool: Some(many), connector, ..Filter::default() };
        assert!(matches!(of_connector.source(), Source::Connector(_)));
        assert!(!of_connector.is_all_of(of_connector.source()));
        assert!(Filter::default().is_all_of(Source::Newest));
    }
}
