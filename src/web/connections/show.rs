//! One connection: what it is, how it stands, what depends on it, and what can be done.

use axum::extract::State;
use serde::Deserialize;

use super::page_data::PageData;
use super::parse;
use super::views::{ConnectionView, ShowPage, href, name};
use crate::app::App;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{Path, Query};
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page;
use crate::web::shell::Section;

#[derive(Default, Deserialize)]
pub(super) struct ShowParams {
    #[serde(default)]
    live: String,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<ShowParams>,
) -> Result {
    let whole = PageData::read(&app, &me.actor, parse(&id)?).await?;
    let (name, here) = (name(&whole.connection), href(&whole.connection));
    let bar = (!whole.connection.is_disconnected()).then(|| LiveUpdatesBar::of_page(&here, asked.live.trim() == "off"));
    let shell = me.shell(name).await.section(Section::Connections).breadcrumb("Connections", "/connections");
    let connection = ConnectionView::new(&whole, &me.calendar(app.clock.now()));
    let stream = bar.as_ref().filter(|bar| !bar.is_paused).map(|_| format!("{here}/news"));
    Ok(page(&ShowPage { shell, connection, bar, stream }))
}
