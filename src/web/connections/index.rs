//! All of one's connections, those that need their owner first.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;

use super::updates;
use super::views::Row;
use crate::app::App;
use crate::connections::{self, ConnectionDetail, ConnectionGroup};
use crate::error::FieldFaults;
use crate::ids::ConnectionId;
use crate::page::Page;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Query;
use crate::web::filtering::{parse_param, report_invalid, url_with_params};
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::page_with;
use crate::web::shell::{Section, Shell};
use crate::web::when::Calendar;

const PATH: &str = "/connections";

#[derive(Default, Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    live: String,
}

/// What was asked for, read: what is not understood is left out and told.
struct Filter {
    standing: Option<ConnectionGroup>,
    after: Option<ConnectionId>,
    /// The reader wants the page to stay still.
    is_paused: bool,
    faults: FieldFaults,
}

impl Filter {
    fn read(asked: &ListParams) -> Self {
        let mut faults = FieldFaults::default();
        let standing =
            parse_param(&asked.state, |word| ConnectionGroup::ALL.into_iter().find(|it| self::word(*it) == word));
        let words = ConnectionGroup::ALL.map(word).join(", ");
        report_invalid(&mut faults, "state", &asked.state, standing.is_some(), &format!("choose one of {words}"));
        let after: Option<ConnectionId> = parse_param(&asked.after, |id| id.parse().ok());
        report_invalid(&mut faults, "after", &asked.after, after.is_some(), "it is not a position in this list");
        let is_paused = asked.live.trim() == "off";
        report_invalid(&mut faults, "live", &asked.live, is_paused, "the only choice is “off”");
        Self { standing, after, is_paused, faults }
    }

    /// The list of these from `after` on, as still as this one.
    fn href(&self, standing: Option<ConnectionGroup>, after: Option<ConnectionId>) -> String {
        Self::at(standing, after, self.is_paused)
    }

    fn at(standing: Option<ConnectionGroup>, after: Option<ConnectionId>, is_paused: bool) -> String {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let live = if is_paused { "off" } else { "" };
        url_with_params(PATH, &[("state", standing.map_or("", word)), ("after", &after), ("live", live)])
    }

    fn bar(&self) -> LiveUpdatesBar {
        LiveUpdatesBar {
            is_paused: self.is_paused,
            has_new_jobs_slot: false,
            reload_href: self.href(self.standing, self.after),
            toggle_href: Self::at(self.standing, self.after, !self.is_paused),
        }
    }
}

const fn word(standing: ConnectionGroup) -> &'static str {
    match standing {
        ConnectionGroup::NeedsYou => "attention",
        ConnectionGroup::Connected => "connected",
        ConnectionGroup::Disconnected => "disconnected",
    }
}

const fn label(standing: Option<ConnectionGroup>) -> &'static str {
    match standing {
        None => "All",
        Some(ConnectionGroup::NeedsYou) => "Need you",
        Some(ConnectionGroup::Connected) => "Connected",
        Some(ConnectionGroup::Disconnected) => "Disconnected",
    }
}

const fn heading(standing: Option<ConnectionGroup>) -> &'static str {
    match standing {
        None => "Connections",
        Some(ConnectionGroup::NeedsYou) => "Connections that need you",
        Some(ConnectionGroup::Connected) => "Connections that work",
        Some(ConnectionGroup::Disconnected) => "Disconnected connections",
    }
}

pub(super) async fn index(State(app): State<App>, me: SignedIn, Query(asked): Query<ListParams>) -> Result {
    let filter = Filter::read(&asked);
    let mut tx = app.db.as_user(&me.actor).await?;
    let list = connections::list(&mut tx, &me.actor, filter.standing, filter.after).await?;
    drop(tx);
    let status = if filter.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = me.shell(heading(filter.standing)).await.section(Section::Connections);
    Ok(page_with(status, &IndexPage::new(shell, filter, &list, &me.calendar(app.clock.now()))))
}

/// The list.
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
    /// How the rows are kept up to date, if any of them can change.
    bar: Option<LiveUpdatesBar>,
    /// Where their changes come from, if the reader did not pause them.
    stream: Option<String>,
    first: String,
    next: String,
}

/// A way to narrow the list.
struct StateLink {
    label: &'static str,
    href: String,
    is_here: bool,
}

impl IndexPage {
    fn new(shell: Shell, filter: Filter, list: &Page<ConnectionDetail>, calendar: &Calendar) -> Self {
        let next = list.rows.last().filter(|_| list.more);
        let all = std::iter::once(None).chain(ConnectionGroup::ALL.map(Some));
        let shell = match (filter.faults.is_empty(), list.rows.is_empty() && filter.standing.is_some()) {
            (false, _) => shell.title_prefix("Error"),
            (true, true) => shell.title_prefix("No matches"),
            (true, false) => shell,
        };
        let stream = updates::rows_href(&list.rows);
        Self {
            bar: stream.as_ref().map(|_| filter.bar()),
            stream: stream.filter(|_| !filter.is_paused),
            shell,
            heading: heading(filter.standing),
            states: all
                .map(|it| StateLink { label: label(it), href: filter.href(it, None), is_here: it == filter.standing })
                .collect(),
            is_filtered: filter.standing.is_some(),
            can_choose: list.rows.iter().any(|connection| !connection.is_disconnected()),
            rows: list.rows.iter().map(|connection| Row::new(connection, calendar)).collect(),
            first: filter.after.map(|_| filter.href(filter.standing, None)).unwrap_or_default(),
            next: next.map(|last| filter.href(filter.standing, Some(last.id))).unwrap_or_default(),
            faults: filter.faults,
        }
    }

    /// Nothing was asked for that could hide anything.
    fn is_new_here(&self) -> bool {
        self.rows.is_empty() && !self.is_filtered && self.first.is_empty() && self.faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, ListParams};
    use crate::connections::ConnectionGroup;

    #[test]
    fn what_is_understood_comes_back_in_links_and_the_rest_is_told() {
        let read = Filter::read(&ListParams { state: " attention ".into(), after: "x".into(), live: "off".into() });
        assert_eq!(read.standing, Some(ConnectionGroup::NeedsYou));
        assert_eq!(read.href(read.standing, read.after), "/connections?state=attention&live=off");
        assert_eq!(read.bar().toggle_href, "/connections?state=attention");
        assert_eq!(read.faults.faults().len(), 1);
        assert!(
            Filter::read(&ListParams { state: "lost".into(), ..ListParams::default() })
                .faults
                .message_for("state")
                .is_some()
        );
    }
}
