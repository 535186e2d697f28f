//! The search of the copy of registries, and what the hub knows of each.

use askama::Template;
use axum::extract::State;
use http::StatusCode;

use super::search::{Search, SearchParams};
use super::{below_catalogue, search_href};
use crate::app::App;
use crate::registry::{FoundListing, ListingStatus, RegistryState};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::SelectOption;
use crate::web::here::Here;
use crate::web::respond::page_with;
use crate::web::service_fields::host_of;
use crate::web::shell::Shell;
use crate::web::tile::Tile;
use crate::web::when::{self, Calendar, When};

/// The search.
#[derive(Template)]
#[template(path = "connectors/registry/index.html")]
struct IndexPage {
    shell: Shell,
    is_on: bool,
    search: Search,
    heading: String,
    registries: Vec<RegistryView>,
    shows: Vec<SelectOption>,
    asks: Vec<SelectOption>,
    publishers: Vec<SelectOption>,
    cards: Vec<Card>,
    first: String,
    next: String,
    by_address: String,
}

pub(in crate::web::connectors) async fn index(
    State(app): State<App>,
    me: SignedIn,
    FilterQuery(params): FilterQuery<SearchParams>,
) -> Result {
    let mut search = Search::parse(&params, me.here().clone());
    let found = app.registry.search(&search.filter, search.after).await?;
    if !found.is_there {
        search.faults.add("after", "The list cannot continue from there, so it starts again. Use the links below it");
    }
    let status = if search.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let calendar = me.calendar(app.clock.now());
    let registries = app.registry.states().await?;
    let is_first = search.after.is_none() || !found.is_there;
    let page = IndexPage {
        shell: below_catalogue(&me, "Add from a registry").await.with_faults(&search.faults),
        is_on: app.registry.is_on(),
        heading: search.describe(found.total),
        registries: registries.iter().map(|state| RegistryView::new(state, &calendar)).collect(),
        shows: Search::show_options(),
        asks: Search::asks_options(),
        publishers: Search::publisher_options(),
        cards: found.rows.iter().map(|row| Card::new(row, me.here())).collect(),
        first: if is_first { String::new() } else { search.href(None) },
        next: found.rows.last().filter(|_| found.more).map(|last| search.href(Some(last.id))).unwrap_or_default(),
        by_address: me.here().path("/connectors/new/mcp"),
        search,
    };
    Ok(page_with(status, &page))
}

/// The state of a registry.
struct RegistryView {
    host: String,
    /// Time of the last finished pass, and the number of servers.
    read: Option<(When, String)>,
    /// Progress of a pass.
    progress: Option<String>,
    failure: Option<String>,
    /// Time of the next run; `None` if the hub is about to begin it.
    next: Option<When>,
    /// Entries that could not be read, as sentences.
    left_out: Vec<String>,
}

impl RegistryView {
    fn new(state: &RegistryState, calendar: &Calendar) -> Self {
        let servers = when::count(u64::try_from(state.servers).unwrap_or(0), "server");
        let pages = state.pages.and_then(|pages| u64::try_from(pages).ok());
        let sentence = |(reason, count): (&String, &i64)| match count {
            1 => format!("1 entry {reason}"),
            _ => format!("{} entries: each {reason}", when::grouped(count.unsigned_abs())),
        };
        Self {
            host: host_of(&state.registry),
            read: state.finished_at.map(|at| (calendar.when(at), servers)),
            progress: pages.map(|pages| format!("{} read so far", when::count(pages, "page"))),
            failure: state.failure.clone(),
            next: state.next_at.filter(|at| *at > calendar.now()).map(|at| calendar.when(at)),
            left_out: state.left_out.iter().map(sentence).collect(),
        }
    }
}

/// A listing in the list.
struct Card {
    title: String,
    href: String,
    tile: Tile,
    name: String,
    host: String,
    description: String,
    asks: bool,
    is_deprecated: bool,
    refusal: Option<&'static str>,
}

impl Card {
    fn new(row: &FoundListing, here: &Here) -> Self {
        Self {
            title: row.title.clone(),
            href: format!("{}/{}", search_href(here), row.id),
            tile: Tile::new(&row.title),
            name: row.name.clone(),
            host: row.host.clone(),
            description: row.description.clone(),
            asks: row.asks,
            is_deprecated: row.status == ListingStatus::Deprecated,
            refusal: row.refusal.as_ref().map(crate::registry::Refusal::sentence),
        }
    }
}
