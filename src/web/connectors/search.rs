//! The search of the catalogue: parses the query string, describes the search, and builds addresses.

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::connections::{AvailableFilters, CatalogueFilter};
use crate::connectors::{AuthKind, Category};
use crate::error::FieldFaults;
use crate::ids::ConnectorId;
use crate::web::filtering::{SelectOption, parse_param, report_invalid, url_with_query};
use crate::web::here::Here;
use crate::web::when;

/// Longest search text, in characters. The form keeps the beginning of a longer one.
const MAX_TEXT_CHARS: usize = 200;

/// Value of the filter by credential for connectors that need no OAuth application made by hand.
const NO_APPLICATION: &str = "no-application";

/// Number of words that are searched for; further words are ignored.
const MAX_WORDS: usize = 10;

/// Query string of the catalogue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SearchParams {
    q: String,
    category: String,
    auth: String,
    state: String,
    view: String,
    after: String,
}

/// Layout of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// Cards with descriptions.
    #[default]
    Cards,
    /// A table.
    List,
}

/// The parsed query; values that cannot be parsed are left out and reported in `faults`.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) here: Here,
    pub(super) filter: CatalogueFilter,
    pub(super) after: Option<ConnectorId>,
    pub(super) layout: Layout,
    pub(super) faults: FieldFaults,
    /// Content of the search field, cut to its maximum length.
    pub(super) typed: String,
    /// The text that is searched for; empty if the input was too long.
    text: String,
}

impl Search {
    pub(super) fn parse(params: &SearchParams, here: Here) -> Self {
        let mut faults = FieldFaults::default();
        let typed = params.q.trim();
        let length = typed.chars().count();
        if length > MAX_TEXT_CHARS {
            let message = format!(
                "The search is {} long; the maximum is {MAX_TEXT_CHARS}. Shorten it: the box has its beginning",
                when::count(length as u64, "character")
            );
            faults.add("q", message);
        }
        let category = parse_param(&params.category, |word| word.parse::<Category>().ok());
        report_invalid(
            &mut faults,
            "category",
            &params.category,
            category.is_some(),
            "there is no such category; choose one of the list",
        );
        let without_application = params.auth == NO_APPLICATION;
        let auth = parse_param(&params.auth, |word| word.parse::<AuthKind>().ok());
        let is_known = auth.is_some() || without_application;
        let known = "choose one of no-application, none, token, oauth";
        report_invalid(&mut faults, "auth", &params.auth, is_known, known);
        let connected = parse_param(&params.state, state);
        report_invalid(&mut faults, "state", &params.state, connected.is_some(), "choose connected or not-connected");
        let layout = parse_param(&params.view, layout);
        report_invalid(&mut faults, "view", &params.view, layout.is_some(), "choose cards or list");
        let after = parse_param(&params.after, |id| id.parse().ok());
        report_invalid(&mut faults, "after", &params.after, after.is_some(), "it is not a position in this list");
        let text = if length > MAX_TEXT_CHARS { String::new() } else { typed.to_owned() };
        let words = text.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect();
        Self {
            here,
            filter: CatalogueFilter { words, category, auth, without_application, connected },
            after,
            layout: layout.unwrap_or_default(),
            faults,
            typed: typed.chars().take(MAX_TEXT_CHARS).collect(),
            text,
        }
    }

    /// Returns the address of this search in a layout, starting after a connector. Parameters without a value are left
    /// out.
    pub(super) fn href(&self, layout: Layout, after: Option<ConnectorId>) -> String {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let view = if layout == Layout::List { "list" } else { "" };
        let params =
            [("q", self.text.as_str()), ("category", self.category()), ("auth", self.auth()), ("state", self.state())];
        let params = params.into_iter().chain([("view", view), ("after", after.as_str())]);
        let mut query = Serializer::new(String::new());
        query.extend_pairs(params.filter(|(_, value)| !value.is_empty()));
        url_with_query(&self.here.path("/connectors"), query)
    }

    /// Returns the address without filters, in the same layout.
    pub(super) fn cleared(&self) -> String {
        Self { here: self.here.clone(), layout: self.layout, ..Self::default() }.href(self.layout, None)
    }

    /// Returns text like `2 connectors match “json” (Development, connected)`.
    pub(super) fn describe(&self, found: u64) -> String {
        let connectors = when::count(found, "connector");
        let matching = match (self.text.as_str(), found) {
            ("", _) => String::new(),
            (text, 1) => format!(" matches “{text}”"),
            (text, _) => format!(" match “{text}”"),
        };
        let state = self.filter.connected.map(|it| if it { "connected" } else { "not connected" });
        let application = self.filter.without_application.then_some("work without an application");
        let auth = self.filter.auth.map(AuthKind::label).or(application);
        let filters = [self.filter.category.map(Category::label), auth, state];
        let filters: Vec<_> = filters.into_iter().flatten().collect();
        if filters.is_empty() {
            format!("{connectors}{matching}")
        } else {
            format!("{connectors}{matching} ({})", filters.join(", "))
        }
    }

    pub(super) fn category(&self) -> &'static str {
        self.filter.category.map_or("", Category::as_str)
    }

    pub(super) fn auth(&self) -> &'static str {
        let other = if self.filter.without_application { NO_APPLICATION } else { "" };
        self.filter.auth.map_or(other, AuthKind::as_str)
    }

    pub(super) fn state(&self) -> &'static str {
        self.filter.connected.map_or("", |it| if it { "connected" } else { "not-connected" })
    }

    /// Returns the options of the category field: available categories, and the chosen one.
    pub(super) fn categories(&self, available: &AvailableFilters) -> Vec<SelectOption> {
        let is_listed = |it: &Category| available.categories.iter().any(|(category, _)| category == it);
        let chosen = self.filter.category.filter(|it| !is_listed(it)).map(|it| (it, 0));
        let all = available.categories.iter().copied().chain(chosen);
        let label = |(it, count): (Category, u64)| format!("{} ({})", it.label(), when::grouped(count));
        options("Any category", all.map(|it| SelectOption::new(it.0.as_str(), label(it))))
    }

    pub(super) fn auths(&self, available: &AvailableFilters) -> Vec<SelectOption> {
        let chosen = self.filter.auth.filter(|it| !available.auths.contains(it));
        let all = available.auths.iter().copied().chain(chosen);
        let first = SelectOption::new(NO_APPLICATION, "Works without an application");
        let first = (available.auths.contains(&AuthKind::OAuth) || self.filter.without_application).then_some(first);
        let all = all.map(|it| SelectOption::new(it.as_str(), it.label()));
        options("Any credential", first.into_iter().chain(all))
    }

    pub(super) fn states() -> Vec<SelectOption> {
        let all = [("connected", "Connected"), ("not-connected", "Not connected")];
        options("Any state", all.into_iter().map(|(value, label)| SelectOption::new(value, label)))
    }
}

fn options(any: &'static str, rest: impl Iterator<Item = SelectOption>) -> Vec<SelectOption> {
    std::iter::once(SelectOption::new("", any)).chain(rest).collect()
}

fn state(word: &str) -> Option<bool> {
    match word {
        "connected" => Some(true),
        "not-connected" => Some(false),
        _ => None,
    }
}

fn layout(word: &str) -> Option<Layout> {
    match word {
        "cards" => Some(Layout::Cards),
        "list" => Some(Layout::List),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Search, SearchParams};
    use crate::web::here::Here;

    #[test]
    fn valid_parameters_return_in_text_and_links() {
        let params = SearchParams {
            q: "  JSON & more ".into(),
            category: "built-in".into(),
            state: "connected".into(),
            view: "list".into(),
            ..SearchParams::default()
        };
        let search = Search::parse(&params, Here::default());
        assert!(search.faults.is_empty());
        assert_eq!(search.filter.words, ["json", "&", "more"]);
        assert_eq!(search.describe(1), "1 connector matches “JSON & more” (Built in, connected)");
        assert_eq!(search.describe(0), "0 connectors match “JSON & more” (Built in, connected)");
        let href = "/connectors?q=JSON+%26+more&category=built-in&state=connected";
        assert_eq!(search.href(Layout::Cards, None), href);
        assert_eq!(search.href(search.layout, None), format!("{href}&view=list"));
        assert_eq!(search.cleared(), "/connectors?view=list");
        assert_eq!(Search::parse(&SearchParams::default(), Here::default()).describe(2), "2 connectors");
    }

    #[test]
    fn the_links_of_an_organisation_stay_in_it() {
        let acme = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let search = Search::parse(&SearchParams { q: "json".into(), view: "list".into(), ..Default::default() }, acme);
        assert_eq!(search.href(Layout::Cards, None), "/orgs/acme/connectors?q=json");
        assert_eq!(search.cleared(), "/orgs/acme/connectors?view=list");
    }

    #[test]
    fn invalid_parameters_are_left_out_and_reported() {
        let bad = || "x".repeat(10_000);
        let params = SearchParams { q: bad(), category: bad(), auth: bad(), state: bad(), view: bad(), after: bad() };
        let search = Search::parse(&params, Here::default());
        let fields: Vec<_> = search.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["q", "category", "auth", "state", "view", "after"]);
        assert!(search.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(search.filter.is_empty() && search.after.is_none());
        assert_eq!((search.typed.len(), search.href(search.layout, None)), (200, "/connectors".to_owned()));
    }
}
