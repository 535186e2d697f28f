//! Discovers the tools of a server again.

use axum::extract::State;

use super::{find_discoverable, href};
use crate::app::App;
use crate::connections::{self, DiscoveryOutcome};
use crate::connectors::{Connector, Tool};
use crate::upstream::{Discovery, DroppedTool};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path};
use crate::web::flash::Flash;
use crate::web::here::Here;
use crate::web::respond::see_other;
use crate::web::when::{self, Calendar, When};

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
            message.push_str(&describe_held(changed.changed));
            message.push_str(&describe_dropped(found));
            if changed.changed == 0 { Flash::success(message) } else { Flash::important(message) }
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

/// Describes what follows for changed tools; empty without any.
pub(super) fn describe_held(changed: usize) -> String {
    match changed {
        0 => String::new(),
        1 => " The changed tool runs again after you accept the change.".to_owned(),
        _ => " Changed tools run again after you accept their changes.".to_owned(),
    }
}

/// Describes the tools that the hub cannot use; empty without any.
pub(super) fn describe_dropped(found: &Discovery) -> String {
    let sentence = |it: &DroppedTool| format!(" “{}” was left out: {}.", it.name, it.reason);
    found.dropped.iter().map(sentence).collect()
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
    /// Tools that wait for the reader, for a page that links to the changes: "2 tools".
    pub(super) held: Option<String>,
}

impl DiscoveryView {
    /// Returns `None` if the tools come with the hub.
    pub(super) fn new(connector: &Connector, tools: &[Tool], here: &Here, calendar: &Calendar) -> Option<Self> {
        let held = tools.iter().filter(|tool| tool.is_held).count();
        let view = || Self {
            has_link: true,
            held: (held > 0).then(|| when::count(held as u64, "tool")),
            ..Self::for_connector(connector, here, calendar)
        };
        connector.has_discovery().then(view)
    }

    pub(super) fn for_connector(connector: &Connector, here: &Here, calendar: &Calendar) -> Self {
        Self {
            action: format!("{}/discovery", href(connector, here)),
            at: calendar.when(connector.discovered_at.unwrap_or(connector.created_at)),
            failure: connector.discovery_failure.clone(),
            changed_at: calendar.when_any(connector.change_announced_at),
            has_link: false,
            held: None,
        }
    }
}
