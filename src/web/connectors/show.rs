//! One connector: its tools with what each does, the reader's connections, and what they ran of it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;

use super::connection::ConnectMethod;
use super::discovery::LookView;
use super::views::{effect, first_sentence, kind};
use crate::app::App;
use crate::connections::{self, Connection};
use crate::connectors::{self, AuthKind, Connector, Tool, Transport};
use crate::jobs::{self, JobRow, OfConnector};
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::jobs::Row;
use crate::web::path::segment;
use crate::web::respond::page;
use crate::web::shell::{Section, Shell};
use crate::web::when::{Calendar, When};

/// Jobs that the page shows; its link leads to the rest.
const JOBS: usize = 5;

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(slug): Path<String>) -> Result {
    let connector = connectors::find(&app.db, &me.actor, &slug).await?;
    let tools = connectors::tools(&app.db, &me.actor, connector.id).await?;
    let connections = connections::list_for_connector(&app.db, &me.actor, connector.id).await?;
    let ran = jobs::of_connector(&app.db, &me.actor, connector.id, JOBS).await?;
    let shell =
        me.shell(connector.name.clone()).await.section(Section::Connectors).breadcrumb("Connectors", "/connectors");
    let mut shown = ShowPage::new(shell, &connector, &tools, &connections, &ran, &me.calendar(app.clock.now()));
    let has_application = connector.transport == Transport::Rest && connector.auth == AuthKind::OAuth;
    shown.application =
        (has_application && me.user.is_admin).then(|| format!("/connectors/{}/application", connector.slug));
    Ok(page(&shown))
}

/// One connector.
#[derive(Template)]
#[template(path = "connectors/show.html")]
struct ShowPage {
    shell: Shell,
    name: String,
    description: String,
    kind: &'static str,
    url: Option<String>,
    state: Badge,
    /// Those that are not over.
    connections: Vec<Link>,
    /// How to connect it, or another account.
    method: Option<ConnectMethod>,
    slug: String,
    needs_nothing: bool,
    /// It has no tools yet, and only administrators see it.
    is_hidden: bool,
    /// Where the hub's OAuth application is entered, for administrators.
    application: Option<String>,
    /// It tells its tools to nobody before they have signed in, and its reader has not.
    is_closed: bool,
    tools: Vec<ToolRow>,
    /// None: its tools come with the hub, or are not told yet.
    look: Option<LookView>,
    jobs: Vec<Row>,
    all_jobs: String,
}

/// A connection of the reader.
struct Link {
    href: String,
    label: String,
    status: Badge,
    credential: &'static str,
    made: When,
    used: Option<When>,
}

/// A tool of the table.
struct ToolRow {
    label: String,
    name: String,
    href: String,
    does: String,
    effect: Option<Badge>,
    last: Option<LastRun>,
}

/// When a tool last ran, and what came of it.
struct LastRun {
    href: String,
    status: Badge,
    at: When,
}

impl ShowPage {
    fn new(
        shell: Shell,
        connector: &Connector,
        tools: &[Tool],
        connections: &[Connection],
        ran: &OfConnector,
        calendar: &Calendar,
    ) -> Self {
        let last: HashMap<_, _> = ran.last.iter().map(|job| (job.tool_name.as_str(), job)).collect();
        let needs_nothing = connector.auth == AuthKind::None;
        let is_hidden = connector.is_for_administrators();
        let is_closed = connector.transport == Transport::Mcp
            && connector.auth == AuthKind::OAuth
            && connections.is_empty()
            && tools.is_empty();
        Self {
            shell,
            name: connector.name.clone(),
            description: connector.description.clone(),
            kind: kind(connector.transport),
            url: connector.mcp_server_url.clone(),
            state: state(connections, needs_nothing),
            connections: connections
                .iter()
                .filter(|connection| !connection.status.is_disconnected())
                .map(|link| Link::new(connector, link, calendar))
                .collect(),
            // the first run of a tool connects what needs nothing, unless its owner has disconnected it
            method: ConnectMethod::of(connector, connections).filter(|_| !needs_nothing || !connections.is_empty()),
            slug: connector.slug.clone(),
            needs_nothing: needs_nothing && connections.is_empty(),
            tools: tools
                .iter()
                .map(|tool| ToolRow::new(connector, tool, last.get(tool.name.as_str()).copied(), calendar))
                .collect(),
            is_closed,
            is_hidden,
            application: None,
            look: LookView::new(connector, calendar).filter(|_| !is_closed),
            jobs: ran.newest.iter().map(|job| Row::new(job, calendar)).collect(),
            all_jobs: format!("/jobs?connector={}", connector.slug),
        }
    }
}

/// As the catalogue says it: of the connection that calls go through.
fn state(connections: &[Connection], needs_nothing: bool) -> Badge {
    let usable = connections.iter().find(|connection| connection.status.is_usable());
    match usable.or(connections.first()) {
        Some(connection) => Badge::connection(connection.status),
        None if needs_nothing => Badge::CONNECTED,
        None => Badge::NOT_CONNECTED,
    }
}

impl Link {
    fn new(connector: &Connector, connection: &Connection, calendar: &Calendar) -> Self {
        Self {
            href: format!("/connections/{}", connection.id),
            label: connection.label.clone(),
            status: Badge::connection(connection.status),
            credential: match (connection.has_secret, connector.auth) {
                (true, AuthKind::OAuth) => "A token from signing in, sealed",
                (true, _) if connector.transport == Transport::Rest => "A key, sealed",
                (true, _) => "A bearer token, sealed",
                (false, _) => "None needed",
            },
            made: calendar.when(connection.created_at),
            used: calendar.when_any(connection.last_used_at),
        }
    }
}

impl ToolRow {
    fn new(connector: &Connector, tool: &Tool, last: Option<&JobRow>, calendar: &Calendar) -> Self {
        Self {
            label: tool.label().to_owned(),
            name: tool.name.clone(),
            href: format!("/connectors/{}/tools/{}", connector.slug, segment(&tool.name)),
            does: first_sentence(&tool.description),
            effect: effect(tool.effect()),
            last: last.map(|job| LastRun {
                href: format!("/jobs/{}", job.id),
                status: Badge::job(job.status),
                at: calendar.when(job.created_at),
            }),
        }
    }
}
