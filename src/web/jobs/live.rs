//! A job followed without script: one HTML page that goes on arriving while the job runs.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use async_stream::stream;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::header::CONTENT_TYPE;
use tokio::time::{Instant, sleep};

use super::views::{EventFragment, EventView, LiveEnd, LiveLeft, LivePage};
use super::{parse, view};
use crate::app::App;
use crate::error::Error;
use crate::ids::JobId;
use crate::jobs::{self, Job, Position, Written};
use crate::live::{Seat, Ticks};
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::respond::unbuffered;
use crate::web::shell::Section;
use crate::web::stream::{PING, WakeReason, wait};

/// Where the template is cut: what stands before it is sent at once, what stands after it when the job is over.
const CUT: &str = "<!-- the log goes on here -->";

/// Lines that come together are sent together.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// How long a page may go on arriving; its reader can open it again.
const LONGEST: Duration = Duration::from_secs(600);

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result {
    let job = jobs::find(&app.db, &me.actor, parse(&id)?).await?;
    let href = format!("/jobs/{}", job.id);
    let shell = me
        .shell("Live log")
        .await
        .section(Section::Jobs)
        .breadcrumb("Jobs", "/jobs")
        .breadcrumb(job.tool_name.clone(), href);
    let page = LivePage { shell, job: view(&app, &me, &job).await? }.render().map_err(anyhow::Error::from)?;
    let (head, tail) = page.split_once(CUT).map(|(head, tail)| (head.to_owned(), tail.to_owned())).unwrap_or_default();
    let body = Body::from_stream(arriving(app, me.into_viewer(), job.id, head, tail));
    let response: Response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    Ok(unbuffered(response))
}

fn arriving(
    app: App,
    me: Viewer,
    id: JobId,
    head: String,
    tail: String,
) -> impl Stream<Item = Result<String, Infallible>> {
    stream! {
        yield Ok(head);
        let mut patience = Patience::new(&app, &me, id);
        let mut after = Position::START;
        while let Ok((job, log)) = jobs::watch(&app.db, &me.actor, id, after).await {
            after = log.last().map_or(after, Written::position);
            yield Ok(lines(&app, &me, &log));
            if job.status.is_final() {
                yield Ok(ending(&app, &me, &job).await.unwrap_or_default());
                break;
            }
            if let Err(why) = patience.wait(&app, &me).await {
                yield Ok(LiveLeft { why }.render().unwrap_or_default());
                break;
            }
        }
        yield Ok(tail);
    }
}

/// Until when, and for whom, the page waits for the next line.
struct Patience {
    changes: Ticks,
    seat: Seat,
    look: Instant,
    until: Instant,
}

impl Patience {
    fn new(app: &App, me: &Viewer, id: JobId) -> Self {
        let now = Instant::now();
        let seat = app.live.take_seat(me.actor.user_id());
        Self { changes: app.live.subscribe_job(id), seat, look: now + PING, until: now + LONGEST }
    }

    /// Returns with the next change, at most four times a second; or with the reason why the page must stop.
    async fn wait(&mut self, app: &App, me: &Viewer) -> Result<(), &'static str> {
        sleep(MIN_INTERVAL).await;
        loop {
            match wait(&mut self.changes, &self.seat, self.look, Some(self.until)).await {
                WakeReason::Update if Instant::now() >= self.until => {
                    return Err("This page has waited for ten minutes.");
                }
                WakeReason::Update => return Ok(()),
                WakeReason::SessionCheck if me.is_still_signed_in(app).await.unwrap_or(false) => {
                    self.look = Instant::now() + PING;
                }
                WakeReason::SessionCheck => return Err("You are signed out."),
                WakeReason::PermitLost => return Err("You follow too many pages at once."),
            }
        }
    }
}

fn lines(app: &App, me: &Viewer, log: &[Written]) -> String {
    let calendar = me.calendar(app.clock.now());
    let line = |event| EventFragment { event: &EventView::new(event, &calendar) }.render().unwrap_or_default();
    log.iter().map(line).collect()
}

async fn ending(app: &App, me: &Viewer, job: &Job) -> Result<String, Error> {
    let job = view(app, me, job).await.map_err(|_| Error::NotFound("job"))?;
    LiveEnd { job }.render().map_err(Error::internal)
}
