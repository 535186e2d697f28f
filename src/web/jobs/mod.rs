//! Pages of jobs: the list, one job and its live views, cancelling it.
//!
//! The router of the web layer mounts them. They call [`crate::jobs`], mask the secrets in a job's input before they show
//! it, and never run a tool: the worker does.

mod announcer;
mod cancellation;
mod chips;
mod compared_values;
mod comparison;
mod downloads;
mod event_view;
mod filter_words;
mod filters;
mod index;
mod job_stream;
mod list_stream;
mod no_script_log;
mod reminder;
mod resource;
mod resource_view;
mod result;
mod row_selection;
mod run_bar;
mod selection;
mod sentences;
mod views;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use self::event_view::EventView;
use self::views::{JobContext, JobView, LiveOptions, ShowPage};
use crate::actor::Actor;
use crate::app::App;
use crate::audit;
use crate::connections;
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error as DomainError, Result};
use crate::ids::JobId;
use crate::jobs::{self, Job, JobEvent, Neighbour, Neighbours, Position};
use crate::schema_form;
use crate::tool_result::ToolResult;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error;
use crate::web::extract::{ById, Path, Query};
use crate::web::respond::{forbid_storing, page_unstored};
use crate::web::shell::{Section, Shell};

/// The longest time that a request may wait for a change. Browsers and proxies give up on longer silences.
const MAX_WAIT: Duration = Duration::from_secs(25);

/// The intervals in seconds at which a page may reload itself.
const RELOAD_INTERVALS: [u64; 3] = [10, 30, 60];

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/jobs", get(index::index))
        .route("/jobs/news", get(list_stream::show))
        .route("/jobs/cancellation", get(selection::new_cancellation).post(selection::create_cancellation))
        .route("/jobs/repetition", get(selection::new_repetition).post(selection::create_repetition))
        .route("/jobs/comparison", get(comparison::show))
        .route("/jobs/{id}", get(show))
        .route("/jobs/{id}/events", get(job_stream::show))
        .route("/jobs/{id}/live", get(no_script_log::show))
        .route("/jobs/{id}/result", get(result::show))
        .route("/jobs/{id}/output", get(downloads::download))
        .route("/jobs/{id}/content/{n}", get(downloads::content))
        .route("/jobs/{id}/content/{n}/resource", get(resource::new).post(resource::create))
        .route("/jobs/{id}/cancellation", get(cancellation::new).post(cancellation::create))
}

#[derive(Default, Deserialize)]
struct ShowParams {
    after: Option<String>,
    wait: Option<u64>,
    refresh: Option<u64>,
    live: Option<String>,
}

async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById>,
    Query(params): Query<ShowParams>,
) -> error::Result {
    // the router cannot match a suffix after a parameter
    if let Some(id) = id.strip_suffix(".json") {
        return show_json(&app, &me, parse_id(id)?).await;
    }
    let id = parse_id(&id)?;
    if let (Some(after), Some(seconds)) = (parse_position(params.after.as_deref()), params.wait) {
        wait_for_change(&app, &me.actor, id, after, Duration::from_secs(seconds).min(MAX_WAIT)).await?;
    }
    let (job, log) = jobs::find_with_events(&app.db, &me.actor, id, Position::START).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    let view = load_view(&app, &mut tx, &me, &job).await?;
    let Neighbours { older, newer } = jobs::find_neighbours(&mut tx, &me.actor, job.id).await?;
    drop(tx);
    let link = |it: Neighbour| (me.here().path(&format!("/jobs/{}", it.id)), it.label);
    let live = LiveOptions {
        after: log.last().map_or(Position::START, JobEvent::position).to_string(),
        reload_seconds: params.refresh.filter(|it| RELOAD_INTERVALS.contains(it) && !job.status.is_final()),
        has_stream: false,
    };
    let is_paused = params.live.as_deref() == Some("off") || live.reload_seconds.is_some();
    let live = LiveOptions { has_stream: !job.status.is_final() && !is_paused, ..live };
    let calendar = me.calendar(app.clock.now());
    let view = view.with_step(log.last(), &calendar);
    let is_shown = |event: &&JobEvent| !view.repeats_check(&event.message);
    let events = log.iter().filter(is_shown).map(|event| EventView::new(event, &calendar)).collect();
    let shell = page_shell(me.shell(view.tool.clone()).await, &view);
    let reload_seconds = live.reload_seconds;
    let mut response =
        page_unstored(&ShowPage { shell, job: view, events, live, older: older.map(link), newer: newer.map(link) });
    if let Some(seconds) = reload_seconds {
        response.headers_mut().insert("refresh", seconds.into());
    }
    Ok(response)
}

/// Completes the shell of a job's page; the document title begins with the job's status.
fn page_shell(shell: Shell, job: &JobView) -> Shell {
    let jobs = shell.here().path("/jobs");
    shell.section(Section::Jobs).breadcrumb("Jobs", jobs).title_prefix(job.badge.word)
}

/// Returns once the job has an event after `after`, or has finished, or `timeout` has passed.
async fn wait_for_change(app: &App, actor: &Actor, id: JobId, after: Position, timeout: Duration) -> Result<()> {
    let mut changes = app.live.subscribe_job(id);
    let deadline = Instant::now() + timeout;
    loop {
        let (job, events) = jobs::find_with_events(&app.db, actor, id, after).await?;
        if !events.is_empty() || job.status.is_final() {
            return Ok(());
        }
        if timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(());
        }
    }
}

async fn show_json(app: &App, me: &SignedIn, id: JobId) -> error::Result {
    let (mut job, log) = jobs::find_with_events(&app.db, &me.actor, id, Position::START).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    job.input = load_masked_input(&mut tx, me, &job).await?.to_string();
    drop(tx);
    Ok(forbid_storing(axum::Json(jobs::to_json(&job, &log)).into_response()))
}

/// Returns a job's input without the values that its schema marks as secret.
async fn load_masked_input(tx: &mut Tx, viewer: &Viewer, job: &Job) -> Result<Value> {
    let Some(version) = job.tool_version_id else { return Ok(serde_json::from_str(&job.input).unwrap_or_default()) };
    let schema = match connectors::version(tx, &viewer.actor, version).await {
        Ok(version) => version.schema,
        // the connector was removed, so secrets can be recognised by their field names only
        Err(DomainError::NotFound(_)) => Value::Null,
        Err(other) => return Err(other),
    };
    Ok(schema_form::mask(&schema, &serde_json::from_str(&job.input).unwrap_or_default()))
}

/// Returns the result of a job with the schema of its tool. `None` if the job has no result.
async fn load_tool_result(tx: &mut Tx, viewer: &Viewer, job: &Job) -> Result<Option<ToolResult>> {
    let Some(output) = &job.output else { return Ok(None) };
    let schema = match job.tool_version_id {
        Some(version) => connectors::output_schema(tx, &viewer.actor, version).await?,
        None => None,
    };
    Ok(Some(ToolResult::new(output, schema)))
}

/// Loads everything that the pages show of a job, in the caller's transaction.
async fn load_view(app: &App, tx: &mut Tx, viewer: &Viewer, job: &Job) -> Result<JobView> {
    let input = load_masked_input(tx, viewer, job).await?;
    let context = JobContext {
        input: serde_json::to_string_pretty(&input).unwrap_or_default(),
        result: load_tool_result(tx, viewer, job).await?,
        run_before: if job.output.is_some() { jobs::find_run_before(tx, &viewer.actor, job).await? } else { None },
        entry: if job.status.is_final() { audit::find_for_job(tx, &viewer.actor, job.id).await? } else { None },
        viewer: viewer.actor.user_id(),
        key: uuid::Uuid::new_v4().to_string(),
        now: app.clock.now(),
    };
    let calendar = viewer.calendar(context.now);
    let view = JobView::new(job, context, viewer.here(), &calendar);
    let view = match job.resource() {
        Some(resource) => {
            let linking_job = jobs::find_linking_job(tx, &viewer.actor, &resource).await?;
            view.with_resource(&resource, linking_job.as_ref(), viewer.here())
        }
        None => view,
    };
    if !job.is_checkup() && view.waits_for.is_none() {
        return Ok(view);
    }
    let connection = connections::find(tx, &viewer.actor, job.connection_id).await?;
    Ok(if job.is_checkup() {
        view.with_checkup(job, &connection, viewer.here())
    } else {
        view.with_connection(&connection, viewer.here())
    })
}

/// Parses the position of an event, as links and streams write it.
fn parse_position(text: Option<&str>) -> Option<Position> {
    text.and_then(|text| text.parse().ok())
}

fn parse_id(id: &str) -> error::Result<JobId> {
    id.parse().map_err(|_| error::Error::not_found())
}
