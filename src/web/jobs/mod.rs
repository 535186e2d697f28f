//! Pages of jobs: the list, one job and its live views, cancelling it.

mod announcer;
mod cancellation;
mod events;
mod filters;
mod live;
mod output;
mod result;
mod updates;
mod views;
mod wait;
mod words;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use self::filters::{Filters, ListParams};
pub(super) use self::updates::newest_updates_href;
pub(super) use self::views::Row;
use self::views::{EventView, IndexPage, JobView, ShowPage, Stream};
use crate::app::App;
use crate::audit;
use crate::connections;
use crate::connectors;
use crate::error::Error as DomainError;
use crate::ids::JobId;
use crate::jobs::{self, Job, Position, Written};
use crate::schema_form;
use crate::web::actor::{SignedIn, Viewer};
use crate::web::error::{Error, Result};
use crate::web::extract::{Path, Query};
use crate::web::respond::{page, page_with};
use crate::web::shell::{Section, Shell};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/jobs", get(index))
        .route("/jobs/news", get(updates::show))
        .route("/jobs/{id}", get(show))
        .route("/jobs/{id}/events", get(events::show))
        .route("/jobs/{id}/live", get(live::show))
        .route("/jobs/{id}/output", get(result::output))
        .route("/jobs/{id}/content/{n}", get(result::content))
        .route("/jobs/{id}/cancellation", get(cancellation::new).post(cancellation::create))
}

async fn index(State(app): State<App>, me: SignedIn, Query(asked): Query<ListParams>) -> Result {
    let mut tx = app.db.as_user(&me.actor).await?;
    let filters = Filters::read(&mut tx, &me.actor, &asked, &me.user.zone).await?;
    let list = jobs::list(&mut tx, &me.actor, &filters.filter, filters.before).await?;
    drop(tx);
    let status = if filters.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell(filters.words()).await.section(Section::Jobs);
    Ok(page_with(status, &IndexPage::new(shell, filters, &list, &me.calendar(app.clock.now()))))
}

#[derive(Default, Deserialize)]
struct ShowQuery {
    after: Option<String>,
    wait: Option<u64>,
    refresh: Option<u64>,
    live: Option<String>,
}

async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>, Query(query): Query<ShowQuery>) -> Result {
    // the router cannot match a suffix after a parameter
    if let Some(id) = id.strip_suffix(".json") {
        return as_json(&app, &me, parse(id)?).await;
    }
    let id = parse(&id)?;
    if let (Some(after), Some(wait)) = (position(query.after.as_deref()), query.wait) {
        wait::until_changed(&app, &me.actor, id, after, wait).await?;
    }
    let (job, log) = jobs::watch(&app.db, &me.actor, id, Position::START).await?;
    let view = view(&app, &me, &job).await?;
    let refresh = query.refresh.filter(|seconds| [10, 30, 60].contains(seconds) && !job.status.is_final()).unwrap_or(0);
    let stream = Stream {
        after: log.last().map_or(Position::START, Written::position).to_string(),
        on: !job.status.is_final() && query.live.as_deref() != Some("off") && refresh == 0,
        refresh,
    };
    let calendar = me.calendar(app.clock.now());
    let events = log.iter().map(|event| EventView::new(event, &calendar)).collect();
    let shell = page_shell(me.shell(view.tool.clone()).await, &view);
    let mut response = page(&ShowPage { shell, job: view, events, stream });
    if refresh > 0 {
        response.headers_mut().insert("refresh", refresh.into());
    }
    Ok(response)
}

/// The frame of a job's page; its title tells how the job stands.
fn page_shell(shell: Shell, job: &JobView) -> Shell {
    shell.section(Section::Jobs).breadcrumb("Jobs", "/jobs").title_prefix(job.badge.word)
}

async fn as_json(app: &App, me: &SignedIn, id: JobId) -> Result {
    let (mut job, log) = jobs::watch(&app.db, &me.actor, id, Position::START).await?;
    job.input = masked_input(app, me, &job).await?.to_string();
    Ok(axum::Json(jobs::to_json(&job, &log)).into_response())
}

/// A job's input without what the schema it was made with calls secret.
async fn masked_input(app: &App, me: &Viewer, job: &Job) -> Result<Value> {
    let Some(version) = job.tool_version_id else { return Ok(serde_json::from_str(&job.input).unwrap_or_default()) };
    let mut tx = app.db.as_user(&me.actor).await?;
    let schema = match connectors::version(&mut tx, &me.actor, version).await {
        Ok(version) => version.schema,
        // its connector is gone: the names are all there is to go by
        Err(DomainError::NotFound(_)) => Value::Null,
        Err(other) => return Err(other.into()),
    };
    Ok(schema_form::mask(&schema, &serde_json::from_str(&job.input).unwrap_or_default()))
}

/// What the page shows of a job.
async fn view(app: &App, me: &Viewer, job: &Job) -> Result<JobView> {
    let input = masked_input(app, me, job).await?;
    let input = serde_json::to_string_pretty(&input).unwrap_or_default();
    let entry = if job.status.is_final() { audit::of_job(&app.db, &me.actor, job.id).await? } else { None };
    let view = JobView::new(job, input, entry, &me.calendar(app.clock.now()));
    if !job.is_checkup() {
        return Ok(view);
    }
    let mut tx = app.db.as_user(&me.actor).await?;
    let connection = connections::find(&mut tx, &me.actor, job.connection_id).await?;
    Ok(view.of_checkup(job, &connection))
}

/// Where a reader stopped, as links and streams spell it; anything else is no position.
fn position(text: Option<&str>) -> Option<Position> {
    text.and_then(|text| text.parse().ok())
}

fn parse(id: &str) -> Result<JobId> {
    id.parse().map_err(|_| Error::not_found())
}
