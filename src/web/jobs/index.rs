//! The list of jobs: what runs and waits, then what has finished, newest first.

use askama::Template;
use axum::extract::State;
use http::StatusCode;

use super::chips::{Chip, FailureDays, bounded, chips};
use super::filters::{Filters, ListParams};
use super::list_stream;
use super::row_selection::{RowSelection, SelectLink};
use crate::app::App;
use crate::jobs::{self, Filter, JobCounts, JobList, JobRow, PinnedJobs, StatusFilter};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::{SelectOption, url_with_params};
use crate::web::job_row::JobRowView;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::when::{Calendar, When};

/// The list of jobs.
#[derive(Template)]
#[template(path = "jobs/index.html")]
struct IndexPage {
    shell: Shell,
    heading: String,
    filters: Filters,
    stages: Vec<SelectOption>,
    chips: Vec<Chip>,
    /// The jobs that run and wait, before the finished ones.
    pinned: Vec<JobRowView>,
    /// The address of all waiting jobs, if not all are pinned.
    waiting_href: Option<String>,
    /// The number of jobs that run or wait.
    unfinished: String,
    select_pinned: SelectLink,
    select_listed: SelectLink,
    list_heading: &'static str,
    /// The listed jobs have not finished, so they can be cancelled and not run again.
    can_cancel: bool,
    jobs: Vec<JobRowView>,
    /// The moment up to which the search went, if it stopped before the page was full.
    stopped_at: Option<When>,
    newest: String,
    older: String,
    /// The controls of live updates, if anything on this page can change.
    bar: Option<LiveUpdatesBar>,
    /// The address of the live stream, unless the viewer paused it.
    stream: Option<String>,
}

impl IndexPage {
    fn new(shell: Shell, filters: Filters, list: &JobList, days: &FailureDays, calendar: &Calendar) -> Self {
        let JobList { counts, pinned, listing } = list;
        let is_empty = listing.rows.is_empty() && pinned.rows.is_empty();
        let state = match is_empty && listing.older.is_none() && !filters.filter.is_empty() {
            _ if !filters.faults.is_empty() => Some("Error"),
            true => Some("No matches"),
            false => None,
        };
        let has_list = !is_empty || filters.before.is_some() || !filters.filter.is_empty();
        let can_change = filters.before.is_none() || listing.rows.iter().any(|row| !row.status.is_final());
        let bar = (has_list && can_change).then(|| filters.live_bar());
        let here = &filters.here;
        let row = |job: &JobRow| JobRowView {
            is_chosen: filters.selection.is_some_and(|it| it.has(job.status)),
            ..JobRowView::with_actions(job, here, calendar)
        };
        let page = filters.href(filters.before);
        let can_cancel = filters.filter.status.is_some_and(StatusFilter::is_unfinished);
        let listed = if can_cancel { RowSelection::Unfinished } else { RowSelection::Finished };
        let queued = [("status", StatusFilter::Queued.as_str())];
        Self {
            stream: bar.as_ref().filter(|bar| !bar.is_paused).map(|_| list_stream::href(&filters, list)),
            bar,
            shell: match state {
                Some(state) => shell.title_prefix(state),
                None => shell,
            },
            heading: filters.heading(),
            stages: Filters::stages(),
            chips: chips(here, counts, days, filters.is_paused, &filters.href(None)),
            waiting_href: pinned.has_more.then(|| url_with_params(&here.path("/jobs"), &queued)),
            unfinished: unfinished(counts, pinned, &filters.filter),
            pinned: pinned.rows.iter().map(row).collect(),
            select_pinned: SelectLink::new(page.clone(), filters.selection, RowSelection::Unfinished),
            select_listed: SelectLink::new(page, filters.selection, listed),
            can_cancel,
            list_heading: if filters.filter.status.is_none() { "Finished" } else { "Newest first" },
            jobs: listing.rows.iter().map(row).collect(),
            stopped_at: listing.stopped_at.map(|job| calendar.when(job.made_at())),
            newest: filters.before.map(|_| filters.href(None)).unwrap_or_default(),
            older: listing.older.map(|job| filters.href(Some(job))).unwrap_or_default(),
            filters,
        }
    }

    /// Returns true if the person has no job that a filter hides.
    fn is_new_here(&self) -> bool {
        let is_empty = self.jobs.is_empty() && self.pinned.is_empty() && self.newest.is_empty();
        is_empty && self.filters.filter.is_empty() && self.filters.faults.is_empty()
    }
}

/// Returns the number of the pinned jobs, or of all that run or wait; empty if a filter leaves an unknown number.
fn unfinished(counts: &JobCounts, pinned: &PinnedJobs, filter: &Filter) -> String {
    match (pinned.has_more, filter.is_empty()) {
        (false, _) => pinned.rows.len().to_string(),
        (true, true) => bounded(counts.running + counts.needs_owner + counts.waiting),
        (true, false) => String::new(),
    }
}

pub(super) async fn index(
    State(app): State<App>,
    me: SignedIn,
    FilterQuery(params): FilterQuery<ListParams>,
) -> Result {
    let calendar = me.calendar(app.clock.now());
    let days = FailureDays::new(&calendar);
    let mut tx = app.db.enter(&me.actor).await?;
    let filters = Filters::read(&mut tx, &me, &params).await?;
    let list = jobs::list(&mut tx, &me.actor, &filters.filter, filters.before, days.start).await?;
    drop(tx);
    let status = if filters.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell(filters.heading()).await.section(Section::Jobs);
    Ok(page_with(status, &IndexPage::new(shell, filters, &list, &days, &calendar)))
}
