//! Pages of the audit log: the list, newest first, its export, and one entry.
//!
//! The router of the web layer mounts them. They read the log by the verbs of [`crate::audit`], and write nothing but the
//! entry of an export. An action of another version is shown as stored.

mod actions;
mod export;
mod filters;
mod labels;
mod lines;
mod list_params;
mod views;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use self::filters::Filters;
use self::labels::People;
use self::list_params::ListParams;
use self::views::{IndexPage, ShowPage};
use crate::app::App;
use crate::audit;
use crate::ids::AuditId;
use crate::web::actor::SignedIn;
use crate::web::entry_subject::Subject;
use crate::web::error::Result;
use crate::web::extract::{ById, Path};
use crate::web::filter_query::FilterQuery;
use crate::web::respond::{page_unstored, page_with};
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/audit", get(index))
        .route("/audit/export.csv", get(export::csv))
        .route("/audit/export.ndjson", get(export::ndjson))
        .route("/audit/{id}", get(show))
}

async fn index(State(app): State<App>, me: SignedIn, FilterQuery(params): FilterQuery<ListParams>) -> Result {
    let mut tx = app.db.enter(&me.actor).await?;
    let filters = Filters::read(&mut tx, &me, params).await?;
    let list = audit::list(&mut tx, &me.actor, &filters.filter, filters.before).await?;
    let count = match filters.before {
        Some(_) => None,
        None => Some(audit::count(&mut tx, &me.actor, &filters.filter, &list).await?),
    };
    drop(tx);
    let status = if filters.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell(filters.title()).await.section(Section::Audit);
    let calendar = me.calendar(app.clock.now());
    let people = People::load(&app, me.actor.user_id(), list.rows.iter().map(|entry| entry.user_id)).await?;
    Ok(page_with(status, &IndexPage::new(shell, filters, &list, count, &people, &calendar)))
}

async fn show(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById<AuditId>>) -> Result {
    let entry = audit::find(&app.db, &me.actor, id).await?;
    let calendar = me.calendar(app.clock.now());
    let subject = Subject::of_detail(&entry);
    let shell = me.shell(subject.name.clone()).await.section(Section::Audit);
    let shell = shell.breadcrumb("Audit log", me.here().path("/audit"));
    let people = People::load(&app, me.actor.user_id(), std::iter::once(entry.user_id)).await?;
    Ok(page_unstored(&ShowPage::new(shell, subject, entry, &people, &calendar)))
}
