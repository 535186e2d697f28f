//! A job's live stream: each message carries pieces of the page, and the event id from which a reconnect goes on.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event as Message;
use serde::Deserialize;

use super::views::{Change, EventView, JobView};
use super::{page_shell, parse, position, view};
use crate::accounts::Announce;
use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, Job, Position, Status, Written};
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error::Result;
use crate::web::extract::{Path, Query};
use crate::web::shell::Shell;
use crate::web::stream::{self, LiveSource};

#[derive(Deserialize)]
pub(super) struct StreamQuery {
    after: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result {
    let id = parse(&id)?;
    let ticks = app.live.subscribe_job(id);
    let job = jobs::find(&app.db, &me.actor, id).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = position(resumed).or_else(|| position(query.after.as_deref())).unwrap_or(Position::START);
    let me = me.into_viewer();
    let follower = Follower { app: app.clone(), me: me.clone(), id: job.id, after, shown: None };
    Ok(stream::answer(app, me, ticks, follower))
}

/// What a stream has sent so far.
struct Follower {
    app: App,
    me: Viewer,
    id: JobId,
    after: Position,
    shown: Option<Status>,
}

impl LiveSource for Follower {
    /// At most four messages a second.
    const MIN_INTERVAL: Duration = Duration::from_millis(250);

    async fn next_update(&mut self) -> Result<Option<Message>, ()> {
        let (job, log) = jobs::watch(&self.app.db, &self.me.actor, self.id, self.after).await.map_err(|_| ())?;
        if log.is_empty() && self.shown == Some(job.status) {
            return Ok(None);
        }
        let html = self.pieces(&job, &log).await?;
        self.shown = Some(job.status);
        self.after = log.last().map_or(self.after, Written::position);
        Ok(Some(Message::default().id(self.after.to_string()).data(html)))
    }

    fn is_finished(&self) -> bool {
        self.shown.is_some_and(Status::is_final)
    }
}

impl Follower {
    async fn pieces(&self, job: &Job, log: &[Written]) -> Result<String, ()> {
        let view = view(&self.app, &self.me, job).await.map_err(|_| ())?;
        let calendar = self.me.calendar(self.app.clock.now());
        let events: Vec<_> = log.iter().map(|event| EventView::new(event, &calendar)).collect();
        let is_told = match self.me.user.appearance.announce {
            Announce::All => true,
            Announce::Ends => job.status.is_final(),
            Announce::None => false,
        };
        let is_news = is_told && self.shown.is_some_and(|shown| shown != job.status);
        let change = Change {
            title: page_shell(Shell::new(view.tool.clone()), &view).document_title(),
            events: &events,
            announce: is_news.then(|| announcement(&view)),
            job: &view,
        };
        change.render().map_err(|_| ())
    }
}

fn announcement(job: &JobView) -> String {
    format!("{}: {}", job.tool, job.sentence)
}
