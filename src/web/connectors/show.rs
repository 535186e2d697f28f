//! The page of a connector: its tools, the reader's connections, and their latest jobs. A service with two ways to connect has
//! a part for each.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use sqlx::PgConnection;

use super::method_section::{ConnectLink, MethodSection, SectionData, SectionHeading};
use super::{href, tile};
use crate::actor::Actor;
use crate::app::App;
use crate::connections;
use crate::connectors::{self, AuthKind, Connector, Transport};
use crate::error::Error;
use crate::jobs;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path, Query};
use crate::web::respond::{page, see_other};
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;

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
    connector.check_is_on()?;
    if let Some(beside) = &connector.beside {
        // the page of the service shows both ways
        return Ok(see_other(&me.here().path(&format!("/connectors/{beside}"))));
    }
    let hosted = connectors::find_hosted_beside(&mut tx, &me.actor, &connector).await?;
    let shown = load(&mut tx, &me.actor, connector).await?;
    let hosted = match hosted {
        Some(hosted) => Some(load(&mut tx, &me.actor, hosted).await?),
        None => None,
    };
    drop(tx);
    let connector = &shown.connector;
    let calendar = me.calendar(app.clock.now());
    let place = href(connector, me.here());
    let heading = hosted.is_some().then(|| SectionHeading::of_service(connector));
    let main = MethodSection::new(shown.data(&params.q, &place, heading), me.here(), &calendar);
    let hosted = hosted.as_ref().map(|hosted| {
        let heading = Some(SectionHeading::of_hosted(connector));
        MethodSection::new(hosted.data(&params.q, &place, heading), me.here(), &calendar)
    });
    let shell = me.shell(connector.name.clone()).await.section(Section::Connectors);
    let shell = shell.breadcrumb("Connectors", me.here().path("/connectors"));
    let has_application = connector.transport == Transport::Rest && connector.auth == AuthKind::OAuth;
    Ok(page(&ShowPage {
        shell,
        tile: tile(connector, me.here()),
        name: connector.name.clone(),
        description: connector.description.clone(),
        is_builtin: connector.transport == Transport::Builtin,
        application: (has_application && me.user.is_admin).then(|| format!("{place}/application")),
        edit_href: connector.is_own().then(|| format!("{place}/edit")),
        // with two ways, each has its own
        connect: main.head_link().filter(|_| hosted.is_none()),
        methods: hosted.into_iter().chain([main]).collect(),
    }))
}

/// A connector with what the reader has there.
struct ShownConnector {
    connector: Connector,
    tools: Vec<connectors::Tool>,
    connections: Vec<connections::Connection>,
    jobs: jobs::RecentJobs,
}

async fn load(conn: &mut PgConnection, actor: &Actor, connector: Connector) -> crate::error::Result<ShownConnector> {
    let tools = connectors::tools(conn, actor, connector.id).await?;
    let connections = connections::list_for_connector(conn, actor, connector.id).await?;
    let jobs = jobs::list_recent(conn, actor, connector.id, MAX_JOBS).await?;
    Ok(ShownConnector { connector, tools, connections, jobs })
}

impl ShownConnector {
    fn data<'a>(&'a self, q: &'a str, page: &'a str, heading: Option<SectionHeading>) -> SectionData<'a> {
        let Self { connector, tools, connections, jobs } = self;
        SectionData { connector, tools, connections, jobs, q, page, heading }
    }
}

#[derive(Template)]
#[template(path = "connectors/show.html")]
struct ShowPage {
    shell: Shell,
    tile: Tile,
    name: String,
    description: String,
    /// The hub itself runs the tools.
    is_builtin: bool,
    /// Address of the form for the hub's OAuth application, for administrators.
    application: Option<String>,
    /// Address of the form for name and address, if the user added the server.
    edit_href: Option<String>,
    connect: Option<ConnectLink>,
    /// The ways to connect; the one that asks less of people goes first.
    methods: Vec<MethodSection>,
}

impl ShowPage {
    /// Returns true if something stands at the end of the head.
    const fn has_actions(&self) -> bool {
        self.application.is_some() || self.edit_href.is_some() || self.connect.is_some()
    }
}
