//! Filters of the list of jobs.

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
    /// Runs of this tool, by its whole name.
    pub tool: Option<String>,
    /// Accepted at this moment or later.
    pub since: Option<Timestamp>,
}

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
}

impl StatusFilter {
    /// In the order in which a job passes through them.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Unknown, Self::Canceled];

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
        }
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
    Tool(&'a str),
    Outcomes(&'static [&'static str]),
    Running,
    Waiting,
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
            (Some(StatusFilter::Failed), ..) => Source::Outcomes(&["permanent", "dead", "unknown"]),
            (Some(StatusFilter::Unknown), ..) => Source::Outcomes(&["unknown"]),
            (Some(StatusFilter::Canceled), ..) => Source::Outcomes(&["canceled"]),
            (Some(StatusFilter::Succeeded), None, None) => Source::Outcomes(&["ok"]),
            (_, Some(tool), _) => Source::Tool(tool),
            (_, None, Some(connector)) => Source::Connector(connector),
            (None, None, None) => Source::Newest,
        }
    }

    /// True if every key of the source matches.
    pub(super) fn is_all_of(&self, source: Source<'_>) -> bool {
        match source {
            Source::Newest => true,
            Source::Connector(_) => self.status.is_none(),
            Source::Tool(_) => self.status.is_none() && self.connector.is_none(),
            Source::Outcomes(_) | Source::Running | Source::Waiting => self.tool.is_none() && self.connector.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Source, StatusFilter};
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
        let tool = Some("echo".to_owned());
        let failed = Filter { status: Some(StatusFilter::Failed), connector, tool: tool.clone(), since: None };
        assert!(matches!(failed.source(), Source::Outcomes(["permanent", "dead", "unknown"])));
        assert!(!failed.is_all_of(failed.source()));
        let good = Filter { status: Some(StatusFilter::Succeeded), ..failed };
        assert_eq!(good.source(), Source::Tool("echo"));
        let of_tool = Filter { tool, ..Filter::default() };
        assert!(of_tool.is_all_of(of_tool.source()));
        assert!(Filter::default().is_all_of(Source::Newest));
    }
}
