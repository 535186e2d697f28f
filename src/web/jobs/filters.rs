//! The filters of the list of jobs: parsed from the address, shown in the form, written back into links. The page of the list
//! and its stream read them.

use jiff::tz::TimeZone;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::filter_words::{heading_noun, status_label};
use super::row_selection::RowSelection;
use crate::connections::LinkedConnector;
use crate::db::Tx;
use crate::error::{FieldFaults, Result};
use crate::ids::JobId;
use crate::jobs::{Filter, StatusFilter, find_tools};
use crate::web::actor::Viewer;
use crate::web::filtering::{
    CONNECTOR_HINT, DATE_HINT, MAX_TOOL_NAME_LENGTH, SelectOption, TOOL_NAME_HINT, active_filters,
    load_connector_filter, parse_date, parse_param, period_label, query_params, report_invalid, start_of_day,
    url_with_query,
};
use crate::web::here::Here;
use crate::web::live_bar::LiveUpdatesBar;

/// The query string of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    status: String,
    #[serde(default)]
    connector: String,
    #[serde(default)]
    tool: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    live: String,
    #[serde(default)]
    select: String,
}

/// The parsed filters. Parameters that cannot be parsed are left out and reported in `faults`.
pub(super) struct Filters {
    pub(super) filter: Filter,
    /// The space of the list.
    pub(super) here: Here,
    pub(super) before: Option<JobId>,
    /// The viewer paused live updates.
    pub(super) is_paused: bool,
    /// The rows whose boxes are ticked.
    pub(super) selection: Option<RowSelection>,
    pub(super) faults: FieldFaults,
    /// The connector's name.
    connector: Option<String>,
    /// The valid parameters, as the form and the links repeat them.
    pub(super) status: String,
    pub(super) slug: String,
    pub(super) tool: String,
    pub(super) since: String,
    pub(super) until: String,
    /// The days in words.
    period: Option<String>,
    pub(super) connectors: Vec<SelectOption>,
}

impl Filters {
    /// Parses the parameters of the viewer's list.
    pub(super) async fn read(tx: &mut Tx, viewer: &Viewer, params: &ListParams) -> Result<Self> {
        let connectors = load_connector_filter(tx, &viewer.actor, &params.connector).await?;
        let filters = Self::parse(params, connectors.selected.as_ref(), &viewer.user.zone);
        let tool = match &filters.tool[..] {
            "" => None,
            text => Some(find_tools(tx, &viewer.actor, text).await?),
        };
        let filter = Filter { tool, ..filters.filter };
        Ok(Self { filter, here: viewer.here().clone(), connectors: connectors.choices, ..filters })
    }

    /// Parses the parameters. `zone` decides when the viewer's days begin.
    fn parse(params: &ListParams, connector: Option<&LinkedConnector>, zone: &TimeZone) -> Self {
        let mut faults = FieldFaults::default();
        let stage = parse_param(&params.status, |word| word.parse().ok());
        report_invalid(&mut faults, "status", &params.status, stage.is_some(), "choose one of the list");
        let slug = params.connector.trim();
        report_invalid(&mut faults, "connector", slug, connector.is_some(), CONNECTOR_HINT);
        let tool = params.tool.trim();
        let is_short = tool.chars().count() <= MAX_TOOL_NAME_LENGTH;
        report_invalid(&mut faults, "tool", tool, is_short, TOOL_NAME_HINT);
        let since = parse_param(&params.since, parse_date);
        report_invalid(&mut faults, "since", &params.since, since.is_some(), DATE_HINT);
        let until = parse_param(&params.until, parse_date);
        report_invalid(&mut faults, "until", &params.until, until.is_some(), DATE_HINT);
        let before: Option<JobId> = parse_param(&params.before, |id| id.parse().ok());
        report_invalid(
            &mut faults,
            "before",
            &params.before,
            before.is_some(),
            "it is not a position in this list; use the links below the list",
        );
        let is_paused = params.live.trim() == "off";
        report_invalid(&mut faults, "live", &params.live, is_paused, "the only choice is “off”");
        let selection = parse_param(&params.select, RowSelection::parse);
        report_invalid(&mut faults, "select", &params.select, selection.is_some(), RowSelection::HINT);
        let tool = if is_short { tool.to_owned() } else { String::new() };
        let filter = Filter {
            status: stage,
            connector: connector.map(|it| it.id),
            // `read` looks the text up
            tool: None,
            since: since.and_then(|day| start_of_day(day, zone)),
            until: until.and_then(|day| start_of_day(day.tomorrow().ok()?, zone)),
        };
        Self {
            filter,
            here: Here::default(),
            before,
            is_paused,
            selection,
            faults,
            connector: connector.map(|it| it.name.clone()),
            status: stage.map_or("", StatusFilter::as_str).to_owned(),
            slug: connector.map(|it| it.slug.clone()).unwrap_or_default(),
            tool,
            since: since.map(|day| day.to_string()).unwrap_or_default(),
            until: until.map(|day| day.to_string()).unwrap_or_default(),
            period: period_label(since, until),
            connectors: Vec::new(),
        }
    }

    /// Returns the address of the list from `before` on; parameters without a value are left out.
    pub(super) fn href(&self, before: Option<JobId>) -> String {
        let mut query = self.query(before);
        if self.is_paused {
            query.append_pair("live", "off");
        }
        url_with_query(&self.here.path("/jobs"), query)
    }

    /// Returns the controls of live updates of this page.
    pub(super) fn live_bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: self.before.is_none(),
            reload_href: self.href(self.before),
            toggle_href: self.toggle_href(),
        }
    }

    /// Returns the address of this page with live updates switched on or off.
    fn toggle_href(&self) -> String {
        let mut query = self.query(self.before);
        if !self.is_paused {
            query.append_pair("live", "off");
        }
        url_with_query(&self.here.path("/jobs"), query)
    }

    /// Encodes the filters and the position of a page.
    pub(super) fn query(&self, before: Option<JobId>) -> Serializer<'static, String> {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        query_params(&[
            ("status", &self.status),
            ("connector", &self.slug),
            ("tool", &self.tool),
            ("since", &self.since),
            ("until", &self.until),
            ("before", &before),
        ])
    }

    /// Returns the heading: "Failed or unknown jobs of “echo” (Everything) since 20 November 2026".
    pub(super) fn heading(&self) -> String {
        let jobs = self.filter.status.map_or("Jobs", heading_noun);
        let of = match (self.tool.as_str(), &self.connector) {
            ("", None) => String::new(),
            ("", Some(connector)) => format!(" of {connector}"),
            (tool, None) => format!(" of “{tool}”"),
            (tool, Some(connector)) => format!(" of “{tool}” ({connector})"),
        };
        let period = self.period.as_ref().map(|words| format!(" {words}")).unwrap_or_default();
        format!("{jobs}{of}{period}")
    }

    /// Returns each active filter in words.
    fn parts(&self) -> Vec<String> {
        let tool = (!self.tool.is_empty()).then(|| format!("tool “{}”", self.tool));
        let status = self.filter.status.map(|status| status_label(status).to_lowercase());
        [status, self.connector.clone(), tool, self.period.clone()].into_iter().flatten().collect()
    }

    /// Returns the active filters as a sentence; `None` if there is nothing to clear.
    pub(super) fn active(&self) -> Option<String> {
        active_filters(&self.parts(), &self.faults)
    }

    pub(super) fn stages() -> Vec<SelectOption> {
        let stage = |it: StatusFilter| SelectOption::new(it.as_str(), status_label(it));
        std::iter::once(SelectOption::new("", "Any status")).chain(StatusFilter::ALL.into_iter().map(stage)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Filters, Here, ListParams};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn valid_parameters_come_back_in_the_heading_and_in_links() {
        let params = ListParams {
            status: "failed".into(),
            since: "2026-11-20".into(),
            tool: " a&b ".into(),
            ..ListParams::default()
        };
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let filters = Filters::parse(&params, None, &berlin);
        assert!(filters.faults.is_empty());
        assert_eq!(filters.heading(), "Failed or unknown jobs of “a&b” since 20 November 2026");
        assert_eq!(filters.href(None), "/jobs?status=failed&tool=a%26b&since=2026-11-20");
        assert_eq!(filters.filter.since, Some(datetime!(2026-11-19 23:00 UTC)));
        let day = ListParams { until: "2026-11-20".into(), ..params };
        let filters = Filters::parse(&day, None, &berlin);
        assert_eq!(filters.heading(), "Failed or unknown jobs of “a&b” on 20 November 2026");
        assert_eq!(filters.parts(), ["failed or unknown", "tool “a&b”", "on 20 November 2026"]);
        assert_eq!(filters.filter.until, Some(datetime!(2026-11-20 23:00 UTC)));
    }

    #[test]
    fn a_paused_page_stays_paused_in_its_links() {
        let params = ListParams { status: "failed".into(), live: "off".into(), ..ListParams::default() };
        let filters = Filters::parse(&params, None, &TimeZone::UTC);
        assert!(filters.is_paused && filters.faults.is_empty());
        assert_eq!(filters.href(None), "/jobs?status=failed&live=off");
        assert_eq!(filters.toggle_href(), "/jobs?status=failed");
        assert_eq!(Filters::parse(&ListParams::default(), None, &TimeZone::UTC).toggle_href(), "/jobs?live=off");
    }

    #[test]
    fn the_links_of_an_organisations_list_stay_in_it() {
        let params = ListParams { status: "failed".into(), ..ListParams::default() };
        let here = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let filters = Filters { here, ..Filters::parse(&params, None, &TimeZone::UTC) };
        assert_eq!(filters.href(None), "/orgs/acme/jobs?status=failed");
        assert_eq!(filters.toggle_href(), "/orgs/acme/jobs?status=failed&live=off");
    }

    #[test]
    fn invalid_parameters_are_left_out_and_reported() {
        let long = "x".repeat(10_000);
        let params = ListParams {
            status: "lost".into(),
            connector: "nowhere".into(),
            tool: long.clone(),
            since: "20261120".into(),
            until: "today".into(),
            before: "2".into(),
            live: "on".into(),
            select: "every".into(),
        };
        let filters = Filters::parse(&params, None, &TimeZone::UTC);
        let fields: Vec<_> = filters.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["status", "connector", "tool", "since", "until", "before", "live", "select"]);
        assert!(filters.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(filters.filter.is_empty() && filters.before.is_none());
        assert_eq!((filters.href(None), filters.heading()), ("/jobs".into(), "Jobs".into()));
    }
}
