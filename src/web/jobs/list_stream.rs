//! The SSE stream of the list of jobs, which its page opens: rows change in place, and new jobs are counted in a link, never
//! inserted.
//!
//! After a reconnect the stream sends the present state of everything that can change. The event id is the last number of new
//! jobs sent, so that a reconnect alone is not announced.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event as Message;
use serde::Deserialize;
use tokio::time::Instant;

use super::announcer::{Announcer, new_jobs};
use super::chips::{Chip, FailureDays, bounded, chips};
use super::filters::{Filters, ListParams};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::jobs::{self, JobCounts, JobList, JobListUpdate, JobRow, JobStatus, MAX_PINNED, ShownRows};
use crate::page::PAGE_SIZE;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::extract::Query;
use crate::web::job_row::{JobRowView, updates_href};
use crate::web::stream::{self, LiveSource};
use crate::web::when::Calendar;
use crate::web::{error, row_ids};

/// The interval at which the time of running jobs is written anew.
const ELAPSED_INTERVAL: Duration = Duration::from_secs(5);

/// The interval at which the times in words are written anew.
const AGE_INTERVAL: Duration = Duration::from_secs(60);

/// Returns the address of the stream of a page of the list.
pub(super) fn href(filters: &Filters, list: &JobList) -> String {
    let mut query = filters.query(filters.before);
    query.extend_pairs(filters.selection.map(|rows| ("select", rows.as_str())));
    let JobList { pinned, listing, .. } = list;
    let all = pinned.rows.iter().chain(&listing.rows);
    if filters.before.is_none() {
        // unfinished jobs that are not pinned are not new
        let newest = all.clone().map(|row| row.id).max();
        let older = if pinned.has_more { newest } else { listing.older };
        return updates_href(&filters.here, query, all, older);
    }
    // a later page shows no new jobs, so the stream need not know the finished jobs
    updates_href(&filters.here, query, all.filter(|row| !row.status.is_final()), None)
}

/// The rows of a page, as the address of its stream lists them.
#[derive(Deserialize)]
pub(super) struct RowsParams {
    /// The jobs that can change.
    #[serde(default)]
    open: String,
    /// The finished jobs.
    #[serde(default)]
    over: String,
    /// The first job after the page.
    #[serde(default)]
    older: String,
    /// "plain" if the rows have no columns to choose them and to act on them.
    #[serde(default)]
    rows: String,
}

impl RowsParams {
    fn parse(&self) -> Option<ShownRows> {
        let older = Some(self.older.as_str()).filter(|id| !id.is_empty()).map(str::parse).transpose().ok()?;
        let shown = ShownRows { open: row_ids::parse(&self.open)?, finished: row_ids::parse(&self.over)?, older };
        (shown.open.len() + shown.finished.len() <= PAGE_SIZE + MAX_PINNED).then_some(shown)
    }
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Query(params): Query<ListParams>,
    Query(rows): Query<RowsParams>,
    headers: HeaderMap,
) -> error::Result {
    let mut tx = app.db.enter(&me.actor).await?;
    let mut filters = Filters::read(&mut tx, &me, &params).await?;
    drop(tx);
    // the stream renders no form
    filters.connectors = Vec::new();
    let shown = rows.parse().filter(|_| filters.faults.is_empty()).ok_or_else(|| row_ids::invalid("jobs"))?;
    let sent_unseen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let changes = app.live.subscribe_owner(me.actor.owner_id());
    let announcer = Announcer::new(me.user.appearance.announce);
    let viewer = me.into_viewer();
    let updates = ListUpdates {
        app: app.clone(),
        viewer: viewer.clone(),
        filters,
        shown,
        has_actions: rows.rows != "plain",
        sent_rows: Vec::new(),
        sent_unseen: sent_unseen.unwrap_or(0),
        sent_counts: None,
        has_sent: false,
        times_sent_at: app.clock.now(),
        checked_at: Instant::now(),
        announcer,
    };
    Ok(stream::respond(app, viewer, changes, updates))
}

/// The changes of a list, as pieces of the page.
#[derive(Template)]
#[template(path = "jobs/_rows_change.html")]
struct RowsChange {
    rows: Vec<JobRowView>,
    /// The views with their numbers, if these changed.
    chips: Vec<Chip>,
    /// The number of running jobs, for a page that shows it alone.
    running: Option<String>,
    /// Set where the page announces new jobs.
    new_jobs: Option<NewJobsLink>,
    /// A sentence for the live region.
    announcement: Option<String>,
}

/// The link to new jobs that the page does not show.
struct NewJobsLink {
    /// "3 new jobs"; empty if there are none.
    text: String,
    /// The first page of the same list.
    href: String,
}

impl NewJobsLink {
    fn new(filters: &Filters, unseen: usize) -> Self {
        let text = if unseen == 0 { String::new() } else { new_jobs(unseen) };
        Self { text, href: filters.href(None) }
    }
}

/// The updates of one page of the list.
struct ListUpdates {
    app: App,
    viewer: Viewer,
    filters: Filters,
    shown: ShownRows,
    /// The rows have columns to choose them and to act on them.
    has_actions: bool,
    /// The open rows as they were sent last.
    sent_rows: Vec<JobRow>,
    /// The number of new jobs sent last.
    sent_unseen: usize,
    /// The numbers of the views sent last.
    sent_counts: Option<JobCounts>,
    has_sent: bool,
    /// The moment by which the times in words were written.
    times_sent_at: Timestamp,
    checked_at: Instant,
    announcer: Announcer,
}

impl LiveSource for ListUpdates {
    /// Each update queries the whole page, so twice a second is enough.
    const MIN_INTERVAL: Duration = Duration::from_millis(500);

    async fn next_update(&mut self) -> Result<Option<Message>> {
        let calendar = self.viewer.calendar(self.app.clock.now());
        let days = FailureDays::new(&calendar);
        let since = self.filters.before.is_none().then_some(days.start);
        let (actor, filter) = (&self.viewer.actor, &self.filters.filter);
        let update = jobs::list_update(&self.app.db, actor, filter, &self.shown, since).await?;
        let mut rows: Vec<_> = update.rows.iter().filter(|row| !self.sent_rows.contains(row)).cloned().collect();
        if self.has_sent {
            for row in &rows {
                self.announcer.record(row);
            }
        }
        self.announcer.record_unseen(self.sent_unseen, update.unseen);
        let announcement = self.announcer.announce(Instant::now());
        rows.extend(self.older_rows(&calendar).await?);
        let chips = self.changed_chips(&update, &days);
        let running = self.changed_running(&update);
        let has_changed =
            running.is_some() || update.unseen != self.sent_unseen || announcement.is_some() || !chips.is_empty();
        let html = if has_changed || !rows.is_empty() || !self.has_sent {
            let change = RowsChange {
                rows: rows.iter().map(|row| self.view(row, &calendar)).collect(),
                chips,
                running,
                new_jobs: since.map(|_| NewJobsLink::new(&self.filters, update.unseen)),
                announcement,
            };
            Some(change.render().map_err(anyhow::Error::from)?)
        } else {
            None
        };
        self.record_sent(update);
        Ok(html.map(|html| Message::default().id(self.sent_unseen.to_string()).data(html)))
    }

    fn is_finished(&self) -> bool {
        self.shown.open.is_empty() && self.filters.before.is_some()
    }

    fn next_check(&self) -> Option<Instant> {
        let is_running = self.sent_rows.iter().any(|row| row.status == JobStatus::Running);
        let times = self.checked_at + if is_running { ELAPSED_INTERVAL } else { AGE_INTERVAL };
        self.announcer.next_announcement().map(|at| at.min(times)).or(Some(times))
    }
}

impl ListUpdates {
    fn view(&self, row: &JobRow, calendar: &Calendar) -> JobRowView {
        let build = if self.has_actions { JobRowView::with_actions } else { JobRowView::new };
        // a row that is sent again keeps the tick that the page gave it
        let is_chosen = self.filters.selection.is_some_and(|it| it.has(row.status));
        JobRowView { is_chosen, ..build(row, &self.filters.here, calendar) }
    }

    /// Returns rows whose times in words have become older: of running jobs every few seconds, of others every minute.
    async fn older_rows(&mut self, calendar: &Calendar) -> Result<Vec<JobRow>> {
        self.checked_at = Instant::now();
        let passed = (calendar.now() - self.times_sent_at).unsigned_abs();
        if passed < ELAPSED_INTERVAL {
            return Ok(Vec::new());
        }
        let before = self.viewer.calendar(self.times_sent_at);
        let is_older = |row: &JobRow| before.when(row.created_at).ago() != calendar.when(row.created_at).ago();
        self.times_sent_at = calendar.now();
        let mut rows: Vec<_> =
            self.sent_rows.iter().filter(|row| row.status == JobStatus::Running || is_older(row)).cloned().collect();
        if passed >= AGE_INTERVAL && !self.shown.finished.is_empty() {
            let finished = jobs::finished_rows(&self.app.db, &self.viewer.actor, &self.shown).await?;
            rows.extend(finished.into_iter().filter(is_older));
        }
        Ok(rows)
    }

    /// Returns the views of the list if their numbers changed.
    fn changed_chips(&self, update: &JobListUpdate, days: &FailureDays) -> Vec<Chip> {
        let Some(counts) = update.counts.filter(|_| self.has_actions && self.sent_counts != update.counts) else {
            return Vec::new();
        };
        chips(&self.filters.here, &counts, days, self.filters.is_paused, &self.filters.href(None))
    }

    /// Returns the number of running jobs if the page shows no views and the number changed.
    fn changed_running(&self, update: &JobListUpdate) -> Option<String> {
        let running = update.counts.filter(|_| !self.has_actions)?.running;
        let sent = self.sent_counts.map(|counts| counts.running);
        (sent != Some(running)).then(|| bounded(running))
    }

    /// Remembers what was sent. Finished rows are read again for their times only.
    fn record_sent(&mut self, update: JobListUpdate) {
        let (finished, open): (Vec<_>, Vec<_>) = update.rows.into_iter().partition(|row| row.status.is_final());
        self.shown.finished.extend(finished.into_iter().map(|row| row.id));
        self.shown.open = open.iter().map(|row| row.id).collect();
        (self.sent_rows, self.sent_unseen, self.sent_counts) = (open, update.unseen, update.counts);
        self.has_sent = true;
    }
}
