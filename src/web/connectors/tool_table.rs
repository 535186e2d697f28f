//! The table of a connector's tools: filtered by a text, with the last run and the figures of each.

use std::collections::HashMap;

use super::href;
use super::views::{effect_badge, first_sentence};
use crate::connectors::{Connector, Tool};
use crate::jobs::{JobRow, RecentJobs, ToolFigures};
use crate::web::badge::Badge;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::when::{Calendar, When, count};

/// The number of tools from which a filter is offered.
const MIN_FILTERED_TOOLS: usize = 15;

/// The longest filter, in characters.
const MAX_FILTER_LENGTH: usize = 100;

/// The tools that match, with the filter.
pub(super) struct ToolTable {
    /// "13 tools", or "2 of 165 tools".
    pub(super) heading: String,
    /// The text of the filter.
    pub(super) q: String,
    pub(super) has_filter: bool,
    /// The server lists tools, whether they match or not.
    pub(super) is_empty: bool,
    pub(super) rows: Vec<ToolRow>,
    /// The figures count the newest jobs only.
    pub(super) is_cut: bool,
}

/// A tool of the table.
pub(super) struct ToolRow {
    pub(super) label: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) description: String,
    pub(super) effect: Option<Badge>,
    /// The tool is held back, or new.
    pub(super) change: Option<Badge>,
    pub(super) last: Option<LastRun>,
    pub(super) figures: ToolFigures,
}

/// The last run of a tool.
pub(super) struct LastRun {
    pub(super) href: String,
    pub(super) status: Badge,
    pub(super) at: When,
}

impl ToolTable {
    pub(super) fn new(
        connector: &Connector,
        tools: &[Tool],
        jobs: &RecentJobs,
        q: &str,
        here: &Here,
        calendar: &Calendar,
    ) -> Self {
        let q: String = q.trim().chars().take(MAX_FILTER_LENGTH).collect();
        let last: HashMap<_, _> = jobs.last.iter().map(|job| (job.tool_name.as_str(), job)).collect();
        let row = |tool: &Tool| ToolRow {
            label: tool.label().to_owned(),
            href: format!("{}/tools/{}", href(connector, here), segment(&tool.name)),
            description: first_sentence(&tool.description),
            effect: effect_badge(tool.effect()),
            change: change_badge(tool),
            last: last.get(tool.name.as_str()).map(|job| LastRun::new(job, here, calendar)),
            figures: jobs.figures.get(&tool.name).copied().unwrap_or_default(),
            name: tool.name.clone(),
        };
        let needle = q.to_lowercase();
        let rows: Vec<_> = tools.iter().filter(|tool| matches(tool, &needle)).map(row).collect();
        let all = count(tools.len() as u64, "tool");
        Self {
            heading: if q.is_empty() { all } else { format!("{} of {all}", rows.len()) },
            has_filter: tools.len() >= MIN_FILTERED_TOOLS || !q.is_empty(),
            is_empty: tools.is_empty(),
            rows,
            is_cut: jobs.is_cut,
            q,
        }
    }
}

fn change_badge(tool: &Tool) -> Option<Badge> {
    match (tool.is_held, tool.is_new) {
        (true, _) => Some(Badge::CHANGED),
        (false, true) => Some(Badge::NEW),
        (false, false) => None,
    }
}

/// Reports whether name, title or description contains the text, which is in lower case.
fn matches(tool: &Tool, needle: &str) -> bool {
    let texts = [Some(&tool.name), tool.title.as_ref(), Some(&tool.description)];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(needle))
}

impl ToolRow {
    /// Returns the figures in words, as "12 runs, 2 failed".
    pub(super) fn figures_text(&self) -> String {
        let runs = count(self.figures.runs, "run");
        if self.figures.failed == 0 { runs } else { format!("{runs}, {} failed", self.figures.failed) }
    }
}

impl LastRun {
    fn new(job: &JobRow, here: &Here, calendar: &Calendar) -> Self {
        Self {
            href: here.path(&format!("/jobs/{}", job.id)),
            status: Badge::job(job.status),
            at: calendar.when(job.created_at),
        }
    }
}
