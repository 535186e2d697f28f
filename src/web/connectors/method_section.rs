//! A way to connect a service, as a part of its page: the state, the reader's connections, the tools, and the latest jobs.

use askama::Template;

use super::connect_method::ConnectMethod;
use super::discovery::DiscoveryView;
use super::href;
use super::tool_table::ToolTable;
use super::views::kind_label;
use crate::connections::{self, Connection};
use crate::connectors::{AuthKind, Connector, Tool, Transport};
use crate::jobs::RecentJobs;
use crate::web::badge::Badge;
use crate::web::here::Here;
use crate::web::job_row::JobRowView;
use crate::web::when::{Calendar, When};

/// A part of the page.
#[derive(Template)]
#[template(path = "connectors/method_section.html")]
pub(super) struct MethodSection {
    /// Present if the service has two ways.
    heading: Option<SectionHeading>,
    /// End of the ids of this part, which tells them from those of the other.
    suffix: &'static str,
    /// Address of the page.
    page: String,
    name: String,
    kind: &'static str,
    transport: Transport,
    url: Option<String>,
    /// Source of the description of a shipped server.
    source: Option<SourceView>,
    state: Badge,
    /// Connections that are not disconnected.
    connections: Vec<ConnectionRow>,
    /// Link that connects the service or another account.
    connect: Option<ConnectLink>,
    needs_nothing: bool,
    /// The service has no tools yet, so that only administrators see it.
    is_hidden: bool,
    /// The server lists its tools only after sign-in, and the reader has not signed in.
    is_closed: bool,
    tools: ToolTable,
    /// Absent if the tools are part of the hub, or not known yet.
    discovery: Option<DiscoveryView>,
    jobs: Vec<JobRowView>,
    all_jobs: String,
}

/// Data of a part.
pub(super) struct SectionData<'a> {
    pub(super) connector: &'a Connector,
    pub(super) tools: &'a [Tool],
    pub(super) connections: &'a [Connection],
    pub(super) jobs: &'a RecentJobs,
    /// The filter of the tools.
    pub(super) q: &'a str,
    /// Address of the page.
    pub(super) page: &'a str,
    pub(super) heading: Option<SectionHeading>,
}

/// The words above a part.
pub(super) struct SectionHeading {
    title: &'static str,
    about: String,
}

impl SectionHeading {
    /// Returns the words for the server that the provider hosts.
    pub(super) fn of_hosted(service: &Connector) -> Self {
        let about = format!("You sign in at {}. Nobody has to make an application first.", service.name);
        Self { title: "Sign in (hosted by the provider)", about }
    }

    /// Returns the words for the service's own API.
    pub(super) fn of_service(service: &Connector) -> Self {
        if service.auth == AuthKind::OAuth {
            let about = format!(
                "You sign in at {}, with an application that an administrator of this hub makes there.",
                service.name
            );
            return Self { title: "Sign in (through this hub)", about };
        }
        Self { title: "With a key", about: format!("You make a key at {} and enter it here.", service.name) }
    }
}

/// The template escapes its own values.
impl askama::filters::HtmlSafe for MethodSection {}

/// A link to the form that connects.
#[derive(Clone)]
pub(super) struct ConnectLink {
    pub(super) href: String,
    pub(super) label: &'static str,
    /// True if nothing is connected yet.
    pub(super) is_first: bool,
    /// Heading of the part, if the page has two: it tells its link from the other. Only screen readers read it.
    pub(super) method: &'static str,
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

impl MethodSection {
    /// Returns true if the hub itself runs the tools.
    fn is_builtin(&self) -> bool {
        self.transport == Transport::Builtin
    }

    /// Returns true if an MCP server describes the tools. The hub itself describes all others.
    fn is_of_server(&self) -> bool {
        self.transport == Transport::Mcp
    }

    /// Returns the link for the head of the page. Several connections have it below their table.
    pub(super) fn head_link(&self) -> Option<ConnectLink> {
        self.connect.clone().filter(|_| self.connections.len() < 2)
    }

    pub(super) fn new(data: SectionData<'_>, here: &Here, calendar: &Calendar) -> Self {
        let SectionData { connector, tools, connections, jobs, q, page, heading } = data;
        let needs_nothing = connector.auth == AuthKind::None && !connector.is_hosted();
        let is_closed = connector.transport == Transport::Mcp
            && (connector.auth == AuthKind::OAuth || connector.is_hosted())
            && connections.is_empty()
            && tools.is_empty();
        // the first run connects a service without credentials, unless the user has disconnected it
        let method = ConnectMethod::find(connector, connections).filter(|_| !needs_nothing || !connections.is_empty());
        let rows = connection_rows(connector, connections, here, calendar);
        let method_title = heading.as_ref().map_or("", |heading| heading.title);
        Self {
            suffix: if connector.beside.is_some() { "-hosted" } else { "" },
            heading,
            page: page.to_owned(),
            name: connector.name.clone(),
            kind: kind_label(connector.transport),
            url: connector.mcp_server_url.clone(),
            source: SourceView::new(connector),
            state: state_badge(connections, needs_nothing),
            transport: connector.transport,
            connect: method.map(|method| ConnectLink {
                href: format!("{}/connection", href(connector, here)),
                label: method.label(),
                is_first: rows.is_empty(),
                method: method_title,
            }),
            connections: rows,
            needs_nothing: needs_nothing && connections.is_empty(),
            tools: ToolTable::new(connector, tools, jobs, q, here, calendar),
            is_closed,
            is_hidden: connector.is_for_administrators(),
            discovery: DiscoveryView::new(connector, tools, here, calendar).filter(|_| !is_closed),
            jobs: jobs.newest.iter().map(|job| JobRowView::of_connector(job, here, calendar)).collect(),
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
