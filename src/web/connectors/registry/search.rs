//! The search of the copy: parses the query string, describes the search, and builds addresses.

use serde::Deserialize;

use crate::error::FieldFaults;
use crate::ids::ListingId;
use crate::registry::{ListingFilter, Namespace};
use crate::web::filtering::{SelectOption, parse_param, report_invalid, url_with_params};
use crate::web::here::Here;
use crate::web::when;

use super::search_href;

/// Longest search text, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// Number of words that are searched for; further words are ignored.
const MAX_WORDS: usize = 10;

/// Query string of the search.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::connectors) struct SearchParams {
    q: String,
    show: String,
    asks: String,
    publisher: String,
    after: String,
}

/// The parsed query; values that cannot be parsed are left out and reported in `faults`.
#[derive(Debug, Default)]
pub(super) struct Search {
    here: Here,
    pub(super) filter: ListingFilter,
    pub(super) after: Option<ListingId>,
    pub(super) faults: FieldFaults,
    /// Content of the search field.
    pub(super) text: String,
}

impl Search {
    pub(super) fn parse(params: &SearchParams, here: Here) -> Self {
        let mut faults = FieldFaults::default();
        let text = params.q.trim();
        if text.chars().count() > MAX_TEXT_CHARS {
            faults.add(
                "q",
                format!("The search is longer than {MAX_TEXT_CHARS} characters. Its beginning is searched for"),
            );
        }
        let text: String = text.chars().take(MAX_TEXT_CHARS).collect();
        let only = parse_param(&params.show, |word| (word == "usable").then_some(true));
        report_invalid(&mut faults, "show", &params.show, only.is_some(), "choose one of the list");
        let asks = parse_param(&params.asks, |word| match word {
            "values" => Some(true),
            "nothing" => Some(false),
            _ => None,
        });
        report_invalid(&mut faults, "asks", &params.asks, asks.is_some(), "choose one of the list");
        let namespace =
            parse_param(&params.publisher, |word| Namespace::ALL.into_iter().find(|it| it.stored_text() == word));
        report_invalid(&mut faults, "publisher", &params.publisher, namespace.is_some(), "choose one of the list");
        let after = parse_param(&params.after, |id| id.parse().ok());
        report_invalid(&mut faults, "after", &params.after, after.is_some(), "it is not a position in this list");
        let words = text.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect();
        let filter = ListingFilter { words, only_connectable: only.unwrap_or_default(), asks, namespace };
        Self { here, filter, after, faults, text }
    }

    /// Returns the address of this search, starting after a listing.
    pub(super) fn href(&self, after: Option<ListingId>) -> String {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let named = [
            ("q", self.text.as_str()),
            ("show", self.show()),
            ("asks", self.asks()),
            ("publisher", self.publisher()),
            ("after", &after),
        ];
        url_with_params(&search_href(&self.here), &named)
    }

    /// Returns the address without filters.
    pub(super) fn cleared(&self) -> String {
        search_href(&self.here)
    }

    /// Returns true if there is something to clear.
    pub(super) fn is_filtered(&self) -> bool {
        self.filter != ListingFilter::default() || !self.faults.is_empty()
    }

    /// Returns text like `2 servers match “weather”`.
    pub(super) fn describe(&self, found: u64) -> String {
        let servers = when::count(found, "server");
        match (self.text.as_str(), found) {
            ("", _) => servers,
            (text, 1) => format!("{servers} matches “{text}”"),
            (text, _) => format!("{servers} match “{text}”"),
        }
    }

    pub(super) fn show(&self) -> &'static str {
        if self.filter.only_connectable { "usable" } else { "" }
    }

    pub(super) fn asks(&self) -> &'static str {
        self.filter.asks.map_or("", |asks| if asks { "values" } else { "nothing" })
    }

    pub(super) fn publisher(&self) -> &'static str {
        self.filter.namespace.map_or("", Namespace::stored_text)
    }

    pub(super) fn show_options() -> Vec<SelectOption> {
        options(&[("", "All servers"), ("usable", "Those that can be added")])
    }

    pub(super) fn asks_options() -> Vec<SelectOption> {
        options(&[("", "Any"), ("nothing", "Nothing"), ("values", "A key or other values")])
    }

    pub(super) fn publisher_options() -> Vec<SelectOption> {
        options(&[("", "Any"), ("domain", "A domain"), ("github", "A GitHub account")])
    }
}

fn options(all: &[(&str, &str)]) -> Vec<SelectOption> {
    all.iter().map(|(value, label)| SelectOption::new(*value, *label)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Search, SearchParams};
    use crate::web::here::Here;

    #[test]
    fn valid_parameters_return_in_text_and_links() {
        let params = SearchParams {
            q: " Sea  weather ".into(),
            show: "usable".into(),
            asks: "nothing".into(),
            publisher: "github".into(),
            after: String::new(),
        };
        let search = Search::parse(&params, Here::default());
        assert!(search.faults.is_empty() && search.is_filtered());
        assert_eq!(search.filter.words, ["sea", "weather"]);
        assert_eq!(
            search.href(None),
            "/connectors/new/registry?q=Sea++weather&show=usable&asks=nothing&publisher=github"
        );
        assert_eq!(search.describe(1), "1 server matches “Sea  weather”");
    }

    #[test]
    fn invalid_parameters_are_left_out_and_reported() {
        let bad = || "x".repeat(10_000);
        let params = SearchParams { q: bad(), show: bad(), asks: bad(), publisher: bad(), after: bad() };
        let search = Search::parse(&params, Here::default());
        let fields: Vec<_> = search.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["q", "show", "asks", "publisher", "after"]);
        assert_eq!(search.text.len(), 200);
        assert!(!Search::parse(&SearchParams::default(), Here::default()).is_filtered());
    }
}
