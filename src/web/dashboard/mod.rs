//! The dashboard, which is the first page after sign-in: figures, a chart, and the newest jobs and entries.
//!
//! The router of the web layer mounts it. It reads [`crate::dashboard`], and never counts jobs itself.

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
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page_with;
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new().route("/dashboard", get(show))
}

#[derive(Deserialize)]
struct ShowParams {
    #[serde(default)]
    range: String,
    #[serde(default)]
    live: String,
}

/// The parsed query; values that cannot be parsed are left out and reported in `faults`.
struct View {
    range: Range,
    /// The reader has paused live updates.
    is_paused: bool,
    faults: Vec<String>,
}

impl View {
    fn read(params: &ShowParams) -> Self {
        let (range, fault) = Range::parse(&params.range);
        let fault = fault.map(|fault| format!("{fault}. The figures below are those of 7 days."));
        let live = params.live.trim();
        let start: String = live.chars().take(40).collect();
        let is_invalid = !live.is_empty() && live != "off";
        let live_fault = is_invalid.then(|| format!("“{start}” was left out of “live”: the only choice is “off”."));
        Self { range, is_paused: live == "off", faults: fault.into_iter().chain(live_fault).collect() }
    }

    /// Returns the address of the same page with another range.
    fn href_for(&self, range: Range) -> String {
        Self::href(range, self.is_paused)
    }

    fn href(range: Range, is_paused: bool) -> String {
        format!("/dashboard?range={}{}", range.as_str(), if is_paused { "&live=off" } else { "" })
    }

    fn bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: true,
            reload_href: self.href_for(self.range),
            toggle_href: Self::href(self.range, !self.is_paused),
        }
    }
}

async fn show(State(app): State<App>, me: SignedIn, Query(params): Query<ShowParams>) -> Result {
    let view = View::read(&params);
    let calendar = me.calendar(app.clock.now());
    let periods = view.range.periods(&me.user.zone, app.clock.now());
    let starts: Vec<_> = periods.iter().map(|period| period.start).collect();
    let overview = dashboard::overview(&app.db, &me.actor, &starts).await?;
    let status = if view.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell("Dashboard").await.section(Section::Dashboard);
    Ok(page_with(status, &ShowPage::new(shell, view, periods, &overview, &calendar)))
}
