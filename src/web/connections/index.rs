//! The list of connections, those that need their owner first.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::expiry::soon;
use super::states::{self, StateLink, heading, state_links, word};
use super::updates::{self, ShownList};
use super::views::{Columns, Row, Selection};
use crate::app::App;
use crate::connections::{self, ConnectionDetail, ConnectionGroup, GroupCounts};
use crate::error::FieldFaults;
use crate::ids::ConnectionId;
use crate::page::Page;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::filter_query::FilterQuery;
use crate::web::filtering::{parse_param, report_invalid, url_with_params};
use crate::web::here::Here;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::when::{Calendar, count};

#[derive(Default, Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    live: String,
    #[serde(default)]
    select: String,
}

/// The parsed filters. Parameters that cannot be parsed are left out and reported in `faults`.
struct Filter {
    here: Here,
    group: Option<ConnectionGroup>,
    after: Option<ConnectionId>,
    /// The viewer paused live updates.
    is_paused: bool,
    /// Each row is chosen.
    selects_all: bool,
    faults: FieldFaults,
}

impl Filter {
    fn parse(params: &ListParams, here: Here) -> Self {
        let mut faults = FieldFaults::default();
        let group = parse_param(&params.state, states::parse);
        let words = ConnectionGroup::ALL.map(word).join(", ");
        report_invalid(&mut faults, "state", &params.state, group.is_some(), &format!("choose one of {words}"));
        let after: Option<ConnectionId> = parse_param(&params.after, |id| id.parse().ok());
        report_invalid(&mut faults, "after", &params.after, after.is_some(), "it is not a position in this list");
        let is_paused = params.live.trim() == "off";
        report_invalid(&mut faults, "live", &params.live, is_paused, "the only choice is “off”");
        let selects_all = params.select.trim() == "all";
        report_invalid(&mut faults, "select", &params.select, selects_all, "the only choice is “all”");
        Self { here, group, after, is_paused, selects_all, faults }
    }

    /// Returns the address of the list of a group from `after` on, paused like this page.
    fn href(&self, group: Option<ConnectionGroup>, after: Option<ConnectionId>) -> String {
        self.build_href(group, after, self.is_paused)
    }

    fn build_href(&self, group: Option<ConnectionGroup>, after: Option<ConnectionId>, is_paused: bool) -> String {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let live = if is_paused { "off" } else { "" };
        let params = [("state", group.map_or("", word)), ("after", after.as_str()), ("live", live)];
        url_with_params(&self.here.path("/connections"), &params)
    }

    /// Returns the address of this page with all rows chosen, or with none if all are.
    fn select_href(&self) -> String {
        let href = self.href(self.group, self.after);
        match self.selects_all {
            true => href,
            false if href.contains('?') => format!("{href}&select=all"),
            false => format!("{href}?select=all"),
        }
    }

    const fn shown(&self) -> ShownList {
        ShownList { group: self.group, selects_all: self.selects_all }
    }

    fn bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: false,
            reload_href: self.href(self.group, self.after),
            toggle_href: self.build_href(self.group, self.after, !self.is_paused),
        }
    }
}

pub(super) async fn index(
    State(app): State<App>,
    me: SignedIn,
    FilterQuery(params): FilterQuery<ListParams>,
) -> Result {
    let filter = Filter::parse(&params, me.here().clone());
    let mut tx = app.db.enter(&me.actor).await?;
    let calendar = me.calendar(app.clock.now());
    let soon = soon(&calendar);
    let list = connections::list(&mut tx, &me.actor, filter.group, filter.after, soon).await?;
    let counts = connections::count_groups(&mut tx, &me.actor, soon).await?;
    drop(tx);
    let status = if filter.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell(heading(filter.group)).await.section(Section::Connections);
    Ok(page_with(status, &IndexPage::new(shell, filter, (&list, &counts), &calendar)))
}

/// The list of connections.
#[derive(Template)]
#[template(path = "connections/index.html")]
struct IndexPage {
    shell: Shell,
    heading: &'static str,
    faults: FieldFaults,
    states: Vec<StateLink>,
    is_filtered: bool,
    rows: Vec<Row>,
    can_choose: bool,
    columns: Columns,
    selects_all: bool,
    select_href: String,
    /// The number of connections, if the page has all of them.
    count: Option<String>,
    /// The controls of live updates, if any row can change.
    bar: Option<LiveUpdatesBar>,
    /// The address of the live stream, unless the viewer paused it.
    stream: Option<String>,
    first: String,
    next: String,
}

impl IndexPage {
    fn new(shell: Shell, filter: Filter, found: (&Page<ConnectionDetail>, &GroupCounts), calendar: &Calendar) -> Self {
        let (list, counts) = found;
        let next = list.rows.last().filter(|_| list.more);
        let shell = match (filter.faults.is_empty(), list.rows.is_empty() && filter.group.is_some()) {
            (false, _) => shell.title_prefix("Error"),
            (true, true) => shell.title_prefix("No matches"),
            (true, false) => shell,
        };
        let columns = Columns::for_rows(&list.rows);
        let stream = updates::rows_href(&list.rows, filter.shown(), &filter.here);
        Self {
            bar: stream.as_ref().map(|_| filter.bar()),
            stream: stream.filter(|_| !filter.is_paused),
            shell,
            heading: heading(filter.group),
            states: state_links(&filter.here, counts, filter.group, filter.is_paused),
            is_filtered: filter.group.is_some(),
            can_choose: list.rows.iter().any(|connection| !connection.is_disconnected()),
            rows: list
                .rows
                .iter()
                .map(|connection| Row::new(connection, columns, &filter.here, calendar))
                .map(|row| if filter.selects_all { row.chosen() } else { row })
                .collect(),
            columns,
            selects_all: filter.selects_all,
            select_href: filter.select_href(),
            count: (next.is_none() && filter.after.is_none()).then(|| count(list.rows.len() as u64, "connection")),
            first: filter.after.map(|_| filter.href(filter.group, None)).unwrap_or_default(),
            next: next.map(|last| filter.href(filter.group, Some(last.id))).unwrap_or_default(),
            faults: filter.faults,
        }
    }

    /// Returns true if the user has no connections at all, and no filter hides any.
    fn is_new_here(&self) -> bool {
        self.rows.is_empty() && !self.is_filtered && self.first.is_empty() && self.faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, ListParams};
    use crate::connections::ConnectionGroup;
    use crate::web::here::Here;

    #[test]
    fn valid_parameters_come_back_in_links_and_others_are_reported() {
        let params =
            ListParams { state: " attention ".into(), after: "x".into(), live: "off".into(), select: "all".into() };
        let filter = Filter::parse(&params, Here::default());
        assert_eq!(filter.group, Some(ConnectionGroup::NeedsYou));
        assert_eq!(filter.href(filter.group, filter.after), "/connections?state=attention&live=off");
        assert_eq!(filter.bar().toggle_href, "/connections?state=attention");
        assert_eq!(filter.select_href(), "/connections?state=attention&live=off", "the way back to no choice");
        let none = Filter::parse(&ListParams::default(), Here::default());
        assert_eq!(none.select_href(), "/connections?select=all");
        assert_eq!(filter.faults.faults().len(), 1);
        assert!(
            Filter::parse(&ListParams { state: "lost".into(), ..ListParams::default() }, Here::default())
                .faults
                .message_for("state")
                .is_some()
        );
    }

    #[test]
    fn the_links_of_an_organisation_stay_in_it() {
        let acme = Here::organisation("acme".to_owned(), "Acme".to_owned());
        let filter = Filter::parse(&ListParams { live: "off".into(), ..ListParams::default() }, acme);
        let attention = filter.href(Some(ConnectionGroup::NeedsYou), None);
        assert_eq!(attention, "/orgs/acme/connections?state=attention&live=off");
        assert_eq!(filter.bar().toggle_href, "/orgs/acme/connections");
    }
}
