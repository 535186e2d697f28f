//! Live updates of connections: rows of the list, and the page of one connection, change in place.
//!
//! The stream sends the present state, never an event, so a viewer whose stream broke has missed nothing. A finished job
//! counts as a change too, because it has used its connection.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::sse::Event as Message;
use serde::Deserialize;

use super::expiry::soon;
use super::parse_id;
use super::show::{Change, ConnectionView, PageData};
use super::states::{self, StateLink, state_links};
use super::views::{Columns, Row, Selection, StatusLine, name};
use crate::accounts::Announce;
use crate::app::App;
use crate::connections::{self, ConnectionDetail, ConnectionGroup, GroupCounts};
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::extract::{ById, Path, Query};
use crate::web::filtering::url_with_params;
use crate::web::here::Here;
use crate::web::stream::{self, LiveSource};
use crate::web::when::{Calendar, count};
use crate::web::{error, row_ids};

/// The part of a page of the list that its stream repeats.
#[derive(Clone, Copy)]
pub(super) struct ShownList {
    /// The group that the page shows.
    pub(super) group: Option<ConnectionGroup>,
    /// All rows are chosen.
    pub(super) selects_all: bool,
}

/// Returns the address of the stream of these rows, unless none of them can change.
pub(super) fn rows_href(rows: &[ConnectionDetail], list: ShownList, here: &Here) -> Option<String> {
    let open = row_ids::join(rows.iter().filter(|row| !row.is_disconnected()).map(|row| row.id));
    let columns = Columns::for_rows(rows).to_param();
    let params = [
        ("open", open.as_str()),
        ("state", list.group.map_or("", states::word)),
        ("select", if list.selects_all { "all" } else { "" }),
        ("columns", &columns),
    ];
    (!open.is_empty()).then(|| url_with_params(&here.path("/connections/news"), &params))
}

/// The rows of a page, as the address of its stream lists them.
#[derive(Deserialize)]
pub(super) struct RowsParams {
    /// The connections that can change.
    #[serde(default)]
    open: String,
    /// The group that the page shows.
    #[serde(default)]
    state: String,
    /// "all" if all rows are chosen.
    #[serde(default)]
    select: String,
    /// The columns that the page has.
    #[serde(default)]
    columns: String,
}

pub(super) async fn index(State(app): State<App>, me: SignedIn, Query(params): Query<RowsParams>) -> error::Result {
    let shown = row_ids::parse(&params.open).filter(|ids| !ids.is_empty());
    let shown = shown.ok_or_else(|| row_ids::invalid("connections"))?;
    let changes = app.live.subscribe_owner(me.actor.owner_id());
    let mut tx = app.db.enter(&me.actor).await?;
    connections::find_many(&mut tx, &me.actor, &shown).await?;
    drop(tx);
    let viewer = me.into_viewer();
    let columns = Columns::from_param(&params.columns);
    let list = ShownList { group: states::parse(&params.state), selects_all: params.select == "all" };
    let updates = ListUpdates {
        app: app.clone(),
        viewer: viewer.clone(),
        shown,
        columns,
        list,
        sent: Vec::new(),
        sent_counts: None,
    };
    Ok(stream::respond(app, viewer, changes, updates))
}

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> error::Result {
    let id = parse_id(&id)?;
    let changes = app.live.subscribe_owner(me.actor.owner_id());
    PageData::load(&app, &me.actor, id).await?;
    let viewer = me.into_viewer();
    let updates = PageUpdates { app: app.clone(), viewer: viewer.clone(), id, sent: None };
    Ok(stream::respond(app, viewer, changes, updates))
}

/// Rows of the list that changed, as pieces of the page.
#[derive(Template)]
#[template(path = "connections/_rows_change.html")]
struct RowsChange {
    rows: Vec<Row>,
    /// The groups with their numbers, if these changed.
    states: Vec<StateLink>,
    /// Always true: a row that can change can be selected.
    can_choose: bool,
    /// A sentence for the live region.
    announcement: Option<String>,
}

/// The updates of one page of the list.
struct ListUpdates {
    app: App,
    viewer: Viewer,
    /// The connections that were not disconnected when they were sent last; only they can change.
    shown: Vec<ConnectionId>,
    columns: Columns,
    list: ShownList,
    sent: Vec<ConnectionDetail>,
    sent_counts: Option<GroupCounts>,
}

impl LiveSource for ListUpdates {
    const MIN_INTERVAL: Duration = Duration::from_secs(1);

    async fn next_update(&mut self) -> Result<Option<Message>> {
        let calendar = self.viewer.calendar(self.app.clock.now());
        let (rows, counts) = self.load(&calendar).await?;
        let changed: Vec<_> = rows.iter().filter(|row| !self.sent.contains(row)).collect();
        let states = if self.sent_counts == Some(counts) {
            Vec::new()
        } else {
            // only a page that is not paused has a stream
            state_links(self.viewer.here(), &counts, self.list.group, false)
        };
        let html = if changed.is_empty() && states.is_empty() {
            None
        } else {
            let sentences = changed.iter().filter_map(|row| describe_change(self.find_sent(row.id)?, row)).collect();
            let change = RowsChange {
                rows: changed.iter().map(|row| self.view(row, &calendar)).collect(),
                states,
                can_choose: true,
                announcement: announcement(&self.viewer, sentences),
            };
            Some(change.render().map_err(anyhow::Error::from)?)
        };
        self.shown = rows.iter().filter(|row| !row.is_disconnected()).map(|row| row.id).collect();
        (self.sent, self.sent_counts) = (rows, Some(counts));
        Ok(html.map(|html| Message::default().data(html)))
    }

    fn is_finished(&self) -> bool {
        self.shown.is_empty()
    }
}

impl ListUpdates {
    async fn load(&self, calendar: &Calendar) -> Result<(Vec<ConnectionDetail>, GroupCounts)> {
        let actor = &self.viewer.actor;
        let mut tx = self.app.db.enter(actor).await?;
        let rows = connections::find_many(&mut tx, actor, &self.shown).await?;
        Ok((rows, connections::count_groups(&mut tx, actor, soon(calendar)).await?))
    }

    /// Builds a row with the tick that the page gave it.
    fn view(&self, row: &ConnectionDetail, calendar: &Calendar) -> Row {
        let view = Row::new(row, self.columns, self.viewer.here(), calendar);
        if self.list.selects_all { view.chosen() } else { view }
    }

    fn find_sent(&self, id: ConnectionId) -> Option<&ConnectionDetail> {
        self.sent.iter().find(|row| row.id == id)
    }
}

/// The updates of the page of one connection.
struct PageUpdates {
    app: App,
    viewer: Viewer,
    id: ConnectionId,
    sent: Option<PageData>,
}

impl LiveSource for PageUpdates {
    const MIN_INTERVAL: Duration = Duration::from_millis(500);

    async fn next_update(&mut self) -> Result<Option<Message>> {
        let data = PageData::load(&self.app, &self.viewer.actor, self.id).await?;
        if self.sent.as_ref().is_some_and(|sent| sent.is_same(&data)) {
            return Ok(None);
        }
        let sentence = self.sent.as_ref().and_then(|sent| describe_change(&sent.connection, &data.connection));
        let calendar = self.viewer.calendar(self.app.clock.now());
        let change = Change {
            connection: ConnectionView::new(&data, self.viewer.here(), &calendar),
            announcement: announcement(&self.viewer, sentence.into_iter().collect()),
        };
        self.sent = Some(data);
        Ok(Some(Message::default().data(change.render().map_err(anyhow::Error::from)?)))
    }

    fn is_finished(&self) -> bool {
        self.sent.as_ref().is_some_and(|sent| sent.connection.is_disconnected())
    }
}

/// Describes a change that is worth announcing: the connection needs its owner, or no longer does.
fn describe_change(before: &ConnectionDetail, now: &ConnectionDetail) -> Option<String> {
    let line = StatusLine::for_connection(now);
    if line == StatusLine::for_connection(before) {
        return None;
    }
    let words = match line {
        StatusLine::Working => "works again",
        StatusLine::NeedsOwner => "needs you",
        StatusLine::Disconnected => "is disconnected",
    };
    Some(format!("{} {words}.", name(now)))
}

/// Joins the changes into one sentence, if the viewer wants announcements.
fn announcement(viewer: &Viewer, mut sentences: Vec<String>) -> Option<String> {
    if viewer.user.appearance.announce == Announce::None {
        return None;
    }
    match sentences.len() {
        0 | 1 => sentences.pop(),
        n => Some(format!("{} changed.", count(n as u64, "connection"))),
    }
}
