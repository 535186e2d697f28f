//! The dashboard: figures, a chart, and what is newest; where one arrives after signing in.

mod chart;
mod range;
mod tally;
mod views;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;

use self::range::Range;
use self::views::ShowPage;
use crate::app::App;
use crate::dashboard;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::respond::page_with;
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new().route("/dashboard", get(show))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    range: String,
}

async fn show(State(app): State<App>, me: SignedIn, Query(asked): Query<Asked>) -> Result {
    let (range, fault) = Range::read(&asked.range);
    let calendar = me.calendar(app.clock.now());
    let parts = range.parts(&me.user.zone, app.clock.now());
    let starts: Vec<_> = parts.iter().map(|part| part.start).collect();
    let overview = dashboard::overview(&app.db, &me.actor, &starts).await?;
    let status = if fault.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell("Dashboard").await.section(Section::Dashboard);
    Ok(page_with(status, &ShowPage::new(shell, range, fault, parts, &overview, &calendar)))
}
