//! `/search`: finds tools, connectors, connections and jobs of a space, by `?q=`. Without a text the page is its form.
//!
//! The router of the web layer mounts it. It calls [`crate::search`].

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, FieldFaults};
use crate::search::{self, FoundConnection, FoundJob, FoundTool, SearchResults};
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::url_with_params;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;
use crate::web::when::Calendar;

pub(super) fn router() -> Router<App> {
    Router::new().route("/search", get(index))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Params {
    q: String,
}

/// A match: its link, a word about it, and the tile of its service.
struct Match {
    href: String,
    name: String,
    note: String,
    tile: Tile,
    badge: Option<Badge>,
}

/// Matches of one kind.
struct GroupView {
    id: &'static str,
    heading: &'static str,
    matches: Vec<Match>,
    /// Text and address of the whole list, if there is more.
    all: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "search/index.html")]
struct IndexPage {
    shell: Shell,
    faults: FieldFaults,
    q: String,
    /// Groups with a match; `None` before a search.
    groups: Option<Vec<GroupView>>,
}

async fn index(State(app): State<App>, me: SignedIn, FilterQuery(Params { q }): FilterQuery<Params>) -> Result {
    let q = q.trim().to_owned();
    let mut tx = app.db.enter(&me.actor).await?;
    let (groups, faults) = if q.is_empty() {
        (None, FieldFaults::default())
    } else {
        match search::search(&mut tx, &me.actor, &q).await {
            Ok(found) => (Some(groups(found, &q, me.here(), &me.calendar(app.clock.now()))), FieldFaults::default()),
            Err(Error::Invalid(faults)) => (None, faults),
            Err(error) => return Err(error.into()),
        }
    };
    drop(tx);
    let shell = me.shell("Search").await.section(Section::Search).with_faults(&faults);
    let shell = match &groups {
        Some(groups) if groups.is_empty() => shell.title_prefix("No matches"),
        Some(_) => shell.title_prefix(format!("“{q}”")),
        None => shell,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page_with(status, &IndexPage { shell, faults, q, groups }))
}

/// Returns the groups that have a match.
fn groups(found: SearchResults, q: &str, here: &Here, calendar: &Calendar) -> Vec<GroupView> {
    let catalogue = url_with_params(&here.path("/connectors"), &[("q", q)]);
    let SearchResults { tools, connectors, connections, jobs } = found;
    let connector_matches = connectors.found.into_iter().map(|it| Match {
        href: here.path(&format!("/connectors/{}", it.slug)),
        tile: Tile::new(&it.name),
        name: it.name,
        note: it.description,
        badge: None,
    });
    let all = [
        GroupView {
            id: "tools",
            heading: "Tools",
            matches: tools.found.into_iter().map(|it| Match::of_tool(it, here)).collect(),
            all: tools.more.then(|| ("All connectors with such tools", catalogue.clone())),
        },
        GroupView {
            id: "connectors",
            heading: "Connectors",
            matches: connector_matches.collect(),
            all: connectors.more.then_some(("All such connectors", catalogue)),
        },
        GroupView {
            id: "connections",
            heading: "Connections",
            matches: connections.found.into_iter().map(|it| Match::of_connection(it, here)).collect(),
            all: connections.more.then(|| ("All your connections", here.path("/connections"))),
        },
        GroupView {
            id: "jobs",
            heading: "Jobs",
            matches: jobs.found.into_iter().map(|it| Match::of_job(it, here, calendar)).collect(),
            all: jobs.more.then(|| ("All your jobs", here.path("/jobs"))),
        },
    ];
    all.into_iter().filter(|group| !group.matches.is_empty()).collect()
}

impl Match {
    fn of_tool(tool: FoundTool, here: &Here) -> Self {
        Self {
            href: here.path(&format!("/connectors/{}/tools/{}", tool.slug, segment(&tool.name))),
            tile: Tile::new(&tool.connector),
            name: tool.title.unwrap_or(tool.name),
            note: tool.connector,
            badge: None,
        }
    }

    fn of_connection(connection: FoundConnection, here: &Here) -> Self {
        let account = connection.account.map(|account| format!(", {account}")).unwrap_or_default();
        Self {
            href: here.path(&format!("/connections/{}", connection.id)),
            tile: Tile::new(&connection.connector),
            name: connection.connector,
            note: format!("{}{account}", connection.label),
            badge: Some(Badge::connection(connection.status)),
        }
    }

    fn of_job(job: FoundJob, here: &Here, calendar: &Calendar) -> Self {
        Self {
            href: here.path(&format!("/jobs/{}", job.id)),
            tile: Tile::new(&job.connector),
            note: format!("{}, accepted {}", job.connector, calendar.when(job.created_at).exact()),
            name: job.tool,
            badge: None,
        }
    }
}
