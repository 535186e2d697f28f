//! The catalogue: the page, or only the results while the reader types in the search form.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::VARY;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::search::{Layout, Search, SearchParams};
use super::views::kind_label;
use crate::app::App;
use crate::connections::{self, AvailableFilters, CALLBACK, Catalogue, CatalogueEntry, CatalogueGroup};
use crate::connectors::{AuthKind, Transport};
use crate::error::Error;
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::SelectOption;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;
use crate::web::when::{self, Calendar, When};

/// Request header of htmx; `partial` asks for the results only.
const HX_REQUEST_TYPE: HeaderName = HeaderName::from_static("hx-request-type");
/// Response header that tells htmx which address to show.
const HX_REPLACE_URL: HeaderName = HeaderName::from_static("hx-replace-url");

pub(super) async fn index(
    State(app): State<App>,
    me: SignedIn,
    headers: HeaderMap,
    FilterQuery(params): FilterQuery<SearchParams>,
) -> Result {
    let mut search = Search::parse(&params, me.here().clone());
    let is_partial = headers.get(HX_REQUEST_TYPE).is_some_and(|kind| kind == "partial");
    let callback = app.public_url.join(CALLBACK).map_err(Error::internal)?;
    let issuers = connections::list_hub_issuers(&app.system, &callback).await?;
    let mut tx = app.db.enter(&me.actor).await?;
    let found = connections::catalogue(&mut tx, &me.actor, &search.filter, &issuers, search.after).await?;
    drop(tx);
    if !found.is_there {
        search.faults.add("after", "The list cannot continue from there, so it starts again. Use the links below it");
    }
    let status = if search.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let results = Results::new(&search, &found, &me.calendar(app.clock.now()));
    let mut response = if is_partial {
        results_only(&me, status, &search, &results)
    } else {
        whole_page(&me, status, search, &found.kinds, results).await
    };
    response.headers_mut().append(VARY, HeaderValue::from(HX_REQUEST_TYPE));
    Ok(response)
}

async fn whole_page(
    me: &SignedIn,
    status: StatusCode,
    search: Search,
    filters: &AvailableFilters,
    results: Results,
) -> Response {
    let shell = titled(me.shell(results.heading.clone()).await, &results).section(Section::Connectors);
    let (categories, auths) = (search.categories(filters), search.auths(filters));
    page_with(status, &IndexPage { shell, search, categories, auths, states: Search::states(), results })
}

fn results_only(me: &SignedIn, status: StatusCode, search: &Search, results: &Results) -> Response {
    // not `me.shell`: it would take the one-time message, which is for the next page
    let shell = Shell::new(results.heading.clone()).with_user(Some(me.user.clone()));
    let title = titled(shell, results).document_title();
    let mut response = page_with(status, &ResultsFragment { title: &title, results });
    if let Ok(address) = HeaderValue::try_from(search.href(search.layout, None)) {
        response.headers_mut().insert(HX_REPLACE_URL, address);
    }
    response
}

fn titled(shell: Shell, results: &Results) -> Shell {
    match (results.faults.is_empty(), results.groups.is_empty()) {
        (false, _) => shell.title_prefix("Error"),
        (true, true) => shell.title_prefix("No matches"),
        (true, false) => shell,
    }
}

#[derive(Template)]
#[template(path = "connectors/index.html")]
struct IndexPage {
    shell: Shell,
    search: Search,
    categories: Vec<SelectOption>,
    auths: Vec<SelectOption>,
    states: Vec<SelectOption>,
    results: Results,
}

/// The results with their title, for htmx.
#[derive(Template)]
#[template(path = "connectors/_answer.html")]
struct ResultsFragment<'a> {
    title: &'a str,
    results: &'a Results,
}

/// A page of matching connectors.
struct Results {
    heading: String,
    faults: Vec<String>,
    groups: Vec<Group>,
    is_list: bool,
    is_filtered: bool,
    cleared: String,
    /// The form that adds an MCP server.
    add_href: String,
    /// The search of registries.
    registry_href: String,
    as_cards: String,
    as_list: String,
    first: String,
    next: String,
}

impl Results {
    fn new(search: &Search, catalogue: &Catalogue, calendar: &Calendar) -> Self {
        let is_first = search.after.is_none() || !catalogue.is_there;
        Self {
            heading: search.describe(catalogue.total),
            faults: search.faults.faults().iter().map(|fault| fault.message.clone()).collect(),
            groups: groups(catalogue, &search.here, calendar),
            is_list: search.layout == Layout::List,
            is_filtered: !search.filter.is_empty(),
            cleared: search.cleared(),
            add_href: search.here.path("/connectors/new/mcp"),
            registry_href: search.here.path("/connectors/new/registry"),
            as_cards: search.href(Layout::Cards, None),
            as_list: search.href(Layout::List, None),
            first: if is_first { String::new() } else { search.href(search.layout, None) },
            next: catalogue.next.map(|last| search.href(search.layout, Some(last))).unwrap_or_default(),
        }
    }
}

/// A group of the results.
struct Group {
    heading: String,
    /// Closed until the reader opens it or searches.
    is_folded: bool,
    cards: Vec<Card>,
}

/// Returns the groups that this page has connectors of.
fn groups(catalogue: &Catalogue, here: &Here, calendar: &Calendar) -> Vec<Group> {
    let of = |(group, total): (CatalogueGroup, u64)| {
        let entries = catalogue.entries.iter().filter(|entry| entry.group == group);
        let cards: Vec<_> = entries.map(|entry| Card::new(entry, here, calendar)).collect();
        let name = match group {
            CatalogueGroup::Ready => "Ready to use",
            CatalogueGroup::ToConnect => "Connect to use",
            CatalogueGroup::Coming => "Not ready yet: can be connected, not run",
        };
        let heading = format!("{name} ({})", when::grouped(total));
        (!cards.is_empty()).then_some(Group { heading, is_folded: group == CatalogueGroup::Coming, cards })
    };
    CatalogueGroup::ALL.into_iter().zip(catalogue.group_totals).filter_map(of).collect()
}

/// A connector in the list.
struct Card {
    name: String,
    href: String,
    tile: Tile,
    description: String,
    tools: String,
    kind: &'static str,
    /// Sign-in or key that the user needs before the first call.
    need: &'static str,
    /// Time of the last call.
    used: Option<When>,
    /// The state of the connection; `None` if there is none.
    link: Option<Badge>,
    /// Names and addresses of tools whose names match.
    matching_tools: Vec<(String, String)>,
}

impl Card {
    fn new(entry: &CatalogueEntry, here: &Here, calendar: &Calendar) -> Self {
        let href = here.path(&format!("/connectors/{}", entry.slug));
        Self {
            name: entry.name.clone(),
            tile: Tile::new(&entry.name).with_image(&href, entry.image_digest.as_deref()),
            description: entry.description.clone(),
            tools: match (entry.tool_count, entry.group) {
                (0, CatalogueGroup::ToConnect) => "Tools shown after you connect".to_owned(),
                (0, CatalogueGroup::Coming) => "No tools yet".to_owned(),
                (count, _) => when::count(count.unsigned_abs(), "tool"),
            },
            kind: if entry.has_hosted { "Two ways to connect" } else { kind_label(entry.transport) },
            need: need(entry),
            used: entry.last_used_at.map(|at| calendar.when(at)),
            link: entry.link.map(Badge::connection),
            matching_tools: entry
                .found_tools
                .iter()
                .map(|tool| (tool.clone(), format!("{href}/tools/{}", segment(tool))))
                .collect(),
            href,
        }
    }
}

/// Says what the user needs before the first call.
const fn need(entry: &CatalogueEntry) -> &'static str {
    match (entry.auth, entry.transport) {
        (_, Transport::Builtin) | (AuthKind::None, _) => "No sign-in",
        (AuthKind::Token, _) if entry.has_hosted => "Sign-in, or your key",
        (AuthKind::OAuth, _) if entry.has_hosted => "Sign-in",
        (AuthKind::Token, Transport::Rest) => "Your key",
        (AuthKind::Token, _) => "Your token",
        (AuthKind::OAuth, _) if entry.needs_application => "Sign-in, not set up yet",
        (AuthKind::OAuth, _) => "Sign-in",
    }
}
