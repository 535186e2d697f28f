//! The page of one connection: its status, its credential, the jobs that depend on it, and the available actions.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::expiry::Expiry;
use super::views::{Dependent, StatusLine, can_be_checked, cause, href, name, sign_in_href, takes_token};
use super::{load, parse_id};
use crate::actor::Actor;
use crate::app::App;
use crate::connections::{self, ConnectionDetail, OwnerStep};
use crate::connectors::{self, AuthKind};
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::jobs::{self, DependentJobs, Job};
use crate::oauth::Provider;
use crate::web::actor::SignedIn;
use crate::web::badge::Badge;
use crate::web::checkup_findings::LastCheckup;
use crate::web::error;
use crate::web::extract::{ById, Path, Query};
use crate::web::flash::Flash;
use crate::web::here::Here;
use crate::web::live_bar::LiveUpdatesBar;
use crate::web::respond::{page, see_other};
use crate::web::shell::{Section, Shell};
use crate::web::tile::Tile;
use crate::web::when::{Calendar, When};

#[derive(Default, Deserialize)]
pub(super) struct ShowParams {
    #[serde(default)]
    live: String,
}

/// The page of one connection.
#[derive(Template)]
#[template(path = "connections/show.html")]
struct ShowPage {
    shell: Shell,
    connection: ConnectionView,
    /// The controls of live updates, if anything on this page can change.
    bar: Option<LiveUpdatesBar>,
    /// The address of the live stream, unless the viewer paused it.
    stream: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    me: SignedIn,
    Path(ById { id }): Path<ById>,
    Query(params): Query<ShowParams>,
) -> error::Result {
    let data = PageData::load(&app, &me.actor, parse_id(&id)?).await?;
    let (name, href) = (name(&data.connection), href(&data.connection, me.here()));
    let is_paused = params.live.trim() == "off";
    let bar = (!data.connection.is_disconnected()).then(|| LiveUpdatesBar::of_page(&href, is_paused));
    let list = me.here().path("/connections");
    let shell = me.shell(name).await.section(Section::Connections).breadcrumb("Connections", list);
    let connection = ConnectionView::new(&data, me.here(), &me.calendar(app.clock.now()));
    let stream = bar.as_ref().filter(|bar| !bar.is_paused).map(|_| format!("{href}/news"));
    Ok(page(&ShowPage { shell, connection, bar, stream }))
}

/// Redirects to the connection, whose page has the button that makes it the default.
pub(super) async fn show_default(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> error::Result {
    Ok(see_other(&href(&load(&app, &me, &id).await?, me.here())))
}

pub(super) async fn make_default(State(app): State<App>, me: SignedIn, Path(ById { id }): Path<ById>) -> error::Result {
    connections::set_default(&app.db, &me.actor, parse_id(&id)?, app.clock.now()).await?;
    app.live.notify_owner(me.actor.owner_id());
    let connection = load(&app, &me, &id).await?;
    let message =
        format!("Tools of {} run through this connection now, unless you choose another.", connection.connector);
    me.flash(Flash::success(message)).await?;
    Ok(see_other(&href(&connection, me.here())))
}

/// A connection and everything that its page shows around it, read in one transaction.
pub(super) struct PageData {
    pub(super) connection: ConnectionDetail,
    /// The OAuth provider, if the service has one.
    provider: Option<Provider>,
    dependants: DependentJobs,
    /// The newest check-up.
    checkup: Option<Job>,
}

impl PageData {
    pub(super) async fn load(app: &App, actor: &Actor, id: ConnectionId) -> Result<Self> {
        let mut tx = app.db.enter(actor).await?;
        let connection = connections::find(&mut tx, actor, id).await?;
        let dependants = jobs::find_dependent(&mut tx, actor, &[id]).await?;
        let checkup = jobs::find_latest_checkup(&mut tx, actor, id).await?;
        let provider = connectors::provider(&mut tx, actor, connection.connector_id).await?;
        Ok(Self { connection, provider, dependants, checkup })
    }

    /// Returns true if the page would show the same, apart from relative times.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let checkup = |it: &Self| it.checkup.as_ref().map(|job| (job.id, job.status));
        self.connection == other.connection && self.dependants == other.dependants && checkup(self) == checkup(other)
    }
}

/// The changes of a connection, as a piece of its page.
#[derive(Template)]
#[template(path = "connections/_change.html")]
pub(super) struct Change {
    pub(super) connection: ConnectionView,
    /// A sentence for the live region.
    pub(super) announcement: Option<String>,
}

/// A connection, as the live part of its page shows it.
pub(super) struct ConnectionView {
    name: String,
    href: String,
    connector: String,
    tile: Tile,
    /// `None` if the service has left the catalogue.
    service_href: Option<String>,
    label: String,
    state: Badge,
    cause: Option<String>,
    account: Option<String>,
    credential: &'static str,
    /// Described in words where the connector has some.
    scopes: Vec<Scope>,
    expires: Option<When>,
    expiry: Option<Expiry>,
    made: When,
    changed: When,
    used: Option<When>,
    last_ok: Option<When>,
    last_error: Option<String>,
    status_line: StatusLine,
    /// The default of several connections to the service.
    is_default: bool,
    /// The owner can make it the default.
    can_be_made_default: bool,
    takes_token: bool,
    /// The address of the check-up.
    checkup_href: Option<String>,
    /// The step that mends the connection.
    step: Option<OwnerStep>,
    last_checkup: Option<LastCheckup>,
    /// "key" or "token".
    credential_noun: &'static str,
    /// The address at which the owner signs in again.
    sign_in_href: Option<String>,
    /// The label of that link.
    sign_in_label: &'static str,
    /// The address at which the service can be connected again.
    reconnect_href: Option<String>,
    dependent: Dependent,
    jobs_href: String,
}

/// A permission that the service granted.
pub(super) struct Scope {
    name: String,
    words: Option<String>,
}

impl ConnectionView {
    /// Returns the classes of the step that mends the connection and of its check-up: the likelier one has the weight.
    const fn step_classes(&self) -> (&'static str, &'static str) {
        if matches!(self.step, Some(OwnerStep::CheckUp)) { ("btn-quiet", "btn") } else { ("btn", "btn-quiet") }
    }

    pub(super) fn new(data: &PageData, here: &Here, calendar: &Calendar) -> Self {
        let PageData { connection, provider, dependants, checkup } = data;
        let words = |scope: &String| provider.as_ref().and_then(|it| it.scope_phrase(scope)).cloned();
        let (is_over, takes_token) = (connection.is_disconnected(), takes_token(connection));
        let signs_in = connection.auth == AuthKind::OAuth;
        let service_href = here.path(&format!("/connectors/{}", connection.slug));
        let can_reconnect = takes_token || signs_in || connection.auth == AuthKind::None;
        Self {
            name: name(connection),
            href: href(connection, here),
            connector: connection.connector.clone(),
            tile: Tile::new(&connection.connector),
            service_href: connection.is_listed.then(|| service_href.clone()),
            label: connection.label.clone(),
            state: Badge::connection_state(connection.status, connection.health),
            cause: cause(connection),
            account: connection.account.clone(),
            credential: credential_text(connection),
            scopes: connection.scopes.iter().map(|scope| Scope { name: scope.clone(), words: words(scope) }).collect(),
            expires: calendar.when_any(connection.expires_at.filter(|_| connection.status.is_usable())),
            expiry: Expiry::for_connection(connection, calendar),
            made: calendar.when(connection.created_at),
            changed: calendar.when(connection.updated_at),
            used: calendar.when_any(connection.last_used_at),
            last_ok: calendar.when_any(connection.last_ok_at),
            last_error: connection.last_error.clone(),
            status_line: StatusLine::for_connection(connection),
            is_default: connection.is_default && connection.usable > 1,
            can_be_made_default: connection.status.is_usable() && !connection.is_default,
            takes_token: takes_token && !is_over,
            checkup_href: can_be_checked(connection).then(|| format!("{}/checkup", href(connection, here))),
            step: connection.owner_step(),
            last_checkup: checkup.as_ref().map(|job| LastCheckup::new(job, here, calendar)),
            sign_in_href: (signs_in && !is_over && connection.is_listed).then(|| sign_in_href(connection, here)),
            credential_noun: if connection.takes_key() { "key" } else { "token" },
            sign_in_label: match connection.has_secret {
                true if connection.status.is_usable() && !connection.wanted.is_empty() => "Grant more",
                true => "Sign in again",
                false => "Connect it",
            },
            reconnect_href: (is_over && can_reconnect && connection.is_listed)
                .then(|| format!("{service_href}/connection")),
            dependent: Dependent::new(dependants, here, calendar).of_one_connection(),
            jobs_href: here.path(&format!("/jobs?connector={}", connection.slug)),
        }
    }
}

fn credential_text(connection: &ConnectionDetail) -> &'static str {
    match (connection.has_secret, takes_token(connection), connection.auth) {
        (true, true, _) if connection.takes_key() => "A key, stored encrypted",
        (true, true, _) => "A bearer token, stored encrypted",
        (true, false, AuthKind::OAuth) => "A token from signing in, stored encrypted",
        (true, false, _) => "Sealed",
        (false, _, AuthKind::None) => "None needed",
        (false, ..) => "None: it was deleted",
    }
}
