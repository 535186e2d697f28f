//! Discovers the tools of a server again, and shows what has changed.

use askama::Template;
use axum::extract::State;

use super::views::{effect_text, first_sentence};
use super::{below, find_discoverable, href};
use crate::app::App;
use crate::connections::{self, DiscoveryOutcome};
use crate::connectors::{self, AddedTool, ChangedPart, ChangedTool, Connector, ToolChanges};
use crate::upstream::{Discovery, DroppedTool};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path};
use crate::web::flash::Flash;
use crate::web::here::Here;
use crate::web::path::segment;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_discoverable(&app, &me, &slug).await?;
    let changes = connectors::find_changes(&app.db, &me.actor, connector.id).await?;
    let shell = below(&me, "Changes of tools", &connector).await;
    Ok(page(&ChangesPage::new(shell, &connector, changes, &me.calendar(app.clock.now()))))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_discoverable(&app, &me, &slug).await?;
    let now = app.clock.now();
    let outcome =
        connections::discover_tools(&app.db, &app.egress, &app.refresher, &me.actor, connector.id, now).await?;
    me.flash(describe_outcome(&connector.name, &outcome)).await?;
    Ok(see_other(&format!("{}/discovery", href(&connector, me.here()))))
}

fn describe_outcome(name: &str, outcome: &DiscoveryOutcome) -> Flash {
    match outcome {
        DiscoveryOutcome::Found(found, changed) => {
            let mut message = match (changed.is_empty(), found.tools.len() as u64) {
                (true, tools) => format!("Nothing has changed. {name} lists {} as before.", when::count(tools, "tool")),
                (false, tools) => format!(
                    "{name} lists {} now: {} added, {} changed, {} removed.",
                    when::count(tools, "tool"),
                    changed.added,
                    changed.changed,
                    changed.removed
                ),
            };
            message.push_str(&describe_dropped(found));
            Flash::success(message)
        }
        DiscoveryOutcome::Failed(reason) => {
            Flash::important(format!("{reason}. The list of tools of {name} is unchanged."))
        }
        DiscoveryOutcome::TooSoon(interval) => Flash::important(format!(
            "{name} was checked less than {} ago. Its list of tools is from that check; try again later.",
            when::interval(*interval)
        )),
    }
}

/// Describes the tools that the hub cannot use; empty without any.
pub(super) fn describe_dropped(found: &Discovery) -> String {
    let sentence = |it: &DroppedTool| format!(" “{}” was left out: {}.", it.name, it.reason);
    found.dropped.iter().map(sentence).collect()
}

/// Changes of the tools.
#[derive(Template)]
#[template(path = "connectors/changes.html")]
struct ChangesPage {
    shell: Shell,
    name: String,
    discovery: DiscoveryView,
    at: Option<When>,
    added: Vec<ListedTool>,
    removed: Vec<ListedTool>,
    changed: Vec<ToolChange>,
    more: bool,
}

/// The time of the last discovery, with a button for the next.
pub(super) struct DiscoveryView {
    pub(super) action: String,
    pub(super) at: When,
    pub(super) failure: Option<String>,
    /// Time at which the server reported changed tools.
    pub(super) changed_at: Option<When>,
    /// The page links to the changes.
    pub(super) has_link: bool,
}

/// An added or removed tool.
struct ListedTool {
    name: String,
    href: String,
    description: String,
}

/// A tool whose definition has changed.
struct ToolChange {
    name: String,
    href: String,
    parts: Vec<String>,
    /// The description before and now.
    descriptions: Option<(String, String)>,
}

impl DiscoveryView {
    /// Returns `None` if the tools come with the hub.
    pub(super) fn new(connector: &Connector, here: &Here, calendar: &Calendar) -> Option<Self> {
        let view = || Self { has_link: true, ..Self::for_connector(connector, here, calendar) };
        connector.has_discovery().then(view)
    }

    fn for_connector(connector: &Connector, here: &Here, calendar: &Calendar) -> Self {
        Self {
            action: format!("{}/discovery", href(connector, here)),
            at: calendar.when(connector.discovered_at.unwrap_or(connector.created_at)),
            failure: connector.discovery_failure.clone(),
            changed_at: calendar.when_any(connector.change_announced_at),
            has_link: false,
        }
    }
}

impl ChangesPage {
    fn new(shell: Shell, connector: &Connector, changes: ToolChanges, calendar: &Calendar) -> Self {
        let here = shell.here();
        let service = href(connector, &here);
        let href = |tool: &str| format!("{service}/tools/{}", segment(tool));
        let added = |it: AddedTool| ListedTool {
            href: href(&it.name),
            description: first_sentence(&it.description),
            name: it.name,
        };
        let removed = |name: String| ListedTool { href: href(&name), description: String::new(), name };
        Self {
            shell,
            name: connector.name.clone(),
            discovery: DiscoveryView::for_connector(connector, &here, calendar),
            at: calendar.when_any(changes.at),
            added: changes.added.into_iter().map(added).collect(),
            removed: changes.removed.into_iter().map(removed).collect(),
            changed: changes.changed.into_iter().map(|it| ToolChange::new(href(&it.name), it)).collect(),
            more: changes.more,
        }
    }
}

impl ToolChange {
    fn new(href: String, tool: ChangedTool) -> Self {
        let mut descriptions = None;
        let mut parts = Vec::new();
        for part in tool.parts {
            parts.push(describe_part(&part));
            if let ChangedPart::Description { before, after } = part {
                descriptions = Some((before, after));
            }
        }
        Self { name: tool.name, href, parts, descriptions }
    }
}

/// Describes a part of a change.
fn describe_part(part: &ChangedPart) -> String {
    let title = |title: &Option<String>| title.as_ref().map_or("none".to_owned(), |it| format!("“{it}”"));
    match part {
        ChangedPart::Title { before, after } => format!("Title: from {} to {}", title(before), title(after)),
        ChangedPart::Description { .. } => "The description has changed".to_owned(),
        ChangedPart::Effect { before, after } => {
            format!("Effect, according to the server: from “{}” to “{}”", effect_text(*before), effect_text(*after))
        }
        ChangedPart::ArgumentAdded { name, required: true } => format!("Argument “{name}” was added, and is required"),
        ChangedPart::ArgumentAdded { name, .. } => format!("Argument “{name}” was added"),
        ChangedPart::ArgumentRemoved { name } => format!("Argument “{name}” was removed"),
        ChangedPart::ArgumentChanged { name, rules } => format!("Argument “{name}” has changed: {}", rules.join(", ")),
        ChangedPart::Arguments => "Other rules about the arguments, or their order, have changed".to_owned(),
        ChangedPart::Output => "The description of its result has changed".to_owned(),
        ChangedPart::Hints => "Its hints have changed; its stated effect has not".to_owned(),
    }
}
