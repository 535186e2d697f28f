//! The page of a connector: its tools, the reader's connections, and their latest jobs.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::connect_method::ConnectMethod;
use super::discovery::DiscoveryView;
use super::href;
use super::tool_table::ToolTable;
use super::views::kind_label;
use crate::app::App;
use crate::connections::{self, Connection};
use crate::connectors::{self, AuthKind, Connector, Tool, Transport};
use crate::error::Error;
use crate::jobs::{self, RecentJobs};
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path, Query};
use crate::web::here::Here;
use crate::web::job_row::JobRowView;
use crate::web::respond::page;
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;
use crate::web::when::{Calendar, When};

/// Number of jobs on the page; a link leads to the others.
const MAX_JOBS: usize = 5;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowParams {
    /// A part of the name or the description of the tools to show.
    q: String,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(BySlug { slug }): Path<BySlug>,
    Query(params): Query<ShowParams>,
) -> Result {
    let mut tx = app.db.enter(&me.actor).await?;
    let connector = connectors::find_by_slug(&mut tx, &me.actor, &slug).await?.ok_or(Error::NotFound("connector"))?;
    let tools = connectors::tools(&mut tx, &me.actor, connector.id).await?;
    let connections = connections::list_for_connector(&mut tx, &me.actor, connector.id).await?;
    let ran = jobs::list_recent(&mut tx, &me.actor, connector.id, MAX_JOBS).await?;
    drop(tx);
    let shell = me.shell(connector.name.clone()).await.section(Section::Connectors);
    let shell = shell.breadcrumb("Connectors", me.here().path("/connectors"));
    let data =
        ConnectorData { connector: &connector, tools: &tools, connections: &connections, jobs: &ran, q: &params.q };
    let mut view = ShowPage::new(shell, data, &me.calendar(app.clock.now()));
    let has_application = connector.transport == Transport::Rest && connector.auth == AuthKind::OAuth;
    view.application =
        (has_application && me.user.is_admin).then(|| format!("{}/application", href(&connector, me.here())));
    Ok(page(&view))
}

#[derive(Template)]
#[template(path = "connectors/show.html")]
struct ShowPage {
    shell: Shell,
    name: String,
    tile: Tile,
    description: String,
    kind: &'static str,
    transport: Transport,
    url: Option<String>,
    /// Source of the description of a shipped server.
    source: Option<SourceView>,
    state: Badge,
    /// Connections that are not disconnected.
    connections: Vec<ConnectionRow>,
    /// Method to connect the service or another account.
    method: Option<ConnectMethod>,
    connect_href: String,
    needs_nothing: bool,
    /// The service has no tools yet, so that only administrators see it.
    is_hidden: bool,
    /// Address of the form for the hub's OAuth application, for administrators.
    application: Option<String>,
    /// The server lists its tools only after sign-in, and the reader has not signed in.
    is_closed: bool,
    tools: ToolTable,
    href: String,
    /// Address of the form for name and address, if the user added the server.
    edit_href: Option<String>,
    /// Absent if the tools are part of the hub, or not known yet.
    discovery: Option<DiscoveryView>,
    jobs: Vec<JobRowView>,
    all_jobs: String,
}

/// Data of the page.
#[derive(Clone, Copy)]
struct ConnectorData<'a> {
    connector: &'a Connector,
    tools: &'a [Tool],
    connections: &'a [Connection],
    jobs: &'a RecentJobs,
    /// The filter of the tools.
    q: &'a str,
}

/// The page from which the description of a shipped server was taken.
struct SourceView {
    href: String,
    day: String,
    /// The provider's own page.
    docs: String,
    /// True if the sources do not agree on the address.
    is_unconfirmed: bool,
}

/// A connection of the reader.
struct ConnectionRow {
    href: String,
    label: String,
    /// Runs use it unless another connection is chosen.
    is_default: bool,
    status: Badge,
    credential: &'static str,
    created_at: When,
    used_at: Option<When>,
}

impl SourceView {
    fn new(connector: &Connector) -> Option<Self> {
        let (href, day) = (connector.seen_source.clone()?, connector.seen_on?.to_string());
        Some(Self { href, day, docs: connector.docs_url.clone()?, is_unconfirmed: connector.is_unconfirmed })
    }
}

impl ShowPage {
    /// Returns true if the hub itself runs the tools.
    fn is_builtin(&self) -> bool {
        self.transport == Transport::Builtin
    }

    /// Returns true if an MCP server describes the tools. The hub itself describes all others.
    fn is_of_server(&self) -> bool {
        self.transport == Transport::Mcp
    }

    /// Returns true if something stands at the end of the head.
    const fn has_actions(&self) -> bool {
        self.application.is_some() || self.edit_href.is_some() || (self.connections.len() < 2 && self.method.is_some())
    }

    fn new(shell: Shell, data: ConnectorData<'_>, calendar: &Calendar) -> Self {
        let here = shell.here();
        let ConnectorData { connector, tools, connections, jobs, q } = data;
        let needs_nothing = connector.auth == AuthKind::None && !connector.is_hosted();
        let is_hidden = connector.is_for_administrators();
        let is_closed = connector.transport == Transport::Mcp
            && (connector.auth == AuthKind::OAuth || connector.is_hosted())
            && connections.is_empty()
            && tools.is_empty();
        Self {
            shell,
            tile: Tile::new(&connector.name),
            name: connector.name.clone(),
            description: connector.description.clone(),
            kind: kind_label(connector.transport),
            url: connector.mcp_server_url.clone(),
            source: SourceView::new(connector),
            state: state_badge(connections, needs_nothing),
            connections: connection_rows(connector, connections, &here, calendar),
            transport: connector.transport,
            // the first run connects a service without credentials, unless the user has disconnected it
            method: ConnectMethod::find(connector, connections).filter(|_| !needs_nothing || !connections.is_empty()),
            connect_href: format!("{}/connection", href(connector, &here)),
            needs_nothing: needs_nothing && connections.is_empty(),
            tools: ToolTable::new(connector, tools, jobs, q, &here, calendar),
            edit_href: connector.is_own().then(|| format!("{}/edit", href(connector, &here))),
            href: href(connector, &here),
            is_closed,
            is_hidden,
            application: None,
            discovery: DiscoveryView::new(connector, tools, &here, calendar).filter(|_| !is_closed),
            jobs: jobs.newest.iter().map(|job| JobRowView::of_connector(job, &here, calendar)).collect(),
            all_jobs: here.path(&format!("/jobs?connector={}", connector.slug)),
        }
    }
}

/// Returns the connections that are not disconnected; the first that works is the one that calls use.
fn connection_rows(connector: &Connector, all: &[Connection], here: &Here, calendar: &Calendar) -> Vec<ConnectionRow> {
    let default = all.iter().find(|connection| connection.status.is_usable()).map(|connection| connection.id);
    let live = all.iter().filter(|connection| !connection.status.is_disconnected());
    let row = |connection: &Connection| ConnectionRow {
        is_default: default == Some(connection.id),
        ..ConnectionRow::new(connector, connection, here, calendar)
    };
    live.map(row).collect()
}

/// Returns the state of the connection that calls use, as the catalogue shows it.
fn state_badge(connections: &[Connection], needs_nothing: bool) -> Badge {
    let usable = connections.iter().find(|connection| connection.status.is_usable());
    match usable.or(connections.first()) {
        Some(connection) => Badge::connection(connection.status),
        None if needs_nothing => Badge::CONNECTED,
        None => Badge::NOT_CONNECTED,
    }
}

impl ConnectionRow {
    fn new(connector: &Connector, connection: &Connection, here: &Here, calendar: &Calendar) -> Self {
        Self {
            href: here.path(&format!("/connections/{}", connection.id)),
            label: connection.label.clone(),
            is_default: false,
            status: Badge::connection(connection.status),
            credential: match (connection.has_secret, connector.auth) {
                (true, AuthKind::OAuth) => "A token from signing in, stored encrypted",
                (true, _) if connections::takes_key(connector) => "A key, stored encrypted",
                (true, _) => "A bearer token, stored encrypted",
                (false, _) => "None needed",
            },
            created_at: calendar.when(connection.created_at),
            used_at: calendar.when_any(connection.last_used_at),
        }
    }
}
