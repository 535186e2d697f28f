//! A job's log without script: one HTML page that keeps arriving while the job runs. The page of the job links to it.

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

use super::event_view::EventView;
use super::views::{EventFragment, LiveEnd, LivePage, LiveStopped};
use super::{load_view, parse_id};
use crate::app::App;
use crate::error::Result;
use crate::ids::JobId;
use crate::jobs::{self, Job, JobEvent, Position};
use crate::live::{StreamPermit, Subscription};
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error;
use crate::web::extract::{ById, Path};
use crate::web::respond::unbuffered;
use crate::web::shell::Section;
use crate::web::stream::{SESSION_CHECK_INTERVAL, WakeReason, wait};

/// The marker in the template that splits the page: the first part is sent at once, the second when the job has finished.
const LOG_MARKER: &str = "<!-- log events -->";

/// The shortest time between two pieces: events written within it are sent together.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// The longest time that a page may keep arriving. The viewer can open it again.
const MAX_PAGE_TIME: Duration = Duration::from_secs(600);

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> error::Result {
    let job = jobs::find(&app.db, &me.actor, parse_id(&id)?).await?;
    let href = me.here().path(&format!("/jobs/{}", job.id));
    let shell = me.shell("Live log").await.section(Section::Jobs);
    let shell = shell.breadcrumb("Jobs", me.here().path("/jobs")).breadcrumb(job.label(), href);
    let mut tx = app.db.enter(&me.actor).await?;
    let view = load_view(&app, &mut tx, &me, &job).await?;
    drop(tx);
    let page = LivePage { shell, job: view }.render().map_err(anyhow::Error::from)?;
    let (head, tail) =
        page.split_once(LOG_MARKER).map(|(head, tail)| (head.to_owned(), tail.to_owned())).unwrap_or_default();
    let body = Body::from_stream(LogPage { app, viewer: me.into_viewer(), id: job.id, head, tail }.pieces());
    let response: Response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    Ok(unbuffered(response))
}

/// A page that arrives in pieces.
struct LogPage {
    app: App,
    viewer: Viewer,
    id: JobId,
    /// The page up to the log.
    head: String,
    /// The page after the log.
    tail: String,
}

impl LogPage {
    fn pieces(self) -> impl Stream<Item = Result<String, Infallible>> {
        let Self { app, viewer, id, head, tail } = self;
        stream! {
            yield Ok(head);
            let mut waiter = Waiter::new(&app, &viewer, id);
            let mut after = Position::START;
            while let Ok((job, log)) = jobs::find_with_events(&app.db, &viewer.actor, id, after).await {
                after = log.last().map_or(after, JobEvent::position);
                yield Ok(render_events(&app, &viewer, &log));
                if job.status.is_final() {
                    yield Ok(render_end(&app, &viewer, &job).await.unwrap_or_default());
                    break;
                }
                if let Err(why) = waiter.wait(&app, &viewer).await {
                    yield Ok(LiveStopped { why }.render().unwrap_or_default());
                    break;
                }
            }
            yield Ok(tail);
        }
    }
}

/// Waits for the next piece of one page.
struct Waiter {
    changes: Subscription,
    permit: StreamPermit,
    session_check: Instant,
    deadline: Instant,
}

impl Waiter {
    fn new(app: &App, viewer: &Viewer, id: JobId) -> Self {
        let now = Instant::now();
        Self {
            changes: app.live.subscribe_job(id),
            permit: app.live.acquire_stream_permit(viewer.actor.user_id()),
            session_check: now + SESSION_CHECK_INTERVAL,
            deadline: now + MAX_PAGE_TIME,
        }
    }

    /// Returns at the next change, at most four times a second. The error is the reason why the page must stop.
    async fn wait(&mut self, app: &App, viewer: &Viewer) -> Result<(), &'static str> {
        sleep(MIN_INTERVAL).await;
        loop {
            match wait(&mut self.changes, &self.permit, self.session_check, Some(self.deadline)).await {
                WakeReason::Update if Instant::now() >= self.deadline => {
                    return Err("This page has waited for ten minutes.");
                }
                WakeReason::Update => return Ok(()),
                WakeReason::SessionCheck if viewer.is_still_signed_in(app).await.unwrap_or(false) => {
                    self.session_check = Instant::now() + SESSION_CHECK_INTERVAL;
                }
                WakeReason::SessionCheck => return Err("You are signed out."),
                WakeReason::PermitLost => return Err("You follow too many pages at once."),
            }
        }
    }
}

fn render_events(app: &App, viewer: &Viewer, log: &[JobEvent]) -> String {
    let calendar = viewer.calendar(app.clock.now());
    let render = |event| EventFragment { event: &EventView::new(event, &calendar) }.render().unwrap_or_default();
    log.iter().map(render).collect()
}

async fn render_end(app: &App, viewer: &Viewer, job: &Job) -> Result<String> {
    let mut tx = app.db.enter(&viewer.actor).await?;
    let job = load_view(app, &mut tx, viewer, job).await?;
    drop(tx);
    Ok(LiveEnd { job }.render().map_err(anyhow::Error::from)?)
}
