//! Views of the dashboard.

use askama::Template;

use super::View;
use super::chart::Chart;
use super::range::{self, Period, Range};
use super::tally::Tally;
use super::trends::TrendsView;
use crate::audit::RecentEntry;
use crate::connections::attention::ConnectionProblem;
use crate::connectors::ChangedConnector;
use crate::dashboard::{FirstSteps, Overview};
use crate::jobs::MAX_COUNTED;
use crate::web::badge::Badge;
use crate::web::connection_links::{StepLink, name_with_label};
use crate::web::entry_subject::Subject;
use crate::web::here::Here;
use crate::web::job_row::{JobRowView, newest_updates_href};
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

#[derive(Template)]
#[template(path = "dashboard/show.html")]
pub(super) struct ShowPage {
    shell: Shell,
    view: View,
    figures: Option<Figures>,
    jobs: Vec<JobRowView>,
    /// Controls of the live updates.
    bar: LiveUpdatesBar,
    /// Address of the event stream, unless the reader has paused live updates.
    stream: Option<String>,
    entries: Vec<EntryRow>,
    attention: Vec<AttentionRow>,
    changed_tools: Vec<ChangedToolsRow>,
    steps: Option<FirstSteps>,
    /// The reader administers a hub that has no mail server.
    lacks_mail_server: bool,
}

/// Figures and their chart; absent until the reader has run a tool.
pub(super) struct Figures {
    running: String,
    running_href: String,
    /// "2 waiting", if any are.
    waiting: Option<String>,
    /// The time of day of the figures.
    as_of: String,
    job_count: String,
    job_change: Option<String>,
    success_change: Option<String>,
    average: Option<String>,
    success_rate: String,
    failed: u64,
    unknown: u64,
    failed_href: String,
    summary: String,
    day_start_note: Option<String>,
    chart: Option<Chart>,
    has_numbers: bool,
    trends: Option<TrendsView>,
    rows: Vec<PeriodRow>,
}

/// The numbers of a column.
pub(super) struct PeriodRow {
    name: String,
    /// The jobs of the day.
    href: String,
    tally: Tally,
}

/// An audit entry of the recent activity.
pub(super) struct EntryRow {
    href: String,
    subject: Subject,
    badge: Badge,
    at: When,
}

/// A connection that needs its owner.
pub(super) struct AttentionRow {
    name: String,
    href: String,
    badge: Badge,
    cause: Option<String>,
    /// The link that mends the connection.
    step: Option<StepLink>,
}

/// A connector of which changed tools wait for the reader.
pub(super) struct ChangedToolsRow {
    name: String,
    /// "2 tools"
    tools: String,
    href: String,
}

impl ShowPage {
    pub(super) fn new(
        shell: Shell,
        view: View,
        periods: Vec<Period>,
        overview: &Overview,
        calendar: &Calendar,
    ) -> Self {
        let figures = (!overview.jobs.is_empty()).then(|| Figures::new(&view, periods, overview, calendar));
        Self {
            lacks_mail_server: shell.mail_note().is_some() && shell.user().is_some_and(|user| user.is_admin),
            steps: overview.first_steps,
            shell: if view.faults.is_empty() { shell } else { shell.title_prefix("Error") },
            bar: view.bar(),
            stream: (!view.is_paused).then(|| newest_updates_href(&view.here, &overview.jobs)),
            figures,
            jobs: overview.jobs.iter().map(|job| JobRowView::new(job, &view.here, calendar)).collect(),
            entries: overview.entries.iter().map(|entry| EntryRow::new(entry, &view.here, calendar)).collect(),
            changed_tools: overview.changed_tools.iter().map(|it| ChangedToolsRow::new(it, &view.here)).collect(),
            attention: overview.problems.iter().map(|it| AttentionRow::new(it, &view.here)).collect(),
            view,
        }
    }

    /// Returns text like "Fix 2 connections", if any connection needs its owner.
    fn fix_label(&self) -> Option<String> {
        let count = u64::try_from(self.attention.len()).unwrap_or_default();
        (count > 0).then(|| format!("Fix {}", when::count(count, "connection")))
    }
}

impl Figures {
    fn new(view: &View, periods: Vec<Period>, overview: &Overview, calendar: &Calendar) -> Self {
        // the first two parts are the time before, and what is left until the range begins
        let mut tallies = Tally::by_period(&overview.figures, periods.len() + 2);
        let before = tallies.drain(..2).next().unwrap_or_default();
        let all = Tally::sum(&tallies);
        let since = periods.first().map(|period| period.date.as_str()).unwrap_or_default();
        let failed = all.failed + all.unknown;
        let trends = periods
            .first()
            .and_then(|first| TrendsView::new(&overview.trends, view.range, first, failed, (&view.here, calendar)));
        Self {
            running: bounded(overview.running),
            running_href: view.here.path("/jobs?status=running"),
            waiting: (overview.waiting > 0).then(|| format!("{} waiting", bounded(overview.waiting))),
            as_of: calendar.when(calendar.now()).clock(),
            job_count: when::grouped(all.total()),
            job_change: all.change_of_total(&before, view.range.before()),
            success_change: all.success_before(&before, view.range.before()),
            average: all.average_duration(),
            success_rate: all.success_rate().unwrap_or_else(|| "–".to_owned()),
            failed,
            unknown: all.unknown,
            failed_href: view.here.path(&format!("/jobs?status=failed&since={since}")),
            summary: summary(view.range, &periods, &tallies, &all),
            day_start_note: range::day_start_note(view.range, &periods, calendar.zone()),
            // days are compared; the hours of one day are a picture of it, even if jobs ran in one of them only
            chart: (has_several(&tallies) || view.range == Range::Day && all.total() > 0)
                .then(|| Chart::new(&periods, &tallies)),
            has_numbers: all.total() > 0,
            trends,
            rows: periods
                .into_iter()
                .zip(tallies)
                .rev()
                .map(|(period, tally)| PeriodRow {
                    href: view.here.path(&format!("/jobs?since={0}&until={0}", period.date)),
                    name: period.name,
                    tally,
                })
                .collect(),
        }
    }
}

fn has_several(tallies: &[Tally]) -> bool {
    tallies.iter().filter(|tally| tally.total() > 0).nth(1).is_some()
}

/// Writes a number that was counted up to a bound: "3", "99+".
fn bounded(count: usize) -> String {
    if count > MAX_COUNTED { format!("{MAX_COUNTED}+") } else { count.to_string() }
}

/// Describes the chart in words.
fn summary(range: Range, periods: &[Period], tallies: &[Tally], all: &Tally) -> String {
    let unit = range.unit();
    if all.total() == 0 {
        return format!("No job finished in the last {}.", range.label());
    }
    let busiest = periods.iter().zip(tallies).max_by_key(|(_, tally)| tally.total());
    let busiest = busiest
        .map(|(period, tally)| {
            format!(" The busiest {unit} was {}, with {}.", period.name, when::count(tally.total(), "job"))
        })
        .unwrap_or_default();
    format!("In the last {}, {}.{busiest}", range.label(), all.describe())
}

impl EntryRow {
    fn new(entry: &RecentEntry, here: &Here, calendar: &Calendar) -> Self {
        Self {
            href: here.path(&format!("/audit/{}", entry.id)),
            subject: Subject::of_recent(entry),
            badge: Badge::outcome(entry.outcome),
            at: calendar.when(entry.created_at),
        }
    }
}

impl ChangedToolsRow {
    fn new(connector: &ChangedConnector, here: &Here) -> Self {
        Self {
            name: connector.name.clone(),
            tools: when::count(connector.tools.unsigned_abs(), "tool"),
            href: here.path(&format!("/connectors/{}/discovery", connector.slug)),
        }
    }
}

impl AttentionRow {
    fn new(connection: &ConnectionProblem, here: &Here) -> Self {
        Self {
            name: name_with_label(&connection.connector, &connection.label),
            href: here.path(&format!("/connections/{}", connection.id)),
            badge: Badge::connection_state(connection.status, connection.health),
            cause: connection.cause.clone(),
            step: StepLink::for_problem(connection, here),
        }
    }
}
