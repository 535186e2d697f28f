//! `/admin/connectors`: the connectors of the hub, with their use by everybody and their OAuth applications.

use askama::Template;
use axum::extract::State;

use super::shell;
use crate::app::App;
use crate::clock::Day;
use crate::connections::{self, ApplicationState, CALLBACK, HubConnector};
use crate::connectors::{AuthKind, Sunset, Transport};
use crate::error::Error;
use crate::web::actor::Admin;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::here::Here;
use crate::web::respond::page;
use crate::web::shell::Shell;
use crate::web::tile::Tile;
use crate::web::when::{count, grouped};

pub(super) const PATH: &str = "/admin/connectors";

struct Row {
    tile: Tile,
    name: String,
    href: String,
    kind: &'static str,
    tools: i64,
    connections: i64,
    /// Calls of the last day, and how many failed.
    calls: String,
    /// Sentences on what ends soon, and the page that says so.
    sunset: Option<(String, String)>,
    /// True if an administrator has turned it off.
    is_off: bool,
    /// Both numbers in words.
    counts: String,
    /// State and address of the OAuth application, and the label of the link to it.
    application: Option<(Badge, String, &'static str)>,
}

impl Row {
    fn new(connector: HubConnector, here: &Here, today: Day) -> Self {
        let application = here.path(&format!("/connectors/{}/application", connector.slug));
        Self {
            href: href(&connector.slug),
            is_off: connector.turned_off_at.is_some(),
            tile: Tile::new(&connector.name),
            kind: kind(connector.transport, connector.auth),
            tools: connector.tool_count,
            connections: connector.connection_count,
            counts: format!(
                "{}, {}",
                count(connector.tool_count.unsigned_abs(), "tool"),
                count(connector.connection_count.unsigned_abs(), "connection")
            ),
            application: connector.application.map(|state| (badge(state), application, link_label(state))),
            calls: calls(connector.calls),
            sunset: sunset(connector.sunset, today),
            name: connector.name,
        }
    }
}

#[derive(Template)]
#[template(path = "admin/connectors.html")]
struct IndexPage {
    shell: Shell,
    rows: Vec<Row>,
}

pub(super) async fn index(State(app): State<App>, Admin(me): Admin) -> Result {
    let callback = app.public_url.join(CALLBACK).map_err(Error::internal)?;
    let connectors = connections::list_hub_connectors(&app.system, &callback, app.clock.now()).await?;
    let today = app.clock.now().date();
    Ok(page(&IndexPage {
        shell: shell(&me, "Hub connectors").await,
        rows: connectors.into_iter().map(|connector| Row::new(connector, me.here(), today)).collect(),
    }))
}

/// Returns the address of the page of a connector for administrators.
pub(super) fn href(slug: &str) -> String {
    format!("{PATH}/{slug}")
}

/// Returns what ends soon, and the page that says so.
pub(super) fn sunset(sunset: Option<Sunset>, today: Day) -> Option<(String, String)> {
    sunset.filter(|it| it.is_near(today)).map(|it| (format!("{}: {}", it.date, it.say), it.url))
}

/// Describes the calls of the last day: `12 (3 failed)`.
pub(super) fn calls((calls, failures): (i64, i64)) -> String {
    let number = |count: i64| grouped(count.unsigned_abs());
    match failures {
        0 => number(calls),
        _ => format!("{} ({} failed)", number(calls), number(failures)),
    }
}

pub(super) const fn kind(transport: Transport, auth: AuthKind) -> &'static str {
    match (transport, auth) {
        (Transport::Builtin, _) => "Built in",
        (Transport::Mcp, _) => "MCP server",
        (Transport::Rest, AuthKind::OAuth) => "Service with sign-in",
        (Transport::Rest, _) => "Service with a key",
    }
}

pub(super) const fn link_label(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Missing => "Set up",
        ApplicationState::Stored | ApplicationState::Rejected => "Change",
    }
}

pub(super) const fn badge(state: ApplicationState) -> Badge {
    match state {
        ApplicationState::Stored => Badge { word: "Sign-in set up", icon: "s-ok", tone: "ok", shape: "" },
        ApplicationState::Rejected => Badge { word: "Sign-in rejected", icon: "s-bad", tone: "bad", shape: "needs" },
        ApplicationState::Missing => Badge { word: "Sign-in not set up", icon: "s-wait", tone: "idle", shape: "" },
    }
}
