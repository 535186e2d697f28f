//! The filters of the log: from the address, to a form and its words, and back into addresses.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::actions::{self, Choices};
use super::views::{origin_words, outcome_words};
use crate::actor::{Actor, Origin};
use crate::audit::{self, Filter, Outcome};
use crate::connections::LinkedConnector;
use crate::db::Tx;
use crate::error::{FieldFaults, Result};
use crate::ids::AuditId;
use crate::web::filtering::{
    DATE_HINT, SelectOption, format_date, load_connector_filter, parse_date, parse_param, report_invalid, start_of_day,
    url_with_params,
};

/// The longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 200;

/// The query string, as it was asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListParams {
    from: String,
    to: String,
    who: String,
    action: String,
    outcome: String,
    connector: String,
    text: String,
    before: String,
}

/// What was asked for, read: what is not understood is left out and told.
pub(super) struct Filters {
    pub(super) filter: Filter,
    pub(super) before: Option<AuditId>,
    pub(super) faults: FieldFaults,
    /// Each filter that is on, in words.
    pub(super) parts: Vec<String>,
    /// What links repeat: only what was understood.
    named: Vec<(&'static str, String)>,
    /// What the form shows: what was typed, understood or not.
    pub(super) typed: ListParams,
    pub(super) connectors: Vec<SelectOption>,
}

impl ListParams {
    pub(super) fn from(&self) -> &str {
        self.from.trim()
    }
    pub(super) fn to(&self) -> &str {
        self.to.trim()
    }
    pub(super) fn who(&self) -> &str {
        self.who.trim()
    }
    pub(super) fn action(&self) -> &str {
        self.action.trim()
    }
    pub(super) fn outcome(&self) -> &str {
        self.outcome.trim()
    }
    pub(super) fn connector(&self) -> &str {
        self.connector.trim()
    }
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }
}

impl Filters {
    /// Reads the address; `zone` is where the reader's days begin.
    pub(super) async fn read(tx: &mut Tx, actor: &Actor, asked: ListParams, zone: &TimeZone) -> Result<Self> {
        let services = load_connector_filter(tx, actor, &asked.connector).await?;
        let mut read = Self::of(asked, services.selected.as_ref(), zone);
        read.connectors = services.choices;
        // a place of another list, or in somebody else's
        if let Some(place) = read.before
            && !audit::has(tx, actor, place).await?
        {
            report_invalid(&mut read.faults, "before", &read.typed.before, false, NO_PLACE);
            read.before = None;
        }
        Ok(read)
    }

    fn of(asked: ListParams, connector: Option<&LinkedConnector>, zone: &TimeZone) -> Self {
        let mut read = Self {
            filter: Filter::default(),
            before: None,
            faults: FieldFaults::default(),
            parts: Vec::new(),
            named: Vec::new(),
            typed: ListParams::default(),
            connectors: Vec::new(),
        };
        read.outcome(asked.outcome());
        read.action(asked.action());
        read.connector(asked.connector(), connector);
        read.who(asked.who());
        read.text(asked.text());
        read.period(asked.from(), asked.to(), zone);
        read.before = parse_param(&asked.before, |id| id.parse().ok());
        report_invalid(&mut read.faults, "before", &asked.before, read.before.is_some(), NO_PLACE);
        read.typed = asked;
        read
    }

    fn outcome(&mut self, asked: &str) {
        let outcome = Outcome::ALL.into_iter().find(|it| it.as_str() == asked);
        report_invalid(&mut self.faults, "outcome", asked, outcome.is_some(), "choose “error” or “success”");
        if let Some(outcome) = outcome {
            self.on("outcome", asked, outcome_words(outcome).to_lowercase());
            self.filter.outcome = Some(outcome);
        }
    }

    fn action(&mut self, asked: &str) {
        let action = actions::read(asked);
        report_invalid(
            &mut self.faults,
            "action",
            asked,
            action.is_some(),
            "the log knows no such act; choose one of the list",
        );
        if let Some(action) = action {
            self.on("action", action.word, action.words);
            self.filter.actions = action.actions;
        }
    }

    fn connector(&mut self, asked: &str, connector: Option<&LinkedConnector>) {
        report_invalid(&mut self.faults, "connector", asked, connector.is_some(), "you have no connector of that name");
        if let Some(connector) = connector {
            self.on("connector", &connector.slug, connector.name.clone());
            self.filter.connector = Some(connector.id);
        }
    }

    fn who(&mut self, asked: &str) {
        let origin = Origin::ALL.into_iter().find(|it| it.as_str() == asked);
        report_invalid(&mut self.faults, "who", asked, origin.is_some(), "choose one of the list");
        if let Some(origin) = origin {
            self.on("who", asked, by(origin).to_owned());
            self.filter.origin = Some(origin);
        }
    }

    fn text(&mut self, asked: &str) {
        let is_short = asked.chars().count() <= LONGEST_TEXT;
        report_invalid(&mut self.faults, "text", asked, is_short, "a search has at most 200 characters; shorten it");
        if is_short && !asked.is_empty() {
            self.on("text", asked, format!("“{asked}”"));
            self.filter.text = actions::text(asked);
        }
    }

    /// From the beginning of the first day to the end of the last.
    fn period(&mut self, from: &str, to: &str, zone: &TimeZone) {
        let (first, last) = (parse_param(from, parse_date), parse_param(to, parse_date));
        report_invalid(&mut self.faults, "from", from, first.is_some(), DATE_HINT);
        report_invalid(&mut self.faults, "to", to, last.is_some(), DATE_HINT);
        if let (Some(first), Some(last)) = (first, last)
            && last < first
        {
            self.faults.add("to", "The last day is before the first: exchange them");
            return;
        }
        if let Some(words) = period_words(first, last) {
            self.parts.push(words);
        }
        self.named.extend(first.map(|day| ("from", day.to_string())));
        self.named.extend(last.map(|day| ("to", day.to_string())));
        self.filter.from = first.and_then(|day| start_of_day(day, zone));
        self.filter.until = last.and_then(|day| start_of_day(day.tomorrow().ok()?, zone));
    }

    fn on(&mut self, name: &'static str, value: &str, words: String) {
        self.named.push((name, value.to_owned()));
        self.parts.push(words);
    }

    /// The address of the list from `before` on; parameters without a value are left out.
    pub(super) fn href(&self, before: Option<AuditId>) -> String {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let mut named: Vec<_> = self.named.iter().map(|(name, value)| (*name, value.as_str())).collect();
        named.push(("before", &before));
        url_with_params("/audit", &named)
    }

    /// The address of a file of all that matches.
    pub(super) fn export_href(&self, path: &str) -> String {
        let named: Vec<_> = self.named.iter().map(|(name, value)| (*name, value.as_str())).collect();
        url_with_params(path, &named)
    }

    /// What is asked for, by the names of the filters.
    pub(super) fn as_json(&self) -> Value {
        let before = self.before.map(|place| ("before", place.to_string()));
        self.named.iter().cloned().chain(before).map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }

    /// "failed, Workbench, “hash”": the filters that are on.
    pub(super) fn words(&self) -> String {
        self.parts.join(", ")
    }

    /// What a page about them is called.
    pub(super) fn title(&self) -> String {
        match self.parts[..] {
            [] => "Audit log".to_owned(),
            _ => format!("Audit log: {}", self.words()),
        }
    }

    /// Who may be chosen.
    pub(super) fn origins() -> Vec<SelectOption> {
        let all = Origin::ALL.into_iter().map(|it| SelectOption::new(it.as_str(), origin_words(it)));
        std::iter::once(SelectOption::new("", "Anybody")).chain(all).collect()
    }

    /// Which outcome may be chosen.
    pub(super) fn outcomes() -> Vec<SelectOption> {
        let all = Outcome::ALL.into_iter().map(|it| SelectOption::new(it.as_str(), outcome_words(it)));
        std::iter::once(SelectOption::new("", "Any outcome")).chain(all).collect()
    }

    /// Which acts may be chosen.
    pub(super) fn actions() -> Vec<Choices> {
        actions::choices()
    }
}

const NO_PLACE: &str = "it is not a position in this log";

const fn by(origin: Origin) -> &'static str {
    match origin {
        Origin::System => "by the hub",
        Origin::Browser => "by you in a browser",
        Origin::Assistant => "by you through an assistant",
        Origin::Cli => "on the server’s command line",
    }
}

fn period_words(first: Option<Date>, last: Option<Date>) -> Option<String> {
    match (first, last) {
        (None, None) => None,
        (Some(first), None) => Some(format!("since {}", format_date(first))),
        (None, Some(last)) => Some(format!("up to {}", format_date(last))),
        (Some(first), Some(last)) if first == last => Some(format!("on {}", format_date(first))),
        (Some(first), Some(last)) => Some(format!("from {} to {}", format_date(first), format_date(last))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Filters, ListParams};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn what_is_understood_comes_back_in_words_and_links() {
        let asked = ListParams {
            from: "2026-11-20".into(),
            to: "2026-11-21".into(),
            action: "jobs".into(),
            outcome: "error".into(),
            text: " a&b ".into(),
            ..ListParams::default()
        };
        let read = Filters::of(asked, None, &TimeZone::get("Europe/Berlin").unwrap());
        assert!(read.faults.is_empty());
        assert_eq!(read.title(), "Audit log: failed, all about jobs, “a&b”, from 20 November 2026 to 21 November 2026");
        assert_eq!(read.href(None), "/audit?outcome=error&action=jobs&text=a%26b&from=2026-11-20&to=2026-11-21");
        assert_eq!(read.filter.from, Some(datetime!(2026-11-19 23:00 UTC)));
        assert_eq!(read.filter.until, Some(datetime!(2026-11-21 23:00 UTC)));
    }

    #[test]
    fn what_is_not_understood_is_left_out_told_and_still_in_the_form() {
        let long = "x".repeat(10_000);
        let asked = ListParams {
            from: "20261120".into(),
            to: "tomorrow".into(),
            who: "me".into(),
            action: "job".into(),
            outcome: "lost".into(),
            connector: "nowhere".into(),
            text: long.clone(),
            before: "2".into(),
        };
        let read = Filters::of(asked, None, &TimeZone::UTC);
        let fields: Vec<_> = read.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["outcome", "action", "connector", "who", "text", "from", "to", "before"]);
        assert!(read.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(read.filter.is_empty() && read.before.is_none() && read.parts.is_empty());
        assert_eq!((read.href(None), read.title()), ("/audit".into(), "Audit log".into()));
        assert_eq!((read.typed.text(), read.typed.to()), (long.as_str(), "tomorrow"));
    }

    #[test]
    fn a_period_backwards_is_told_in_words() {
        let asked = ListParams { from: "2026-11-21".into(), to: "2026-11-20".into(), ..ListParams::default() };
        let read = Filters::of(asked, None, &TimeZone::UTC);
        assert_eq!(read.faults.message_for("to"), Some("The last day is before the first: exchange them"));
        assert_eq!((read.typed.from(), read.typed.to()), ("2026-11-21", "2026-11-20"));
        assert!(read.filter.is_empty());
    }
}
