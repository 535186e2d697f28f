//! Pages of the audit log: the list, newest first, and one entry.

mod views;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Deserialize;

pub(super) use self::views::words;
use self::views::{IndexPage, Row, ShowPage};
use crate::app::App;
use crate::audit;
use crate::ids::AuditId;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Path, Query};
use crate::web::respond::page;
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new().route("/audit", get(index)).route("/audit/{id}", get(show))
}

#[derive(Deserialize)]
struct ListQuery {
    before: Option<AuditId>,
}

async fn index(State(app): State<App>, me: SignedIn, Query(query): Query<ListQuery>) -> Result {
    let list = audit::list(&app.db, &me.actor, query.before).await?;
    let calendar = me.calendar(app.clock.now());
    let older = list.rows.last().filter(|_| list.more).map(|entry| format!("/audit?before={}", entry.id));
    Ok(page(&IndexPage {
        shell: me.shell("Audit log").await.section(Section::Audit),
        entries: list.rows.iter().map(|entry| Row::new(entry, &calendar)).collect(),
        newest: query.before.map(|_| "/audit".to_owned()).unwrap_or_default(),
        older: older.unwrap_or_default(),
    }))
}

async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<AuditId>) -> Result {
    let entry = audit::find(&app.db, &me.actor, id).await?;
    let calendar = me.calendar(app.clock.now());
    let shell = me.shell(views::words(&entry.action)).await.section(Section::Audit).under("Audit log", "/audit");
    Ok(page(&ShowPage::new(shell, entry, &calendar)))
}
