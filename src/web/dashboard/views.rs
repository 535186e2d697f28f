//! What the dashboard shows, computed.

use askama::Template;

use super::View;
use super::chart::Chart;
use super::range::{self, Part, Range};
use super::tally::Tally;
use crate::audit::Recent;
use crate::connections::attention::ConnectionProblem;
use crate::dashboard::Overview;
use crate::web::audit::words;
use crate::web::badge::Badge;
use crate::web::jobs::{Row, newest_updates_href};
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

/// The whole page.
#[derive(Template)]
#[template(path = "dashboard/show.html")]
pub(super) struct ShowPage {
    shell: Shell,
    view: View,
    figures: Option<Figures>,
    jobs: Vec<Row>,
    /// How the jobs are kept up to date.
    bar: LiveUpdatesBar,
    /// Where their changes come from, if the reader did not pause them.
    stream: Option<String>,
    entries: Vec<EntryRow>,
    troubled: Vec<Trouble>,
}

/// Figures and their chart; absent while nobody has run anything.
pub(super) struct Figures {
    runs: String,
    average: Option<String>,
    success: String,
    failed: u64,
    unknown: u64,
    failed_href: String,
    finding: String,
    uneven: Option<String>,
    chart: Option<Chart>,
    rows: Vec<PartRow>,
}

/// The numbers behind a column.
pub(super) struct PartRow {
    words: String,
    tally: Tally,
}

/// A line of the newest activity.
pub(super) struct EntryRow {
    id: String,
    what: String,
    detail: String,
    badge: Badge,
    at: When,
}

/// A connection that needs its owner.
pub(super) struct Trouble {
    connector: String,
    href: String,
    label: String,
    badge: Badge,
    cause: Option<String>,
}

impl ShowPage {
    pub(super) fn new(shell: Shell, view: View, parts: Vec<Part>, overview: &Overview, calendar: &Calendar) -> Self {
        let figures = (!overview.jobs.is_empty()).then(|| Figures::new(view.range, parts, overview, calendar));
        Self {
            shell: if view.faults.is_empty() { shell } else { shell.title_prefix("Error") },
            bar: view.bar(),
            stream: (!view.is_paused).then(|| newest_updates_href(&overview.jobs)),
            view,
            figures,
            jobs: overview.jobs.iter().map(|job| Row::new(job, calendar)).collect(),
            entries: overview.entries.iter().map(|entry| EntryRow::new(entry, calendar)).collect(),
            troubled: overview.problems.iter().map(Trouble::new).collect(),
        }
    }

    /// "Fix 2 connections"
    fn fix(&self) -> Option<String> {
        let n = u64::try_from(self.troubled.len()).unwrap_or_default();
        (n > 0).then(|| format!("Fix {}", when::count(n, "connection")))
    }
}

impl Figures {
    fn new(range: Range, parts: Vec<Part>, overview: &Overview, calendar: &Calendar) -> Self {
        let tallies = Tally::by_part(&overview.figures, parts.len());
        let all = Tally::sum(&tallies);
        let since = parts.first().map(|part| part.date.as_str()).unwrap_or_default();
        Self {
            runs: when::grouped(all.all()),
            average: all.average(),
            success: all.success().unwrap_or_else(|| "–".to_owned()),
            failed: all.failed + all.unknown,
            unknown: all.unknown,
            failed_href: format!("/jobs?status=failed&since={since}"),
            finding: finding(range, &parts, &tallies, &all),
            uneven: range::uneven(range, &parts, calendar.zone()),
            chart: (all.all() > 0).then(|| Chart::new(&parts, &tallies)),
            rows: parts
                .into_iter()
                .zip(tallies)
                .rev()
                .map(|(part, tally)| PartRow { words: part.words, tally })
                .collect(),
        }
    }
}

/// What the chart shows, in words.
fn finding(range: Range, parts: &[Part], tallies: &[Tally], all: &Tally) -> String {
    let unit = range.unit();
    if all.all() == 0 {
        return format!("No job ended in the last {}.", range.words());
    }
    let busiest = parts.iter().zip(tallies).max_by_key(|(_, tally)| tally.all());
    let busiest = busiest
        .map(|(part, tally)| {
            format!(" The busiest {unit} was {}, with {}.", part.words, when::count(tally.all(), "job"))
        })
        .unwrap_or_default();
    format!("In the last {}, {}.{busiest}", range.words(), all.words())
}

impl EntryRow {
    fn new(entry: &Recent, calendar: &Calendar) -> Self {
        let names = [entry.tool_name.as_deref(), entry.connector.as_deref()];
        Self {
            id: entry.id.to_string(),
            what: words(&entry.action),
            detail: names.into_iter().flatten().collect::<Vec<_>>().join(", "),
            badge: Badge::outcome(&entry.outcome),
            at: calendar.when(entry.created_at),
        }
    }
}

impl Trouble {
    fn new(connection: &ConnectionProblem) -> Self {
        Self {
            connector: connection.connector.clone(),
            href: format!("/connections/{}", connection.id),
            label: connection.label.clone(),
            badge: Badge::connection(connection.status),
            cause: connection.cause.clone(),
        }
    }
}
