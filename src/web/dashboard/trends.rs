//! Causes of failures and slow tools, as the dashboard lists them.

use std::time::Duration;

use crate::jobs::{FailureCause, SlowTool, Trends};
use crate::web::cause_words::cause_words;
use crate::web::filtering::url_with_params;
use crate::web::here::Here;
use crate::web::when::{self, Calendar};

/// The lists beside the chart.
pub(super) struct TrendsView {
    pub(super) causes: Vec<TrendRow>,
    pub(super) tools: Vec<TrendRow>,
    /// The time of day at which they were written.
    pub(super) as_of: String,
}

/// A line of a list.
pub(super) struct TrendRow {
    pub(super) text: String,
    /// The jobs of the line; `None` if its connector is hidden.
    pub(super) href: Option<String>,
    /// A number of jobs, or a time.
    pub(super) figure: String,
}

impl TrendsView {
    /// Builds the lists; `since` is the first day of the failures. There are none until they are written.
    pub(super) fn new(trends: &Trends, here: &Here, since: &str, calendar: &Calendar) -> Option<Self> {
        let made_at = trends.made_at?;
        (!trends.causes.is_empty() || !trends.tools.is_empty()).then(|| Self {
            causes: trends.causes.iter().map(|cause| cause_row(cause, here, since)).collect(),
            tools: trends.tools.iter().map(|tool| tool_row(tool, here)).collect(),
            as_of: calendar.when(made_at).exact(),
        })
    }

    /// Returns the lists that are not empty, each with its heading and the meaning of its figures.
    pub(super) fn groups(&self) -> Vec<(&'static str, &'static str, &[TrendRow])> {
        let all = [
            ("Why jobs failed", "jobs", &self.causes[..]),
            ("Slowest tools", "95 of 100 jobs are faster", &self.tools[..]),
        ];
        all.into_iter().filter(|(.., rows)| !rows.is_empty()).collect()
    }
}

fn cause_row(cause: &FailureCause, here: &Here, since: &str) -> TrendRow {
    let href = cause.slug.as_ref().map(|slug| {
        url_with_params(&here.path("/jobs"), &[("status", "failed"), ("connector", slug), ("since", since)])
    });
    TrendRow {
        text: format!("{}: {}", cause.connector, cause_words(&cause.cause)),
        href,
        figure: when::grouped(cause.jobs),
    }
}

fn tool_row(tool: &SlowTool, here: &Here) -> TrendRow {
    let label = tool.title.as_ref().unwrap_or(&tool.tool);
    let href = tool
        .slug
        .as_ref()
        .map(|slug| url_with_params(&here.path("/jobs"), &[("connector", slug), ("tool", tool.tool.as_str())]));
    TrendRow {
        text: format!("{label} ({})", tool.connector),
        href,
        figure: when::short_duration(Duration::from_millis(tool.p95_ms)),
    }
}
