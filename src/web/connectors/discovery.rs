//! Looking at a server's tools again, and what that has found.

use std::fmt::Write;

use askama::Template;
use axum::extract::State;

use super::below;
use super::views::{effect_words, first_sentence};
use crate::app::App;
use crate::connections::{self, DiscoveryOutcome};
use crate::connectors::{self, Added, ChangedTool, Changes, Connector, Part};
use crate::error::Error;
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::Path;
use crate::web::flash::Flash;
use crate::web::path::segment;
use crate::web::respond::{page, see_other};
use crate::web::shell::Shell;
use crate::web::when::{self, Calendar, When};

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(slug): Path<String>) -> Result {
    let connector = own(&app, &me, &slug).await?;
    let changes = connectors::changes(&app.db, &me.actor, connector.id).await?;
    let shell = below(&me, "Changes of tools", &connector).await;
    Ok(page(&ChangesPage::new(shell, &connector, changes, &me.calendar(app.clock.now()))))
}

pub(super) async fn create(State(app): State<App>, me: SignedIn, Path(slug): Path<String>) -> Result {
    let connector = own(&app, &me, &slug).await?;
    let now = app.clock.now();
    let looked =
        connections::discover_tools(&app.db, &app.egress, &app.refresher, &me.actor, connector.id, now).await?;
    me.flash(told(&connector.name, &looked)).await?;
    Ok(see_other(&format!("/connectors/{slug}/discovery")))
}

/// The connector, if its tools come from a server that its user has added: others have nothing to look for.
async fn own(app: &App, me: &SignedIn, slug: &str) -> Result<Connector> {
    let connector = connectors::find(&app.db, &me.actor, slug).await?;
    if connector.can_be_looked_at() { Ok(connector) } else { Err(Error::NotFound("server of your own").into()) }
}

fn told(name: &str, looked: &DiscoveryOutcome) -> Flash {
    match looked {
        DiscoveryOutcome::Found(found, changed) => {
            let mut words = match (changed.is_nothing(), found.tools.len() as u64) {
                (true, tools) => format!("Nothing has changed. {name} lists {} as before.", when::count(tools, "tool")),
                (false, tools) => format!(
                    "{name} lists {} now: {} added, {} changed, {} removed.",
                    when::count(tools, "tool"),
                    changed.added,
                    changed.changed,
                    changed.removed
                ),
            };
            for left_out in &found.dropped {
                let _ = write!(words, " “{}” was left out: {}.", left_out.name, left_out.reason);
            }
            Flash::success(words)
        }
        DiscoveryOutcome::Failed(message) => {
            Flash::important(format!("{message}. The tools of {name} are as they were."))
        }
        DiscoveryOutcome::TooSoon(every) => Flash::important(format!(
            "{name} was looked at a moment ago, and is asked once in {} at most. Its tools are as the last look found them.",
            when::duration(*every)
        )),
    }
}

/// What has changed.
#[derive(Template)]
#[template(path = "connectors/changes.html")]
struct ChangesPage {
    shell: Shell,
    name: String,
    look: LookView,
    at: Option<When>,
    added: Vec<Tool>,
    removed: Vec<Tool>,
    changed: Vec<Changed>,
    more: bool,
}

/// When the server was asked last, and the way to ask it again.
pub(super) struct LookView {
    pub(super) action: String,
    pub(super) at: When,
    pub(super) failure: Option<String>,
    /// Since when the server says that it has news.
    pub(super) news: Option<When>,
    /// True where a link to the changes helps: not on their own page.
    pub(super) leads_on: bool,
}

/// A tool that came or went.
struct Tool {
    name: String,
    href: String,
    does: String,
}

/// A tool that is not what it was.
struct Changed {
    name: String,
    href: String,
    parts: Vec<String>,
    /// The server's words, as they were and as they are.
    words: Option<(String, String)>,
}

impl LookView {
    /// None: the tools do not come from a server of the user's own.
    pub(super) fn new(connector: &Connector, calendar: &Calendar) -> Option<Self> {
        connector.can_be_looked_at().then(|| Self { leads_on: true, ..Self::of(connector, calendar) })
    }

    fn of(connector: &Connector, calendar: &Calendar) -> Self {
        Self {
            action: format!("/connectors/{}/discovery", connector.slug),
            at: calendar.when(connector.looked_at.unwrap_or(connector.created_at)),
            failure: connector.look_failure.clone(),
            news: calendar.when_any(connector.news_at),
            leads_on: false,
        }
    }
}

impl ChangesPage {
    fn new(shell: Shell, connector: &Connector, changes: Changes, calendar: &Calendar) -> Self {
        let href = |tool: &str| format!("/connectors/{}/tools/{}", connector.slug, segment(tool));
        let added = |it: Added| Tool { href: href(&it.name), does: first_sentence(&it.description), name: it.name };
        let removed = |name: String| Tool { href: href(&name), does: String::new(), name };
        Self {
            shell,
            name: connector.name.clone(),
            look: LookView::of(connector, calendar),
            at: calendar.when_any(changes.at),
            added: changes.added.into_iter().map(added).collect(),
            removed: changes.removed.into_iter().map(removed).collect(),
            changed: changes.changed.into_iter().map(|it| Changed::new(href(&it.name), it)).collect(),
            more: changes.more,
        }
    }
}

impl Changed {
    fn new(href: String, tool: ChangedTool) -> Self {
        let mut words = None;
        let mut parts = Vec::new();
        for part in tool.parts {
            parts.push(sentence(&part));
            if let Part::Description { before, after } = part {
                words = Some((before, after));
            }
        }
        Self { name: tool.name, href, parts, words }
    }
}

/// A part of a change, in words.
fn sentence(part: &Part) -> String {
    let title = |title: &Option<String>| title.as_ref().map_or("none".to_owned(), |it| format!("“{it}”"));
    match part {
        Part::Title { before, after } => format!("Title: from {} to {}", title(before), title(after)),
        Part::Description { .. } => "The description has changed".to_owned(),
        Part::Effect { before, after } => {
            format!("Stated effect: from “{}” to “{}”", effect_words(*before), effect_words(*after))
        }
        Part::ArgumentAdded { name, required: true } => format!("Argument “{name}” was added, and is required"),
        Part::ArgumentAdded { name, .. } => format!("Argument “{name}” was added"),
        Part::ArgumentRemoved { name } => format!("Argument “{name}” was removed"),
        Part::ArgumentChanged { name, rules } => format!("Argument “{name}” has changed: {}", rules.join(", ")),
        Part::Arguments => "Other rules about the arguments, or their order, have changed".to_owned(),
        Part::Output => "What it returns is described in another way".to_owned(),
        Part::Hints => "Its hints have changed; its stated effect has not".to_owned(),
    }
}
