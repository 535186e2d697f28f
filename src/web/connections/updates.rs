//! Connections while they are looked at: rows of the list, and the page of one, change where they stand.
//!
//! What is sent is the present state, never an event, so a reader whose stream broke has missed nothing. A job that ends
//! is news as well: it has used its connection.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::sse::Event as Message;
use http::StatusCode;
use serde::Deserialize;

use super::page_data::PageData;
use super::parse;
use super::views::{Change, ConnectionView, Row, RowsChange, Standing, name};
use crate::accounts::Announce;
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::page::PAGE_SIZE;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error::{Error, Result};
use crate::web::extract::{Path, Query};
use crate::web::filtering::url_with_params;
use crate::web::stream::{self, LiveSource};
use crate::web::when::count;

/// Between ids: a character that stands in an address as it is.
const SEPARATOR: &str = ".";

/// Where the news of these rows of a list come from; none if nothing can change any more.
pub(super) fn of_rows(rows: &[ConnectionDetail]) -> Option<String> {
    let open = rows.iter().filter(|connection| !connection.is_disconnected());
    let open: Vec<_> = open.map(|connection| connection.id.to_string()).collect();
    (!open.is_empty()).then(|| url_with_params("/connections/news", &[("open", &open.join(SEPARATOR))]))
}

/// The rows of a page that can change, as its address names them.
#[derive(Deserialize)]
pub(super) struct RowsParams {
    #[serde(default)]
    open: String,
}

impl RowsParams {
    fn read(&self) -> Option<Vec<ConnectionId>> {
        let ids: Option<Vec<_>> = self.open.split(SEPARATOR).map(|id| id.parse().ok()).collect();
        ids.filter(|ids| ids.len() <= PAGE_SIZE)
    }
}

pub(super) async fn index(State(app): State<App>, me: SignedIn, Query(asked): Query<RowsParams>) -> Result {
    let shown = asked.read().ok_or_else(not_of_a_page)?;
    let ticks = app.live.subscribe_user(me.actor.user_id());
    let mut tx = app.db.as_user(&me.actor).await?;
    connections::find_many(&mut tx, &me.actor, &shown).await?;
    drop(tx);
    let me = me.into_viewer();
    let rows = Rows { app: app.clone(), me: me.clone(), shown, seen: Vec::new() };
    Ok(stream::answer(app, me, ticks, rows))
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    let id = parse(&id)?;
    let ticks = app.live.subscribe_user(me.actor.user_id());
    PageData::read(&app, &me.actor, id).await?;
    let me = me.into_viewer();
    let one = One { app: app.clone(), me: me.clone(), id, seen: None };
    Ok(stream::answer(app, me, ticks, one))
}

fn not_of_a_page() -> Error {
    let why = "This address follows the rows of a page of connections, and names some that no page can have. \
               Open the list of connections.";
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, why)
}

/// The stream of a list.
struct Rows {
    app: App,
    me: Viewer,
    /// Those that were not over when they were sent last: only they can change.
    shown: Vec<ConnectionId>,
    seen: Vec<ConnectionDetail>,
}

impl LiveSource for Rows {
    const MIN_INTERVAL: Duration = Duration::from_secs(1);

    async fn next_update(&mut self) -> Result<Option<Message>, ()> {
        let now = self.read().await.map_err(|_| ())?;
        let changed: Vec<_> = now.iter().filter(|row| !self.seen.contains(row)).collect();
        let sentences: Vec<_> = changed.iter().filter_map(|row| turn(self.before(row.id)?, row)).collect();
        let calendar = self.me.calendar(self.app.clock.now());
        let change = RowsChange {
            rows: changed.iter().map(|row| Row::new(row, &calendar)).collect(),
            can_choose: true,
            announce: said(&self.me, sentences),
        };
        let html = (!changed.is_empty()).then(|| change.render()).transpose().map_err(|_| ())?;
        self.shown = now.iter().filter(|row| !row.is_disconnected()).map(|row| row.id).collect();
        self.seen = now;
        Ok(html.map(|html| Message::default().data(html)))
    }

    fn is_finished(&self) -> bool {
        self.shown.is_empty()
    }
}

impl Rows {
    async fn read(&self) -> crate::error::Result<Vec<ConnectionDetail>> {
        let mut tx = self.app.db.as_user(&self.me.actor).await?;
        connections::find_many(&mut tx, &self.me.actor, &self.shown).await
    }

    fn before(&self, id: ConnectionId) -> Option<&ConnectionDetail> {
        self.seen.iter().find(|row| row.id == id)
    }
}

/// The stream of one connection's page.
struct One {
    app: App,
    me: Viewer,
    id: ConnectionId,
    seen: Option<PageData>,
}

impl LiveSource for One {
    const MIN_INTERVAL: Duration = Duration::from_millis(500);

    async fn next_update(&mut self) -> Result<Option<Message>, ()> {
        let now = PageData::read(&self.app, &self.me.actor, self.id).await.map_err(|_| ())?;
        if self.seen.as_ref().is_some_and(|seen| seen.is_same(&now)) {
            return Ok(None);
        }
        let turned = self.seen.as_ref().and_then(|seen| turn(&seen.connection, &now.connection));
        let calendar = self.me.calendar(self.app.clock.now());
        let change = Change {
            connection: ConnectionView::new(&now, &calendar),
            announce: said(&self.me, turned.into_iter().collect()),
        };
        self.seen = Some(now);
        Ok(Some(Message::default().data(change.render().map_err(|_| ())?)))
    }

    fn is_finished(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.connection.is_disconnected())
    }
}

/// What is worth a sentence: that a connection needs its owner now, or does not any more.
fn turn(before: &ConnectionDetail, now: &ConnectionDetail) -> Option<String> {
    let (was, is) = (Standing::of(before), Standing::of(now));
    let words = match is {
        _ if was == is => return None,
        Standing::Well => "works again",
        Standing::NeedsYou => "needs you",
        Standing::Over => "is disconnected",
    };
    Some(format!("{} {words}.", name(now)))
}

/// One sentence for all, if the reader wants to hear any.
fn said(me: &Viewer, mut sentences: Vec<String>) -> Option<String> {
    if me.user.appearance.announce == Announce::None {
        return None;
    }
    match sentences.len() {
        0 | 1 => sentences.pop(),
        n => Some(format!("{} changed.", count(n as u64, "connection"))),
    }
}
