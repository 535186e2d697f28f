//! `/admin/connectors/{slug}`: a connector of the hub: its use and health over all people, its OAuth application, and whether
//! people can use it.

use askama::Template;
use axum::extract::State;
use url::Url;

use super::change_page::{Change, ChangePage};
use super::connectors::{self, PATH, href};
use super::shell;
use crate::app::App;
use crate::connections::{self, CALLBACK, ConnectorHealth, HubConnector};
use crate::error::Error;
use crate::web::actor::{Admin, SignedIn};
use crate::web::badge::Badge;
use crate::web::cause_words::cause_words;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Form, Path};
use crate::web::flash::Flash;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{When, count, grouped};

const ON: &str = "on";
const OFF: &str = "off";

const TURNED_OFF: &[&str] = &[
    "It leaves the catalogue. Nobody can connect it or run its tools.",
    "Jobs that wait are not sent: each fails, and says why.",
    "Connections and past jobs are kept. People can still disconnect.",
    "You can turn it on again at any time.",
];
const TURNED_ON: &[&str] =
    &["People find it in the catalogue, connect it and run its tools.", "Connections are as they were."];

#[derive(Template)]
#[template(path = "admin/connector.html")]
struct ShowPage {
    shell: Shell,
    name: String,
    description: String,
    kind: &'static str,
    /// Address of its page for everybody; `None` while it is off.
    page: Option<String>,
    tools: String,
    connections: String,
    /// Number of people and organisations with a connection.
    owners: String,
    calls: String,
    /// Causes of the failed calls, each with its number.
    causes: Vec<String>,
    /// State and address of the OAuth application, and the label of the link to it.
    application: Option<(Badge, String, &'static str)>,
    sunset: Option<(String, String)>,
    turned_off_at: Option<When>,
    /// Address of the page that turns it on or off.
    availability: String,
}

pub(super) async fn show(State(app): State<App>, Admin(me): Admin, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let now = app.clock.now();
    let (connector, health) = find(&app, &slug).await?;
    let place = me.here().path(&format!("/connectors/{slug}"));
    let calls = match connector.calls {
        (0, _) => "None".to_owned(),
        some => connectors::calls(some),
    };
    Ok(page(&ShowPage {
        shell: shell(&me, connector.name.clone()).await.breadcrumb("Hub connectors", PATH),
        kind: connectors::kind(connector.transport, connector.auth),
        tools: grouped(connector.tool_count.unsigned_abs()),
        connections: connection_words(&health),
        owners: grouped(health.owners.unsigned_abs()),
        calls,
        causes: cause_lines(&health),
        application: connector
            .application
            .filter(|_| connector.turned_off_at.is_none())
            .map(|state| (connectors::badge(state), format!("{place}/application"), connectors::link_label(state))),
        sunset: connectors::sunset(connector.sunset, now.date()),
        turned_off_at: me.calendar(now).when_any(connector.turned_off_at),
        availability: format!("{}/availability", href(&slug)),
        page: connector.turned_off_at.is_none().then_some(place),
        name: connector.name,
        description: connector.description,
    }))
}

pub(super) async fn edit(State(app): State<App>, Admin(me): Admin, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let (connector, _) = find(&app, &slug).await?;
    let (name, is_off) = (&connector.name, connector.turned_off_at.is_some());
    Ok(page(&ChangePage {
        shell: shell_below(&me, if is_off { "Turn on" } else { "Turn off" }, &connector).await,
        question: if is_off {
            format!("Turn {name} on for everybody?")
        } else {
            format!("Turn {name} off for everybody?")
        },
        facts: if is_off { TURNED_ON } else { TURNED_OFF },
        action: format!("{}/availability", href(&slug)),
        to: if is_off { ON } else { OFF },
        button: if is_off { "Turn on" } else { "Turn off" },
        is_danger: !is_off,
        keep: "Change nothing",
        back: href(&slug),
    }))
}

pub(super) async fn update(
    State(app): State<App>,
    admin: Admin,
    Path(BySlug { slug }): Path<BySlug>,
    Form(Change { to }): Form<Change>,
) -> Result {
    let is_on = match to.as_str() {
        ON => true,
        OFF => false,
        _ => return Err(Error::NotFound("change").into()),
    };
    let (connector, _) = find(&app, &slug).await?;
    let now = app.clock.now();
    let is_changed = connections::turn_hub_connector(&app.system, &admin.hub_actor(), &slug, is_on, now).await?;
    let text = format!("{} is turned {to} for everybody.", connector.name);
    let flash = if is_changed { Flash::success(text) } else { Flash::important(text) };
    admin.0.flash(flash).await?;
    Ok(see_other(&href(&slug)))
}

async fn find(app: &App, slug: &str) -> crate::error::Result<(HubConnector, ConnectorHealth)> {
    let callback: Url = app.public_url.join(CALLBACK).map_err(Error::internal)?;
    connections::find_hub_connector(&app.system, slug, &callback, app.clock.now()).await
}

/// Returns the shell of a page below the page of a connector.
async fn shell_below(me: &SignedIn, title: &str, connector: &HubConnector) -> Shell {
    let shell = shell(me, title).await.breadcrumb("Hub connectors", PATH);
    shell.breadcrumb(connector.name.clone(), href(&connector.slug))
}

/// Describes the connections: `10 connected, 2 expired`.
fn connection_words(health: &ConnectorHealth) -> String {
    if health.connections.is_empty() {
        return "None".to_owned();
    }
    let part = |(status, count): &(connections::ConnectionStatus, i64)| {
        format!("{} {}", grouped(count.unsigned_abs()), Badge::connection(*status).word.to_lowercase())
    };
    let parts: Vec<_> = health.connections.iter().map(part).collect();
    parts.join(", ")
}

/// Describes each cause of failed calls: `3 calls: took too long`.
fn cause_lines(health: &ConnectorHealth) -> Vec<String> {
    let line =
        |(cause, calls): &(String, i64)| format!("{}: {}", count(calls.unsigned_abs(), "call"), cause_words(cause));
    health.causes.iter().map(line).collect()
}
