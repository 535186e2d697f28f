//! Causes of failures and slow tools, as the dashboard lists them.

use std::cmp::Reverse;
use std::time::Duration;

use super::range::{Period, Range};

use crate::jobs::{FailureCause, SlowTool, Trends};
use crate::web::cause_words::cause_words;
use crate::web::filtering::url_with_params;
use crate::web::here::Here;
use crate::web::when::{self, Calendar};

/// Most causes of the list; the others are one row.
const MAX_CAUSES: usize = 5;

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
    /// Builds the lists of a range that begins with the period `first`. Until the trends are written, there are none.
    pub(super) fn new(
        trends: &Trends,
        range: Range,
        first: &Period,
        failed: u64,
        view: (&Here, &Calendar),
    ) -> Option<Self> {
        let (here, calendar) = view;
        let made_at = trends.made_at?;
        let mut counted: Vec<_> = trends.causes.iter().map(|cause| (cause.jobs_since(first.start), cause)).collect();
        counted.retain(|(jobs, _)| *jobs > 0);
        counted.sort_by_key(|(jobs, _)| Reverse(*jobs));
        counted.truncate(MAX_CAUSES);
        let told: u64 = counted.iter().map(|(jobs, _)| jobs).sum();
        let mut causes: Vec<_> =
            counted.iter().map(|(jobs, cause)| cause_row(cause, *jobs, here, &first.date)).collect();
        if !causes.is_empty() && failed > told {
            causes.push(other_causes(failed - told));
        }
        let tools = trends.tools.iter().filter(|tool| tool.days == range.days());
        let tools: Vec<_> = tools.map(|tool| tool_row(tool, here)).collect();
        (!causes.is_empty() || !tools.is_empty()).then(|| Self { causes, tools, as_of: calendar.when(made_at).clock() })
    }
}

/// Returns the row that makes the causes add up: rarer ones, and failures since the trends were written.
fn other_causes(jobs: u64) -> TrendRow {
    TrendRow { text: "Other reasons".to_owned(), href: None, figure: when::grouped(jobs) }
}

fn cause_row(cause: &FailureCause, jobs: u64, here: &Here, since: &str) -> TrendRow {
    let href = cause.slug.as_ref().map(|slug| {
        url_with_params(&here.path("/jobs"), &[("status", "failed"), ("connector", slug), ("since", since)])
    });
    TrendRow { text: format!("{}: {}", cause.connector, cause_words(&cause.cause)), href, figure: when::grouped(jobs) }
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
        figure: when::duration(Duration::from_millis(tool.p95_ms)),
    }
}
