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
use super::filters::{Filters, ListParams};
use crate::app::App;
use crate::error::Result;
use crate::jobs::{self, JobListUpdate, JobRow, Listing, ShownRows};
use crate::page::PAGE_SIZE;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::extract::Query;
use crate::web::job_row::{JobRowView, updates_href};
use crate::web::stream::{self, LiveSource};
use crate::web::{error, row_ids};

/// Returns the address of the stream of a page of the list.
pub(super) fn href(filters: &Filters, list: &Listing) -> String {
    let query = filters.query(filters.before);
    if filters.before.is_none() {
        return updates_href(&filters.here, query, &list.rows, list.older);
    }
    // a later page shows no new jobs, so the stream need not know the finished jobs
    let open: Vec<_> = list.rows.iter().filter(|row| !row.status.is_final()).cloned().collect();
    updates_href(&filters.here, query, &open, None)
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
}

impl RowsParams {
    fn parse(&self) -> Option<ShownRows> {
        let older = Some(self.older.as_str()).filter(|id| !id.is_empty()).map(str::parse).transpose().ok()?;
        let shown = ShownRows { open: row_ids::parse(&self.open)?, finished: row_ids::parse(&self.over)?, older };
        (shown.open.len() + shown.finished.len() <= PAGE_SIZE).then_some(shown)
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
        sent_rows: Vec::new(),
        sent_unseen: sent_unseen.unwrap_or(0),
        has_sent: false,
        announcer,
    };
    Ok(stream::respond(app, viewer, changes, updates))
}

/// The changes of a list, as pieces of the page.
#[derive(Template)]
#[template(path = "jobs/_rows_change.html")]
struct RowsChange {
    rows: Vec<JobRowView>,
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
    /// The open rows as they were sent last.
    sent_rows: Vec<JobRow>,
    /// The number of new jobs sent last.
    sent_unseen: usize,
    has_sent: bool,
    announcer: Announcer,
}

impl LiveSource for ListUpdates {
    /// Each update queries the whole page, so twice a second is enough.
    const MIN_INTERVAL: Duration = Duration::from_millis(500);

    async fn next_update(&mut self) -> Result<Option<Message>> {
        let is_first_page = self.filters.before.is_none();
        let update =
            jobs::list_update(&self.app.db, &self.viewer.actor, &self.filters.filter, &self.shown, is_first_page)
                .await?;
        let changed: Vec<_> = update.rows.iter().filter(|row| !self.sent_rows.contains(row)).collect();
        if self.has_sent {
            for row in &changed {
                self.announcer.record(row);
            }
        }
        self.announcer.record_unseen(self.sent_unseen, update.unseen);
        let announcement = self.announcer.announce(Instant::now());
        let has_changed = !changed.is_empty() || update.unseen != self.sent_unseen || announcement.is_some();
        let html = if has_changed || !self.has_sent {
            let calendar = self.viewer.calendar(self.app.clock.now());
            let change = RowsChange {
                rows: changed.into_iter().map(|row| JobRowView::new(row, &self.filters.here, &calendar)).collect(),
                new_jobs: is_first_page.then(|| NewJobsLink::new(&self.filters, update.unseen)),
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
        self.announcer.next_announcement()
    }
}

impl ListUpdates {
    /// Remembers what was sent. Finished rows are not read again.
    fn record_sent(&mut self, update: JobListUpdate) {
        let (finished, open): (Vec<_>, Vec<_>) = update.rows.into_iter().partition(|row| row.status.is_final());
        self.shown.finished.extend(finished.into_iter().map(|row| row.id));
        self.shown.open = open.iter().map(|row| row.id).collect();
        (self.sent_rows, self.sent_unseen, self.has_sent) = (open, update.unseen, true);
    }
}
