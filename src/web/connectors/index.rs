//! The catalogue: the whole page, or, while its reader types, the part below the form.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::VARY;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::search::{Layout, Search, SearchParams};
use super::views::kind;
use crate::app::App;
use crate::connections::{self, AvailableFilters, Catalogue, CatalogueEntry};
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::filtering::SelectOption;
use crate::web::path::segment;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::when;

/// What htmx says it wants: `partial`, or a whole page.
const HX_REQUEST_TYPE: HeaderName = HeaderName::from_static("hx-request-type");
/// Tells htmx which address to show.
const HX_REPLACE_URL: HeaderName = HeaderName::from_static("hx-replace-url");

pub(super) async fn index(
    State(app): State<App>,
    me: SignedIn,
    head: HeaderMap,
    Query(params): Query<SearchParams>,
) -> Result {
    let mut search = Search::read(&params);
    let is_part = head.get(HX_REQUEST_TYPE).is_some_and(|kind| kind == "partial");
    let mut tx = app.db.as_user(&me.actor).await?;
    let found = connections::catalogue(&mut tx, &me.actor, &search.wanted, search.after).await?;
    drop(tx);
    if !found.is_there {
        search.faults.add("after", "The list does not go on from there. It begins anew");
    }
    let status = if search.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let results = Results::new(&search, &found);
    let mut response =
        if is_part { part(status, &search, &results) } else { whole(&me, status, search, &found.kinds, results).await };
    response.headers_mut().append(VARY, HeaderValue::from(HX_REQUEST_TYPE));
    Ok(response)
}

async fn whole(
    me: &SignedIn,
    status: StatusCode,
    search: Search,
    kinds: &AvailableFilters,
    results: Results,
) -> Response {
    let shell = titled(me.shell(results.heading.clone()).await, &results).section(Section::Connectors);
    let (categories, auths) = (search.categories(kinds), search.auths(kinds));
    page_with(status, &IndexPage { shell, search, categories, auths, states: Search::states(), results })
}

fn part(status: StatusCode, search: &Search, results: &Results) -> Response {
    // a shell of its own: the message that waits for the next page is not for this
    let title = titled(Shell::new(results.heading.clone()), results).document_title();
    let mut response = page_with(status, &Part { title: &title, results });
    if let Ok(address) = HeaderValue::try_from(search.href(search.layout, None)) {
        response.headers_mut().insert(HX_REPLACE_URL, address);
    }
    response
}

fn titled(shell: Shell, results: &Results) -> Shell {
    match (results.told.is_empty(), results.cards.is_empty()) {
        (false, _) => shell.title_prefix("Error"),
        (true, true) => shell.title_prefix("No matches"),
        (true, false) => shell,
    }
}

/// The catalogue.
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

/// What replaces the results while somebody types.
#[derive(Template)]
#[template(path = "connectors/_answer.html")]
struct Part<'a> {
    title: &'a str,
    results: &'a Results,
}

/// What was found.
struct Results {
    heading: String,
    told: Vec<String>,
    cards: Vec<Card>,
    is_list: bool,
    is_filtered: bool,
    cleared: String,
    as_cards: String,
    as_list: String,
    first: String,
    next: String,
}

impl Results {
    fn new(search: &Search, found: &Catalogue) -> Self {
        let is_first = search.after.is_none() || !found.is_there;
        Self {
            heading: search.words(found.total),
            told: search.faults.faults().iter().map(|fault| fault.message.clone()).collect(),
            cards: found.entries.iter().map(Card::new).collect(),
            is_list: search.layout == Layout::List,
            is_filtered: !search.wanted.is_empty(),
            cleared: search.cleared(),
            as_cards: search.href(Layout::Cards, None),
            as_list: search.href(Layout::List, None),
            first: if is_first { String::new() } else { search.href(search.layout, None) },
            next: found.next.map(|last| search.href(search.layout, Some(last))).unwrap_or_default(),
        }
    }
}

/// One connector.
struct Card {
    name: String,
    href: String,
    initials: String,
    tint: u8,
    description: String,
    tools: String,
    kind: &'static str,
    auth: &'static str,
    link: Badge,
    /// Tools whose names match: name and address.
    found: Vec<(String, String)>,
}

impl Card {
    fn new(entry: &CatalogueEntry) -> Self {
        let href = format!("/connectors/{}", entry.slug);
        Self {
            name: entry.name.clone(),
            initials: initials(&entry.name),
            tint: tint(&entry.slug),
            description: entry.description.clone(),
            tools: when::count(u64::try_from(entry.tool_count).unwrap_or(0), "tool"),
            kind: kind(entry.transport),
            auth: entry.auth.label(),
            link: entry.link.map_or(Badge::NOT_CONNECTED, Badge::connection),
            found: entry
                .found_tools
                .iter()
                .map(|tool| (tool.clone(), format!("{href}/tools/{}", segment(tool))))
                .collect(),
            href,
        }
    }
}

fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    match words.next() {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect::<String>().to_uppercase(),
        None => first.chars().take(2).collect(),
    }
}

fn tint(slug: &str) -> u8 {
    slug.bytes().fold(0_u8, u8::wrapping_add) % 4 + 1
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_name_has_two_letters() {
        assert_eq!(["Workbench", "Everything (reference)", "日本", ""].map(initials), ["Wo", "ER", "日本", "?"]);
    }
}
