//! What is searched for: from the address, to a form and its words, and back into addresses.

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::connections::{AvailableFilters, CatalogueFilter};
use crate::connectors::{AuthKind, Category};
use crate::error::FieldFaults;
use crate::ids::ConnectorId;
use crate::web::filtering::{SelectOption, parse_param, report_invalid};
use crate::web::when;

/// Characters of a search; the box keeps as many of a longer one.
const LONGEST: usize = 200;

/// Words of a search; more say nothing new.
const MOST_WORDS: usize = 10;

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

/// How the connectors are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// With room for what each is for.
    #[default]
    Cards,
    /// A line each.
    List,
}

/// The parsed query; values that cannot be parsed are left out and reported in `faults`.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) wanted: CatalogueFilter,
    pub(super) after: Option<ConnectorId>,
    pub(super) layout: Layout,
    pub(super) faults: FieldFaults,
    /// What the box holds, also if it was too long to be searched for.
    pub(super) typed: String,
    /// What is searched for.
    text: String,
}

impl Search {
    pub(super) fn read(params: &SearchParams) -> Self {
        let mut faults = FieldFaults::default();
        let typed = params.q.trim();
        let length = typed.chars().count();
        if length > LONGEST {
            let told = format!(
                "The search is {} long, and at most {LONGEST} are searched for. Shorten it; the box has its beginning",
                when::count(length as u64, "character")
            );
            faults.add("q", told);
        }
        let category = parse_param(&params.category, |word| word.parse::<Category>().ok());
        report_invalid(&mut faults, "category", &params.category, category.is_some(), "there is no such category");
        let auth = parse_param(&params.auth, |word| word.parse::<AuthKind>().ok());
        report_invalid(&mut faults, "auth", &params.auth, auth.is_some(), "choose one of none, token, oauth");
        let connected = parse_param(&params.state, state);
        report_invalid(&mut faults, "state", &params.state, connected.is_some(), "choose connected or not-connected");
        let layout = parse_param(&params.view, layout);
        report_invalid(&mut faults, "view", &params.view, layout.is_some(), "choose cards or list");
        let after = parse_param(&params.after, |id| id.parse().ok());
        report_invalid(&mut faults, "after", &params.after, after.is_some(), "it is no place in this list");
        let text = if length > LONGEST { String::new() } else { typed.to_owned() };
        let words = text.split_whitespace().take(MOST_WORDS).map(str::to_lowercase).collect();
        Self {
            wanted: CatalogueFilter { words, category, auth, connected },
            after,
            layout: layout.unwrap_or_default(),
            faults,
            typed: typed.chars().take(LONGEST).collect(),
            text,
        }
    }

    /// The address of this search, laid out so, from `after` on; parameters without a value are left out.
    pub(super) fn href(&self, layout: Layout, after: Option<ConnectorId>) -> String {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let view = if layout == Layout::List { "list" } else { "" };
        let named =
            [("q", self.text.as_str()), ("category", self.category()), ("auth", self.auth()), ("state", self.state())];
        let named = named.into_iter().chain([("view", view), ("after", after.as_str())]);
        let mut query = Serializer::new(String::new());
        query.extend_pairs(named.filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => "/connectors".to_owned(),
            query => format!("/connectors?{query}"),
        }
    }

    /// The same without any filter.
    pub(super) fn cleared(&self) -> String {
        Self { layout: self.layout, ..Self::default() }.href(self.layout, None)
    }

    /// `2 connectors match “json” (Development, connected)`.
    pub(super) fn words(&self, found: u64) -> String {
        let connectors = when::count(found, "connector");
        let matching = match (self.text.as_str(), found) {
            ("", _) => String::new(),
            (text, 1) => format!(" matches “{text}”"),
            (text, _) => format!(" match “{text}”"),
        };
        let state = self.wanted.connected.map(|it| if it { "connected" } else { "not connected" });
        let filters = [self.wanted.category.map(Category::label), self.wanted.auth.map(AuthKind::label), state];
        let filters: Vec<_> = filters.into_iter().flatten().collect();
        if filters.is_empty() {
            format!("{connectors}{matching}")
        } else {
            format!("{connectors}{matching} ({})", filters.join(", "))
        }
    }

    pub(super) fn category(&self) -> &'static str {
        self.wanted.category.map_or("", Category::as_str)
    }

    pub(super) fn auth(&self) -> &'static str {
        self.wanted.auth.map_or("", AuthKind::as_str)
    }

    pub(super) fn state(&self) -> &'static str {
        self.wanted.connected.map_or("", |it| if it { "connected" } else { "not-connected" })
    }

    /// What may be chosen: what there is, and what is chosen already.
    pub(super) fn categories(&self, kinds: &AvailableFilters) -> Vec<SelectOption> {
        let chosen = self.wanted.category.filter(|it| !kinds.categories.contains(it));
        let all = kinds.categories.iter().copied().chain(chosen);
        choices("Any category", all.map(|it| SelectOption::new(it.as_str(), it.label())))
    }

    pub(super) fn auths(&self, kinds: &AvailableFilters) -> Vec<SelectOption> {
        let chosen = self.wanted.auth.filter(|it| !kinds.auths.contains(it));
        let all = kinds.auths.iter().copied().chain(chosen);
        choices("Any", all.map(|it| SelectOption::new(it.as_str(), it.label())))
    }

    pub(super) fn states() -> Vec<SelectOption> {
        let all = [("connected", "Connected"), ("not-connected", "Not connected")];
        choices("Any state", all.into_iter().map(|(value, label)| SelectOption::new(value, label)))
    }
}

fn choices(any: &'static str, rest: impl Iterator<Item = SelectOption>) -> Vec<SelectOption> {
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

    #[test]
    fn what_is_understood_comes_back_in_words_and_links() {
        let params = SearchParams {
            q: "  JSON & more ".into(),
            category: "built-in".into(),
            state: "connected".into(),
            view: "list".into(),
            ..SearchParams::default()
        };
        let read = Search::read(&params);
        assert!(read.faults.is_empty());
        assert_eq!(read.wanted.words, ["json", "&", "more"]);
        assert_eq!(read.words(1), "1 connector matches “JSON & more” (Built in, connected)");
        assert_eq!(read.words(0), "0 connectors match “JSON & more” (Built in, connected)");
        let href = "/connectors?q=JSON+%26+more&category=built-in&state=connected";
        assert_eq!(read.href(Layout::Cards, None), href);
        assert_eq!(read.href(read.layout, None), format!("{href}&view=list"));
        assert_eq!(read.cleared(), "/connectors?view=list");
        assert_eq!(Search::read(&SearchParams::default()).words(2), "2 connectors");
    }

    #[test]
    fn what_is_not_understood_is_left_out_and_told() {
        let bad = || "x".repeat(10_000);
        let params = SearchParams { q: bad(), category: bad(), auth: bad(), state: bad(), view: bad(), after: bad() };
        let read = Search::read(&params);
        let fields: Vec<_> = read.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["q", "category", "auth", "state", "view", "after"]);
        assert!(read.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(read.wanted.is_empty() && read.after.is_none());
        assert_eq!((read.typed.len(), read.href(read.layout, None)), (200, "/connectors".to_owned()));
    }
}
