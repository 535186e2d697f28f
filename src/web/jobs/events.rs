//! A job's live stream: each message carries pieces of the page, and the event id from which a reconnect goes on.

use std::convert::Infallible;
use std::time::Duration;

use async_stream::stream;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event as Message, Sse};
use futures_util::Stream;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout};

use super::views::{Change, EventView};
use super::{parse, position, view};
use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, Position, Status, Written};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Path, Query};
use crate::web::respond::unbuffered;
use askama::Template;

/// At most four messages a second.
const PAUSE: Duration = Duration::from_millis(250);

/// A comment this often keeps proxies from closing the stream, and finds out whether the session still stands.
const PING: Duration = Duration::from_secs(15);

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
    jobs::find(&app.db, &me.actor, id).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = position(resumed).or_else(|| position(query.after.as_deref())).unwrap_or(Position::START);
    Ok(unbuffered(Sse::new(follow(app, me, id, after)).into_response()))
}

/// Ends with a named event, `end`, on an answered stream: the client would otherwise reconnect for ever.
fn follow(app: App, me: SignedIn, id: JobId, after: Position) -> impl Stream<Item = Result<Message, Infallible>> {
    stream! {
        let mut changes = app.live.subscribe_job(id);
        let mut follower = Follower { app: &app, me: &me, id, after, shown: None };
        loop {
            let next = Instant::now() + PAUSE;
            match follower.news().await {
                Ok(Some(message)) => yield Ok(message),
                Ok(None) => {}
                // without `end` the client comes back, and goes on where it stopped
                Err(()) => return,
            }
            if follower.is_over() {
                break;
            }
            sleep_until(next).await;
            while timeout(PING, changes.changed()).await.is_err() {
                if !me.is_still_signed_in().await {
                    yield Ok(Message::default().event("end").data("signed out"));
                    return;
                }
                yield Ok(Message::default().comment("still here"));
            }
        }
        yield Ok(Message::default().event("end").data("over"));
    }
}

/// What a stream has sent so far.
struct Follower<'a> {
    app: &'a App,
    me: &'a SignedIn,
    id: JobId,
    after: Position,
    shown: Option<Status>,
}

impl Follower<'_> {
    /// The next message, if there is anything new. Fails when the stream cannot go on.
    async fn news(&mut self) -> Result<Option<Message>, ()> {
        let (job, log) = jobs::watch(&self.app.db, &self.me.actor, self.id, self.after).await.map_err(|_| ())?;
        if log.is_empty() && self.shown == Some(job.status) {
            return Ok(None);
        }
        let view = view(self.app, self.me, &job).await.map_err(|_| ())?;
        let calendar = self.me.calendar(self.app.clock.now());
        let events: Vec<_> = log.iter().map(|event| EventView::new(event, &calendar)).collect();
        let is_news = self.shown.is_some_and(|shown| shown != job.status);
        let announce = is_news.then(|| format!("{}: {}", job.tool_name, view.sentence));
        let html = Change { job: &view, events: &events, announce: announce.as_deref() }.render().map_err(|_| ())?;
        let first = self.shown.is_none();
        self.shown = Some(job.status);
        self.after = log.last().map_or(self.after, Written::position);
        let message = Message::default().id(self.after.to_string()).data(html);
        Ok(Some(if first { message.retry(Duration::from_secs(2)) } else { message }))
    }

    fn is_over(&self) -> bool {
        self.shown.is_some_and(Status::is_final)
    }
}
