//! The filters of the list: from the address, to a form and its words, and back into addresses.

use jiff::tz::TimeZone;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::actor::Actor;
use crate::connections::LinkedConnector;
use crate::db::Tx;
use crate::error::{FieldFaults, Result};
use crate::ids::JobId;
use crate::jobs::{Filter, Stage};
use crate::web::filtering::{
    DATE_HINT, SelectOption, format_date, load_connector_filter, parse_date, parse_param, query_params, report_invalid,
    start_of_day, url_with_query,
};
use crate::web::live_bar::LiveUpdatesBar;

/// A tool's name is not longer.
const LONGEST_TOOL: usize = 128;

/// The query string, as it was asked.
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
    before: String,
    #[serde(default)]
    live: String,
}

/// What was asked for, read: what is not understood is left out and told.
pub(super) struct Filters {
    pub(super) filter: Filter,
    pub(super) before: Option<JobId>,
    /// The reader wants the page to stay still.
    pub(super) is_paused: bool,
    pub(super) faults: FieldFaults,
    /// The connector's name.
    connector: Option<String>,
    /// What the form holds and links repeat: only what was understood.
    pub(super) status: String,
    pub(super) slug: String,
    pub(super) tool: String,
    pub(super) since: String,
    since_words: Option<String>,
    pub(super) connectors: Vec<SelectOption>,
}

impl Filters {
    /// Reads the address; `zone` is where the reader's days begin.
    pub(super) async fn read(tx: &mut Tx, actor: &Actor, asked: &ListParams, zone: &TimeZone) -> Result<Self> {
        let services = load_connector_filter(tx, actor, &asked.connector).await?;
        let read = Self::of(asked, services.selected.as_ref(), zone);
        Ok(Self { connectors: services.choices, ..read })
    }

    fn of(asked: &ListParams, connector: Option<&LinkedConnector>, zone: &TimeZone) -> Self {
        let mut faults = FieldFaults::default();
        let stage = parse_param(&asked.status, |word| word.parse().ok());
        report_invalid(&mut faults, "status", &asked.status, stage.is_some(), &unknown_status());
        let slug = asked.connector.trim();
        report_invalid(&mut faults, "connector", slug, connector.is_some(), "you have no connector of that name");
        let tool = asked.tool.trim();
        let short = tool.chars().count() <= LONGEST_TOOL;
        report_invalid(&mut faults, "tool", tool, short, "the name of a tool has at most 128 characters");
        let since = parse_param(&asked.since, parse_date);
        report_invalid(&mut faults, "since", &asked.since, since.is_some(), DATE_HINT);
        let before: Option<JobId> = parse_param(&asked.before, |id| id.parse().ok());
        report_invalid(&mut faults, "before", &asked.before, before.is_some(), "it is no place in this list");
        let is_paused = asked.live.trim() == "off";
        report_invalid(&mut faults, "live", &asked.live, is_paused, "the only choice is “off”");
        let tool = if short { tool.to_owned() } else { String::new() };
        let filter = Filter {
            status: stage,
            connector: connector.map(|it| it.id),
            tool: Some(tool.clone()).filter(|tool| !tool.is_empty()),
            since: since.and_then(|day| start_of_day(day, zone)),
        };
        Self {
            filter,
            before,
            is_paused,
            faults,
            connector: connector.map(|it| it.name.clone()),
            status: stage.map_or("", Stage::as_str).to_owned(),
            slug: connector.map(|it| it.slug.clone()).unwrap_or_default(),
            tool,
            since: since.map(|day| day.to_string()).unwrap_or_default(),
            since_words: since.map(format_date),
            connectors: Vec::new(),
        }
    }

    /// The address of the list from `before` on; parameters without a value are left out.
    pub(super) fn href(&self, before: Option<JobId>) -> String {
        let mut query = self.query(before);
        if self.is_paused {
            query.append_pair("live", "off");
        }
        url_with_query("/jobs", query)
    }

    /// The controls of live updates of this page.
    pub(super) fn live_bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: self.before.is_none(),
            reload_href: self.href(self.before),
            toggle_href: self.toggle_href(),
        }
    }

    /// The address of this page with live updates switched on or off.
    fn toggle_href(&self) -> String {
        let mut query = self.query(self.before);
        if !self.is_paused {
            query.append_pair("live", "off");
        }
        url_with_query("/jobs", query)
    }

    /// What the list is narrowed to, and where it begins.
    pub(super) fn query(&self, before: Option<JobId>) -> Serializer<'static, String> {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        query_params(&[
            ("status", &self.status),
            ("connector", &self.slug),
            ("tool", &self.tool),
            ("since", &self.since),
            ("before", &before),
        ])
    }

    /// "Failed jobs of echo (Everything) since 20 November 2026".
    pub(super) fn words(&self) -> String {
        let jobs = self.filter.status.map_or("Jobs", stage_words);
        let of = match (self.tool.as_str(), &self.connector) {
            ("", None) => String::new(),
            ("", Some(connector)) => format!(" of {connector}"),
            (tool, None) => format!(" of {tool}"),
            (tool, Some(connector)) => format!(" of {tool} ({connector})"),
        };
        let since = self.since_words.as_ref().map(|day| format!(" since {day}")).unwrap_or_default();
        format!("{jobs}{of}{since}")
    }

    pub(super) fn stages() -> Vec<SelectOption> {
        let stage = |it: Stage| SelectOption::new(it.as_str(), stage_label(it));
        std::iter::once(SelectOption::new("", "Any status")).chain(Stage::ALL.into_iter().map(stage)).collect()
    }
}

const fn stage_label(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "Queued or waiting",
        Stage::Running => "Running",
        Stage::Succeeded => "Succeeded",
        Stage::Failed => "Failed or unknown",
        Stage::Unknown => "Outcome unknown",
        Stage::Canceled => "Cancelled",
    }
}

const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "Queued jobs",
        Stage::Running => "Running jobs",
        Stage::Succeeded => "Successful jobs",
        Stage::Failed => "Failed jobs",
        Stage::Unknown => "Jobs with an unknown outcome",
        Stage::Canceled => "Cancelled jobs",
    }
}

fn unknown_status() -> String {
    let words: Vec<_> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
    format!("choose one of {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Filters, ListParams};
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    #[test]
    fn what_is_understood_comes_back_in_words_and_links() {
        let asked = ListParams {
            status: "failed".into(),
            since: "2026-11-20".into(),
            tool: " a&b ".into(),
            ..ListParams::default()
        };
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = Filters::of(&asked, None, &berlin);
        assert!(read.faults.is_empty());
        assert_eq!(read.words(), "Failed jobs of a&b since 20 November 2026");
        assert_eq!(read.href(None), "/jobs?status=failed&tool=a%26b&since=2026-11-20");
        assert_eq!(read.filter.since, Some(datetime!(2026-11-19 23:00 UTC)));
    }

    #[test]
    fn a_page_that_stays_still_stays_so_in_its_links() {
        let asked = ListParams { status: "failed".into(), live: "off".into(), ..ListParams::default() };
        let read = Filters::of(&asked, None, &TimeZone::UTC);
        assert!(read.is_paused && read.faults.is_empty());
        assert_eq!(read.href(None), "/jobs?status=failed&live=off");
        assert_eq!(read.toggle_href(), "/jobs?status=failed");
        assert_eq!(Filters::of(&ListParams::default(), None, &TimeZone::UTC).toggle_href(), "/jobs?live=off");
    }

    #[test]
    fn what_is_not_understood_is_left_out_and_told() {
        let long = "x".repeat(10_000);
        let asked = ListParams {
            status: "lost".into(),
            connector: "nowhere".into(),
            tool: long.clone(),
            since: "20261120".into(),
            before: "2".into(),
            live: "on".into(),
        };
        let read = Filters::of(&asked, None, &TimeZone::UTC);
        let fields: Vec<_> = read.faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["status", "connector", "tool", "since", "before", "live"]);
        assert!(read.faults.faults().iter().all(|fault| fault.message.len() < 250));
        assert!(read.filter.is_empty() && read.before.is_none());
        assert_eq!((read.href(None), read.words()), ("/jobs".into(), "Jobs".into()));
    }
}
