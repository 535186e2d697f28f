//! The SSE stream of one job, which its page opens. Each message holds pieces of the page, and the position from which a
//! reconnect continues.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event as Message;
use serde::Deserialize;
use tokio::time::Instant;

use super::event_view::EventView;
use super::reminder::Reminder;
use super::views::{Change, JobView, LiveOptions};
use super::{load_view, page_shell, parse_id, parse_position};
use crate::accounts::Announce;
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::JobId;
use crate::jobs::{self, Job, JobEvent, JobStatus, Position};
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error;
use crate::web::extract::{ById, Path, Query};
use crate::web::shell::Shell;
use crate::web::stream::{self, LiveSource};

/// The shortest time after which a page shows anew how long its job has run.
const MIN_REDRAW_DELAY: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(super) struct StreamParams {
    after: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById>,
    Query(params): Query<StreamParams>,
    headers: HeaderMap,
) -> error::Result {
    let id = parse_id(&id)?;
    let changes = app.live.subscribe_job(id);
    // the head shows the newest event, which may be older than the position
    let (job, mut log) = jobs::find_with_events(&app.db, &me.actor, id, Position::START).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = parse_position(resumed).or_else(|| parse_position(params.after.as_deref())).unwrap_or(Position::START);
    let viewer = me.into_viewer();
    let updates = JobUpdates {
        app: app.clone(),
        id: job.id,
        after,
        newest: log.pop(),
        status: None,
        next_redraw: None,
        reminder: Reminder::new(viewer.user.appearance.announce),
        viewer: viewer.clone(),
    };
    Ok(stream::respond(app, viewer, changes, updates))
}

/// The updates of one job's page.
struct JobUpdates {
    app: App,
    viewer: Viewer,
    id: JobId,
    /// The position of the last event sent.
    after: Position,
    /// The newest event.
    newest: Option<JobEvent>,
    /// The last status sent.
    status: Option<JobStatus>,
    /// The moment at which the time of a running job is shown anew.
    next_redraw: Option<Instant>,
    /// Announces a long run again.
    reminder: Reminder,
}

impl LiveSource for JobUpdates {
    /// At most four messages a second.
    const MIN_INTERVAL: Duration = Duration::from_millis(250);

    async fn next_update(&mut self) -> Result<Option<Message>> {
        let (job, log) = jobs::find_with_events(&self.app.db, &self.viewer.actor, self.id, self.after).await?;
        self.newest = log.last().cloned().or_else(|| self.newest.take());
        let now = Instant::now();
        let is_due = self.next_redraw.is_some_and(|at| at <= now) || self.reminder.is_due(now);
        if log.is_empty() && self.status == Some(job.status) && !is_due {
            return Ok(None);
        }
        self.next_redraw = redraw_delay(&job, self.app.clock.now()).map(|delay| now + delay);
        let is_announced = self.should_announce(job.status) || self.reminder.is_due(now);
        self.reminder.record_message(job.status == JobStatus::Running, is_announced, now);
        let html = self.render(&job, &log, is_announced).await?;
        self.status = Some(job.status);
        self.after = log.last().map_or(self.after, JobEvent::position);
        Ok(Some(Message::default().id(self.after.to_string()).data(html)))
    }

    fn is_finished(&self) -> bool {
        self.status.is_some_and(JobStatus::is_final)
    }

    fn next_check(&self) -> Option<Instant> {
        [self.next_redraw, self.reminder.next()].into_iter().flatten().min()
    }
}

/// Returns the time until a running job shows anew how long it has run: a tenth of that, so that the longer it runs, the
/// fewer messages it needs.
fn redraw_delay(job: &Job, now: Timestamp) -> Option<Duration> {
    let started = job.started_at.filter(|_| job.status == JobStatus::Running)?;
    Some(((now - started).unsigned_abs() / 10).max(MIN_REDRAW_DELAY))
}

impl JobUpdates {
    async fn render(&self, job: &Job, log: &[JobEvent], is_announced: bool) -> Result<String> {
        let mut tx = self.app.db.enter(&self.viewer.actor).await?;
        let view = load_view(&self.app, &mut tx, &self.viewer, job).await?;
        drop(tx);
        let calendar = self.viewer.calendar(self.app.clock.now());
        let view = view.with_step(self.newest.as_ref(), &calendar);
        let events: Vec<_> = log.iter().map(|event| EventView::new(event, &calendar)).collect();
        let shell = Shell::new(view.tool.clone()).with_user(Some(self.viewer.user.clone()));
        let change = Change {
            title: page_shell(shell, &view).document_title(),
            events: &events,
            announcement: is_announced.then(|| announcement(&view)),
            job: &view,
            live: LiveOptions { after: String::new(), has_stream: true, reload_seconds: None },
        };
        Ok(change.render().map_err(anyhow::Error::from)?)
    }

    fn should_announce(&self, status: JobStatus) -> bool {
        let is_wanted = match self.viewer.user.appearance.announce {
            Announce::All | Announce::Regular => true,
            Announce::Ends => status.is_final(),
            Announce::None => false,
        };
        is_wanted && self.status.is_some_and(|sent| sent != status)
    }
}

fn announcement(job: &JobView) -> String {
    format!("{}: {}", job.tool, job.sentence)
}
