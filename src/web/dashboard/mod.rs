//! The dashboard, which is the first page after sign-in: figures, a chart, and the newest jobs and entries.
//!
//! The router of the web layer mounts it. It reads [`crate::dashboard`], and never counts jobs itself.

mod chart;
mod first_steps;
mod range;
mod tally;
mod trends;
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
use crate::web::here::Here;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page_with;
use crate::web::shell::Section;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/dashboard", get(show))
        .route("/dashboard/first-steps", get(first_steps::show).post(first_steps::destroy))
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
    /// The space of the page.
    here: Here,
    range: Range,
    /// The reader has paused live updates.
    is_paused: bool,
    faults: Vec<String>,
}

impl View {
    fn read(here: Here, params: &ShowParams) -> Self {
        let (range, fault) = Range::parse(&params.range);
        let fault = fault.map(|fault| format!("{fault}. The figures below are those of 7 days."));
        let live = params.live.trim();
        let start: String = live.chars().take(40).collect();
        let is_invalid = !live.is_empty() && live != "off";
        let live_fault = is_invalid.then(|| format!("“{start}” was left out of “live”: the only choice is “off”."));
        Self { here, range, is_paused: live == "off", faults: fault.into_iter().chain(live_fault).collect() }
    }

    /// Returns the address of the same page with another range.
    fn href_for(&self, range: Range) -> String {
        self.href(range, self.is_paused)
    }

    fn href(&self, range: Range, is_paused: bool) -> String {
        let live = if is_paused { "&live=off" } else { "" };
        self.here.path(&format!("/dashboard?range={}{live}", range.as_str()))
    }

    fn bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: true,
            reload_href: self.href_for(self.range),
            toggle_href: self.href(self.range, !self.is_paused),
        }
    }
}

async fn show(State(app): State<App>, me: SignedIn, Query(params): Query<ShowParams>) -> Result {
    let view = View::read(me.here().clone(), &params);
    let calendar = me.calendar(app.clock.now());
    let periods = view.range.periods(&me.user.zone, app.clock.now());
    let before = periods.first().map(|first| view.range.bounds_before(first.start, app.clock.now()));
    let starts: Vec<_> = before.into_iter().flatten().chain(periods.iter().map(|period| period.start)).collect();
    let overview = dashboard::overview(&app.db, &me.actor, &starts).await?;
    let status = if view.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell("Dashboard").await.section(Section::Dashboard);
    Ok(page_with(status, &ShowPage::new(shell, view, periods, &overview, &calendar)))
}

#[cfg(test)]
mod tests {
    use super::{Here, Range, ShowParams, View};

    #[test]
    fn the_links_of_an_organisations_dashboard_stay_in_it() {
        let here = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let view = View::read(here, &ShowParams { range: "24h".to_owned(), live: "off".to_owned() });
        assert_eq!(view.href_for(Range::Month), "/orgs/acme/dashboard?range=30d&live=off");
        assert_eq!(view.bar().toggle_href, "/orgs/acme/dashboard?range=24h");
    }
}
