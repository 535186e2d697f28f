//! The list of jobs while it is looked at: rows change where they stand, and new jobs are told, never put in between.
//!
//! A reconnect is sent the present state of all that can change, which is what it missed; only the number of new jobs
//! that was told last is its place, so that a break alone says nothing again.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event as Message;
use http::StatusCode;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::announcer::{Announcer, new_jobs};
use super::filters::{Filters, ListParams};
use super::views::{Row, RowsChange};
use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, JobRow, Listing, News, Shown};
use crate::page::PAGE_SIZE;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error::{Error, Result};
use crate::web::extract::Query;
use crate::web::stream::{self, LiveSource};

/// Between ids: a character that stands in an address as it is.
const SEPARATOR: &str = ".";

/// The address of the stream of a page of the list.
pub(super) fn href(filters: &Filters, list: &Listing) -> String {
    let query = filters.query(filters.before);
    if filters.before.is_none() {
        return build_href(query, &list.rows, list.older);
    }
    // it is told of no new jobs, so it need not say what it shows that is over
    let open: Vec<_> = list.rows.iter().filter(|row| !row.status.is_final()).cloned().collect();
    build_href(query, &open, None)
}

/// The address of the stream of a page that shows one's newest jobs, whatever else it shows.
pub(in crate::web) fn newest_updates_href(rows: &[JobRow]) -> String {
    build_href(Serializer::new(String::new()), rows, rows.last().map(|row| row.id))
}

fn build_href(mut query: Serializer<'static, String>, rows: &[JobRow], older: Option<JobId>) -> String {
    let (over, open): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.status.is_final());
    let ids = |rows: Vec<&JobRow>| {
        let ids: Vec<_> = rows.into_iter().map(|row| row.id.to_string()).collect();
        ids.join(SEPARATOR)
    };
    let older = older.map(|id| id.to_string()).unwrap_or_default();
    let named = [("open", ids(open)), ("over", ids(over)), ("older", older)];
    query.extend_pairs(named.into_iter().filter(|(_, ids)| !ids.is_empty()));
    format!("/jobs/news?{}", query.finish())
}

/// The rows of a page, as its address names them: `open=`, `over=` and `older=`.
#[derive(serde::Deserialize)]
pub(super) struct RowsParams {
    #[serde(default)]
    open: String,
    #[serde(default)]
    over: String,
    #[serde(default)]
    older: String,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Query(asked): Query<ListParams>,
    Query(rows): Query<RowsParams>,
    headers: HeaderMap,
) -> Result {
    let mut tx = app.db.as_user(&me.actor).await?;
    let mut filters = Filters::read(&mut tx, &me.actor, &asked, &me.user.zone).await?;
    drop(tx);
    // what could be chosen is the page's affair
    filters.connectors = Vec::new();
    let shown = rows.read().filter(|_| filters.faults.is_empty()).ok_or_else(not_of_a_page)?;
    let told = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|told| told.parse().ok());
    let ticks = app.live.subscribe_user(me.actor.user_id());
    let announce = me.user.appearance.announce;
    let me = me.into_viewer();
    let follower = Follower {
        app: app.clone(),
        me: me.clone(),
        filters,
        shown,
        rows: Vec::new(),
        unseen: told.unwrap_or(0),
        has_begun: false,
        announcer: Announcer::of(announce),
    };
    Ok(stream::answer(app, me, ticks, follower))
}

fn not_of_a_page() -> Error {
    let why =
        "This address follows the rows of a page of jobs, and names some that no page can have. Open the list of jobs.";
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, why)
}

impl RowsParams {
    fn read(&self) -> Option<Shown> {
        let ids = |text: &str| text.split(SEPARATOR).filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect();
        let (open, over): (Option<Vec<_>>, Option<Vec<_>>) = (ids(&self.open), ids(&self.over));
        let older = Some(self.older.as_str()).filter(|id| !id.is_empty()).map(str::parse).transpose().ok()?;
        let shown = Shown { open: open?, over: over?, older };
        (shown.open.len() + shown.over.len() <= PAGE_SIZE).then_some(shown)
    }
}

/// The link to new jobs that the page does not show.
pub(super) struct NewJobsLink {
    /// "3 new jobs"; empty if there are none.
    pub(super) text: String,
    /// The first page of the same list.
    pub(super) href: String,
}

impl NewJobsLink {
    fn new(filters: &Filters, unseen: usize) -> Self {
        let text = if unseen == 0 { String::new() } else { new_jobs(unseen) };
        Self { text, href: filters.href(None) }
    }
}

/// What a stream has sent so far.
struct Follower {
    app: App,
    me: Viewer,
    filters: Filters,
    shown: Shown,
    rows: Vec<JobRow>,
    unseen: usize,
    has_begun: bool,
    announcer: Announcer,
}

impl LiveSource for Follower {
    /// A list is looked over, not watched: twice a second is at once.
    const MIN_INTERVAL: Duration = Duration::from_millis(500);

    async fn next_update(&mut self) -> Result<Option<Message>, ()> {
        let is_first = self.filters.before.is_none();
        let asked = jobs::news(&self.app.db, &self.me.actor, &self.filters.filter, &self.shown, is_first);
        let news = asked.await.map_err(|_| ())?;
        let changed: Vec<_> = news.rows.iter().filter(|row| !self.rows.contains(row)).collect();
        if self.has_begun {
            for row in &changed {
                self.announcer.note(row);
            }
        }
        self.announcer.note_unseen(self.unseen, news.unseen);
        let announce = self.announcer.say(Instant::now());
        let is_news = !self.has_begun || !changed.is_empty() || news.unseen != self.unseen || announce.is_some();
        let calendar = self.me.calendar(self.app.clock.now());
        let change = RowsChange {
            rows: changed.into_iter().map(|row| Row::new(row, &calendar)).collect(),
            new_jobs: is_first.then(|| NewJobsLink::new(&self.filters, news.unseen)),
            announce,
        };
        let html = is_news.then(|| change.render()).transpose().map_err(|_| ())?;
        self.keep(news);
        Ok(html.map(|html| Message::default().id(self.unseen.to_string()).data(html)))
    }

    fn is_finished(&self) -> bool {
        self.shown.open.is_empty() && self.filters.before.is_some()
    }

    fn next_check(&self) -> Option<Instant> {
        self.announcer.due()
    }
}

impl Follower {
    /// A row that is over is not asked for again.
    fn keep(&mut self, news: News) {
        let (over, open): (Vec<_>, Vec<_>) = news.rows.into_iter().partition(|row| row.status.is_final());
        self.shown.over.extend(over.into_iter().map(|row| row.id));
        self.shown.open = open.iter().map(|row| row.id).collect();
        (self.rows, self.unseen, self.has_begun) = (open, news.unseen, true);
    }
}
