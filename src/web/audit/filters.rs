//! The filters of the log: parsed from the address, shown in the form, written back into links.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::actions;
use super::labels::{Person, origin_label, origin_phrase, outcome_label};
use super::list_params::ListParams;
use crate::actor::Origin;
use crate::audit::{self, AuditOutcome, Filter, TextFilter, ToolFilter};
use crate::connections::LinkedConnector;
use crate::connectors::find_tool_names;
use crate::db::Tx;
use crate::error::{FieldFaults, Result};
use crate::ids::AuditId;
use crate::web::actor::Viewer;
use crate::web::filtering::{
    CONNECTOR_HINT, DATE_HINT, MAX_TOOL_NAME_LENGTH, SelectOption, TOOL_NAME_HINT, active_filters,
    load_connector_filter, parse_date, parse_param, period_label, report_invalid, start_of_day, url_with_params,
};
use crate::web::here::Here;

/// The fields that the form always shows.
const FIRST_FIELDS: [&str; 2] = ["text", "outcome"];

/// The fields that the form folds away while none of them is in use.
const FURTHER_FIELDS: [&str; 6] = ["tool", "action", "connector", "who", "from", "to"];

/// The longest search text, in characters.
const MAX_TEXT_LENGTH: usize = 200;

/// The parsed filters. Parameters that cannot be parsed are left out and reported in `faults`.
#[derive(Default)]
pub(super) struct Filters {
    pub(super) filter: Filter,
    /// The space of the log.
    pub(super) here: Here,
    pub(super) before: Option<AuditId>,
    pub(super) faults: FieldFaults,
    /// Each active filter in words.
    pub(super) parts: Vec<String>,
    /// The valid parameters, as links repeat them.
    params: Vec<(&'static str, String)>,
    /// The parameters as submitted, valid or not, as the form shows them.
    pub(super) typed: ListParams,
    pub(super) connectors: Vec<SelectOption>,
}

impl Filters {
    /// Parses the parameters of the viewer's log.
    pub(super) async fn read(tx: &mut Tx, viewer: &Viewer, params: ListParams) -> Result<Self> {
        let connectors = load_connector_filter(tx, &viewer.actor, &params.connector).await?;
        let here = viewer.here().clone();
        let mut filters = Self::parse(params, connectors.selected.as_ref(), here, &viewer.user.zone);
        filters.connectors = connectors.choices;
        if let Some(tool) = &mut filters.filter.tool {
            tool.names = find_tool_names(tx, &viewer.actor, &tool.text).await?;
        }
        // a position of another list, or of another user's
        if let Some(place) = filters.before
            && !audit::exists(tx, &viewer.actor, place).await?
        {
            report_invalid(&mut filters.faults, "before", &filters.typed.before, false, NOT_A_POSITION);
            filters.before = None;
        }
        Ok(filters)
    }

    /// Parses the parameters. `zone` decides when the viewer's days begin.
    fn parse(params: ListParams, connector: Option<&LinkedConnector>, here: Here, zone: &TimeZone) -> Self {
        let mut filters = Self { here, ..Self::default() };
        filters.outcome(params.outcome());
        filters.action(params.action());
        filters.connector(params.connector(), connector);
        filters.tool(params.tool());
        filters.who(params.who());
        filters.text(params.text());
        filters.period(params.from(), params.to(), zone);
        filters.before = parse_param(&params.before, |id| id.parse().ok());
        report_invalid(&mut filters.faults, "before", &params.before, filters.before.is_some(), NOT_A_POSITION);
        filters.typed = params;
        filters
    }

    fn outcome(&mut self, value: &str) {
        let outcome = AuditOutcome::parse(value);
        report_invalid(&mut self.faults, "outcome", value, outcome.is_some(), "choose one of the list");
        if let Some(outcome) = outcome {
            self.activate("outcome", outcome.as_str(), outcome_label(outcome).to_lowercase());
            self.filter.outcome = Some(outcome);
        }
    }

    fn action(&mut self, value: &str) {
        let action = actions::parse(value);
        let advice = "the log has no such action; choose one of the list";
        report_invalid(&mut self.faults, "action", value, action.is_some(), advice);
        if let Some(action) = action {
            self.activate("action", action.word, action.words);
            self.filter.actions = action.actions;
        }
    }

    fn connector(&mut self, value: &str, connector: Option<&LinkedConnector>) {
        report_invalid(&mut self.faults, "connector", value, connector.is_some(), CONNECTOR_HINT);
        if let Some(connector) = connector {
            self.activate("connector", &connector.slug, connector.name.clone());
            self.filter.connector = Some(connector.id);
        }
    }

    /// Filters by a text in the tool's name or title; [`Filters::read`] looks up the titles.
    fn tool(&mut self, value: &str) {
        let is_short = value.chars().count() <= MAX_TOOL_NAME_LENGTH;
        report_invalid(&mut self.faults, "tool", value, is_short, TOOL_NAME_HINT);
        if is_short && !value.is_empty() {
            self.activate("tool", value, format!("tool “{value}”"));
            self.filter.tool = Some(ToolFilter { text: value.to_owned(), names: Vec::new() });
        }
    }

    fn who(&mut self, value: &str) {
        let origin = Origin::ALL.into_iter().find(|it| it.as_str() == value);
        report_invalid(&mut self.faults, "who", value, origin.is_some(), "choose one of the list");
        if let Some(origin) = origin {
            self.activate("who", value, origin_phrase(origin, self.person()));
            self.filter.origin = Some(origin);
        }
    }

    fn text(&mut self, value: &str) {
        let is_short = value.chars().count() <= MAX_TEXT_LENGTH;
        report_invalid(&mut self.faults, "text", value, is_short, "a search has at most 200 characters; shorten it");
        if is_short && !value.is_empty() {
            self.activate("text", value, format!("“{value}”"));
            self.filter.text = TextFilter::new(value);
        }
    }

    /// Filters from the beginning of the first day to the end of the last.
    fn period(&mut self, from: &str, to: &str, zone: &TimeZone) {
        let (first, last) = (parse_param(from, parse_date), parse_param(to, parse_date));
        report_invalid(&mut self.faults, "from", from, first.is_some(), DATE_HINT);
        report_invalid(&mut self.faults, "to", to, last.is_some(), DATE_HINT);
        if let (Some(first), Some(last)) = (first, last)
            && last < first
        {
            self.faults.add("to", "The last day is before the first: swap them");
            return;
        }
        if let Some(words) = period_label(first, last) {
            self.parts.push(words);
        }
        self.params.extend(first.map(|day| ("from", day.to_string())));
        self.params.extend(last.map(|day| ("to", day.to_string())));
        self.filter.from = first.and_then(|day| start_of_day(day, zone));
        self.filter.until = last.and_then(|day| start_of_day(day.tomorrow().ok()?, zone));
    }

    fn activate(&mut self, name: &'static str, value: &str, words: String) {
        self.params.push((name, value.to_owned()));
        self.parts.push(words);
    }

    /// Returns the address of the list from `before` on; parameters without a value are left out.
    pub(super) fn href(&self, before: Option<AuditId>) -> String {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let mut params: Vec<_> = self.params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        params.push(("before", &before));
        url_with_params(&self.here.path("/audit"), &params)
    }

    /// Returns the address of a file with all matching entries. `extension` names its format.
    pub(super) fn export_href(&self, extension: &str) -> String {
        let params: Vec<_> = self.params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        url_with_params(&self.here.path(&format!("/audit/export.{extension}")), &params)
    }

    /// Returns the active filters by name.
    pub(super) fn as_json(&self) -> Value {
        let before = self.before.map(|place| ("before", place.to_string()));
        self.params.iter().cloned().chain(before).map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }

    /// Lists the active filters: "failed, Workbench, “hash”".
    pub(super) fn summary(&self) -> String {
        self.parts.join(", ")
    }

    /// Returns the active filters as a sentence; `None` if there is nothing to clear.
    pub(super) fn active(&self) -> Option<String> {
        active_filters(&self.parts, &self.faults)
    }

    /// Returns the number of active filters that the form folds away. A period is one filter.
    pub(super) fn further(&self) -> usize {
        self.parts.len() - self.params.iter().filter(|(name, _)| FIRST_FIELDS.contains(name)).count()
    }

    /// Returns true if a field that the form folds away has a fault.
    pub(super) fn has_further_fault(&self) -> bool {
        self.faults.faults().iter().any(|fault| FURTHER_FIELDS.contains(&fault.field.as_str()))
    }

    /// Returns the title of the page.
    pub(super) fn title(&self) -> String {
        match self.parts[..] {
            [] => "Audit log".to_owned(),
            _ => format!("Audit log: {}", self.summary()),
        }
    }

    /// Returns the options for the origin.
    pub(super) fn origins(&self) -> Vec<SelectOption> {
        let all = Origin::ALL.into_iter().map(|it| SelectOption::new(it.as_str(), origin_label(it, self.person())));
        std::iter::once(SelectOption::new("", "Anybody")).chain(all).collect()
    }

    /// The person whom the filter for the origin speaks of: in an organisation, any member.
    fn person(&self) -> Person<'static> {
        self.here.name().map_or(Person::You, |_| Person::Member)
    }
}

const NOT_A_POSITION: &str = "it is not a position in this log; use the links below the list";

#[cfg(test)]
mod tests {
    use super::{Filters, Here, ListParams};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn valid_parameters_come_back_in_words_and_links() {
        let params = ListParams {
            from: "2026-11-20".into(),
            to: "2026-11-21".into(),
            action: "jobs".into(),
            outcome: "failed".into(),
            text: " a&b ".into(),
            ..ListParams::default()
        };
        let filters = Filters::parse(params, None, Here::default(), &TimeZone::get("Europe/Berlin").unwrap());
        assert!(filters.faults.is_empty());
        assert_eq!(
            filters.title(),
            "Audit log: failed, all about jobs, “a&b”, from 20 November 2026 to 21 November 2026"
        );
        assert_eq!(filters.href(None), "/audit?outcome=failed&action=jobs&text=a%26b&from=2026-11-20&to=2026-11-21");
        assert_eq!(filters.filter.from, Some(datetime!(2026-11-19 23:00 UTC)));
        assert_eq!(filters.filter.until, Some(datetime!(2026-11-21 23:00 UTC)));
    }

    #[test]
    fn the_links_of_an_organisations_log_stay_in_it() {
        let params = ListParams { outcome: "failed".into(), ..ListParams::default() };
        let here = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let filters = Filters::parse(params, None, here, &TimeZone::UTC);
        assert_eq!(filters.href(None), "/orgs/acme/audit?outcome=failed");
        assert_eq!(filters.export_href("csv"), "/orgs/acme/audit/export.csv?outcome=failed");
    }

    #[test]
    fn invalid_parameters_are_left_out_reported_and_still_in_the_form() {
        let long = "x".repeat(10_000);
        let params = ListParams {
            from: "20261120".into(),
            to: "tomorrow".into(),
            who: "me".into(),
            action: "job".into(),
            outcome: "lost".into(),
            connector: "nowhere".into(),
            tool: long.clone(),
            text: long.clone(),
            before: "2".into(),
        };
        let filters = Filters::parse(params, None, Here::default(), &TimeZone::UTC);
        let fields: Vec<_> = filters.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["outcome", "action", "connector", "tool", "who", "text", "from", "to", "before"]);
        assert!(filters.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(filters.filter.is_empty() && filters.before.is_none() && filters.parts.is_empty());
        assert_eq!((filters.href(None), filters.title()), ("/audit".into(), "Audit log".into()));
        assert_eq!((filters.typed.text(), filters.typed.to()), (long.as_str(), "tomorrow"));
    }

    #[test]
    fn a_period_that_ends_before_it_begins_is_reported() {
        let params = ListParams { from: "2026-11-21".into(), to: "2026-11-20".into(), ..ListParams::default() };
        let filters = Filters::parse(params, None, Here::default(), &TimeZone::UTC);
        assert_eq!(filters.faults.message_for("to"), Some("The last day is before the first: swap them"));
        assert_eq!((filters.typed.from(), filters.typed.to()), ("2026-11-21", "2026-11-20"));
        assert!(filters.filter.is_empty());
    }
}
