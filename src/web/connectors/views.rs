//! What the connector pages show, computed.

use askama::Template;

use crate::connectors::{Effect, Transport};
use crate::error::FieldFaults;
use crate::schema_form::{FormView, SummaryView};
use crate::web::badge::Badge;
use crate::web::connectors::connection_picker::ConnectionPicker;
use crate::web::shell::Shell;
use crate::web::when::When;

/// The form that adds an MCP server.
#[derive(Template)]
#[template(path = "connectors/new_mcp.html")]
pub(super) struct NewPage<'a> {
    pub(super) shell: Shell,
    pub(super) faults: &'a FieldFaults,
    pub(super) name: &'a str,
    pub(super) url: &'a str,
    pub(super) auth: &'a str,
    pub(super) auths: [Choice; 3],
    pub(super) ends_on: &'a str,
}

/// A radio button.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
}

/// The form of a tool.
#[derive(Template)]
#[template(path = "connectors/tool.html")]
pub(super) struct ToolPage {
    pub(super) shell: Shell,
    pub(super) label: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) effect: Option<Badge>,
    pub(super) action: String,
    pub(super) idem: String,
    pub(super) summary: SummaryView,
    pub(super) form: FormView,
    pub(super) picker: ConnectionPicker,
    pub(super) preview: Option<String>,
    pub(super) as_json: bool,
    /// True if the job whose input fills the form ran another version.
    pub(super) is_newer: bool,
}

/// What is left of a tool that its server no longer lists.
#[derive(Template)]
#[template(path = "connectors/removed.html")]
pub(super) struct RemovedPage {
    pub(super) shell: Shell,
    pub(super) label: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) connector: String,
    pub(super) at: Option<When>,
    pub(super) jobs: String,
    pub(super) tools: String,
}

/// The badge of what a tool does, as its server says; a silent server gets none.
pub(super) fn effect(effect: Effect) -> Option<Badge> {
    match effect {
        Effect::ReadOnly => Some(Badge::READ_ONLY),
        Effect::Idempotent | Effect::Writes => Some(Badge::CHANGES_DATA),
        Effect::Destructive => Some(Badge::DELETES_DATA),
        Effect::Unknown => None,
    }
}

/// The same within a sentence.
pub(super) const fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::ReadOnly => "read-only",
        Effect::Idempotent => "changes data, the same when repeated",
        Effect::Writes => "changes data",
        Effect::Destructive => "deletes data",
        Effect::Unknown => "not said",
    }
}

pub(super) const fn kind(transport: Transport) -> &'static str {
    match transport {
        Transport::Builtin => "Built in",
        Transport::Mcp => "MCP server",
        Transport::Rest => "REST API",
    }
}

/// The first sentence of a server's words, for a table.
pub(super) fn first_sentence(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    let sentence: String = line[..end].chars().take(LONGEST).collect();
    if sentence.len() < end { format!("{sentence}…") } else { sentence }
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn a_table_shows_one_sentence() {
        assert_eq!(first_sentence("\nReads mail. Then more."), "Reads mail.");
        assert_eq!(first_sentence(&"x".repeat(300)).chars().count(), 201);
    }
}
