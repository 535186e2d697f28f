//! The page of changed tools: the differences that wait for the reader, and what the latest discovery found.

use askama::Template;
use axum::extract::State;

use super::discovery::DiscoveryView;
use super::views::{effect_text, first_sentence};
use super::{below, find_discoverable, href};
use crate::app::App;
use crate::connectors::{
    self, AddedTool, ChangedPart, ChangedText, ChangedTool, Connector, Span, TextKind, ToolChanges, WordDiff,
};
use crate::web::actor::SignedIn;
use crate::web::error::Result;
use crate::web::extract::{BySlug, Path};
use crate::web::path::segment;
use crate::web::respond::page;
use crate::web::shell::Shell;
use crate::web::when::{Calendar, When, count};

pub(super) async fn show(State(app): State<App>, me: SignedIn, Path(BySlug { slug }): Path<BySlug>) -> Result {
    let connector = find_discoverable(&app, &me, &slug).await?;
    let changes = connectors::find_changes(&app.db, &me.actor, connector.id).await?;
    let shell = below(&me, "Changed tools", &connector).await;
    Ok(page(&ChangesPage::new(shell, &connector, changes, &me.calendar(app.clock.now()))))
}

/// The page.
#[derive(Template)]
#[template(path = "connectors/changes.html")]
pub(super) struct ChangesPage {
    shell: Shell,
    name: String,
    discovery: DiscoveryView,
    /// Address that accepts changes.
    acceptance: String,
    held: Vec<HeldTool>,
    /// Further tools are held back.
    has_more: bool,
    at: Option<When>,
    /// Results of the latest discovery with changes.
    found: Vec<FoundTools>,
}

/// Tools of a kind that a discovery found; never empty.
struct FoundTools {
    id: &'static str,
    heading: &'static str,
    tools: Vec<ListedTool>,
}

/// A tool of a list.
struct ListedTool {
    name: String,
    href: String,
    description: String,
}

/// A tool that is held back.
struct HeldTool {
    name: String,
    href: String,
    version: String,
    /// The changes, in sentences.
    parts: Vec<String>,
    texts: Vec<TextView>,
}

/// A text that has changed.
struct TextView {
    /// Id of its heading.
    id: String,
    heading: &'static str,
    /// The text is JSON.
    is_code: bool,
    diff: WordDiff,
}

impl ChangesPage {
    pub(super) fn new(shell: Shell, connector: &Connector, changes: ToolChanges, calendar: &Calendar) -> Self {
        let here = shell.here();
        let service = href(connector, &here);
        let href = |tool: &str| format!("{service}/tools/{}", segment(tool));
        let added = |it: AddedTool| ListedTool {
            href: href(&it.name),
            description: first_sentence(&it.description),
            name: it.name,
        };
        let listed = |name: String| ListedTool { href: href(&name), description: String::new(), name };
        let found = [
            ("accepted-heading", "Changed, and accepted", changes.accepted.into_iter().map(listed).collect()),
            ("added-heading", "New", changes.added.into_iter().map(added).collect()),
            ("removed-heading", "Removed", changes.removed.into_iter().map(listed).collect::<Vec<_>>()),
        ];
        let found = found.into_iter().filter(|(_, _, tools)| !tools.is_empty());
        let found = found.map(|(id, heading, tools)| FoundTools { id, heading, tools }).collect();
        Self {
            name: connector.name.clone(),
            discovery: DiscoveryView::for_connector(connector, &here, calendar),
            acceptance: format!("{service}/discovery/acceptance"),
            held: changes.held.into_iter().map(|it| HeldTool::new(href(&it.name), it)).collect(),
            has_more: changes.has_more,
            at: calendar.when_any(changes.at),
            found,
            shell,
        }
    }

    /// Returns the label of the button that accepts everything on the page; `None` if one change alone has a button.
    fn accept_all(&self) -> Option<String> {
        (self.held.len() > 1).then(|| format!("Accept these {}", count(self.held.len() as u64, "change")))
    }
}

impl HeldTool {
    fn new(href: String, tool: ChangedTool) -> Self {
        let version = tool.pending.to_string();
        let view = |text: ChangedText| TextView {
            id: format!("diff-{}-{version}", text_id(text.kind)),
            heading: text_heading(text.kind),
            is_code: !matches!(text.kind, TextKind::Title | TextKind::Description),
            diff: text.diff,
        };
        Self {
            href,
            parts: tool.parts.iter().filter_map(describe_part).collect(),
            texts: tool.texts.into_iter().map(view).collect(),
            name: tool.name,
            version,
        }
    }
}

const fn text_id(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Title => "title",
        TextKind::Description => "description",
        TextKind::Input => "input",
        TextKind::Result => "result",
        TextKind::Hints => "hints",
    }
}

const fn text_heading(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Title => "Title",
        TextKind::Description => "Description",
        TextKind::Input => "Schema of the input",
        TextKind::Result => "Schema of the result",
        TextKind::Hints => "Hints about its effect",
    }
}

/// Describes a part of a change; `None` if its text says the same.
fn describe_part(part: &ChangedPart) -> Option<String> {
    Some(match part {
        ChangedPart::Effect { before, after } => {
            format!("Effect, according to the server: from “{}” to “{}”", effect_text(*before), effect_text(*after))
        }
        ChangedPart::ArgumentAdded { name, required: true } => format!("Argument “{name}” was added, and is required"),
        ChangedPart::ArgumentAdded { name, .. } => format!("Argument “{name}” was added"),
        ChangedPart::ArgumentRemoved { name } => format!("Argument “{name}” was removed"),
        ChangedPart::ArgumentChanged { name, rules } => format!("Argument “{name}” has changed: {}", rules.join(", ")),
        ChangedPart::Arguments => "Other rules about the arguments have changed".to_owned(),
        ChangedPart::Title { .. } | ChangedPart::Description { .. } | ChangedPart::Output | ChangedPart::Hints => {
            return None;
        }
    })
}
