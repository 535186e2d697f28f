//! Views of the connector pages.

use askama::Template;

use crate::connectors::{Effect, Transport};
use crate::error::FieldFaults;
use crate::schema_form::{FormView, SummaryView};
use crate::web::badge::Badge;
use crate::web::connectors::connection_picker::ConnectionPicker;
use crate::web::shell::Shell;
use crate::web::tile::Tile;
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
    pub(super) auths: [RadioOption; 3],
    pub(super) ends_on: &'a str,
}

/// A radio button.
pub(super) struct RadioOption {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
}

/// The form of a tool.
#[derive(Template)]
#[template(path = "connectors/tool.html")]
pub(super) struct ToolPage {
    pub(super) shell: Shell,
    pub(super) tile: Tile,
    pub(super) label: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) effect: Option<Badge>,
    pub(super) action: String,
    /// The form takes files.
    pub(super) takes_files: bool,
    pub(super) idem: String,
    pub(super) summary: SummaryView,
    pub(super) form: FormView,
    pub(super) picker: ConnectionPicker,
    pub(super) is_destructive: bool,
    /// The tool has changed, and waits for its owner.
    pub(super) held: Option<HeldNote>,
    pub(super) transport: Transport,
    /// The reason why the hub cannot use the tool's schema.
    pub(super) unusable_reason: Option<String>,
    /// The button that shows the form in its other view: operation and label.
    pub(super) other_view: Option<(&'static str, &'static str)>,
    /// The moment since which the tool has changed, as the end of a sentence.
    pub(super) changed_since: Option<&'static str>,
    /// Name of the saved input that fills the form.
    pub(super) filled_with: Option<String>,
    /// The saved inputs of the reader.
    pub(super) saved: Vec<SavedView>,
    /// The schema has an example for something that the form leaves empty.
    pub(super) lacks_example: bool,
    /// The newest runs of the reader, and the address of all.
    pub(super) runs: Vec<RunView>,
    pub(super) all_runs: String,
    pub(super) schema: SchemaText,
    /// The names for assistants, if they can call the tool.
    pub(super) assistants: Option<AssistantNames>,
}

/// The names that assistants call the tool by, and the changes of its schema for them.
pub(super) struct AssistantNames {
    pub(super) names: Vec<AssistantName>,
    /// Changes, as parts of a sentence.
    pub(super) changes: Vec<String>,
    /// The number of changes that are left out.
    pub(super) more_changes: usize,
}

/// The name for assistants, through one connection.
pub(super) struct AssistantName {
    pub(super) name: String,
    /// Label of the connection; empty if it says nothing.
    pub(super) label: String,
}

impl ToolPage {
    /// Returns true if an MCP server describes the tool. The hub itself describes all others.
    fn is_of_server(&self) -> bool {
        self.transport == Transport::Mcp
    }
}

/// The note of a tool that is held back.
pub(super) struct HeldNote {
    /// Name of the connector.
    pub(super) connector: String,
    /// Address of the difference.
    pub(super) href: String,
    /// The reader has just tried to run the tool.
    pub(super) is_refusal: bool,
}

/// The schema of a tool's input as JSON.
pub(super) struct SchemaText {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

/// A saved input of the tool.
pub(super) struct SavedView {
    pub(super) name: String,
    /// Address of the form with its values.
    pub(super) href: String,
    /// Address of the page that shows and deletes it.
    pub(super) details: String,
    /// It fills the form.
    pub(super) is_shown: bool,
}

/// A former run of the tool.
pub(super) struct RunView {
    pub(super) href: String,
    /// Address of the form with the input of the run.
    pub(super) again: String,
    pub(super) status: Badge,
    pub(super) at: When,
    /// Length of the run; empty if the job has not finished, or never ran.
    pub(super) took: String,
}

/// Returns the badge of the effect that the server states; `None` if the server states none.
pub(super) fn effect_badge(effect: Effect) -> Option<Badge> {
    match effect {
        Effect::ReadOnly => Some(Badge::READ_ONLY),
        Effect::Idempotent | Effect::Writes => Some(Badge::CHANGES_DATA),
        Effect::Destructive => Some(Badge::DESTROYS_DATA),
        Effect::Unknown => None,
    }
}

/// Returns the effect as a part of a sentence.
pub(super) const fn effect_text(effect: Effect) -> &'static str {
    match effect {
        Effect::ReadOnly => "read-only",
        Effect::Idempotent => "changes data, the same when repeated",
        Effect::Writes => "changes data",
        Effect::Destructive => "overwrites or deletes data",
        Effect::Unknown => "not said",
    }
}

pub(super) const fn kind_label(transport: Transport) -> &'static str {
    match transport {
        Transport::Builtin => "Built in",
        Transport::Mcp => "MCP server",
        Transport::Rest => "REST API",
    }
}

/// Returns the first sentence of a description, cut to 200 characters, for a table.
pub(super) fn first_sentence(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |index| index + 1);
    let sentence: String = line[..end].chars().take(MAX_CHARS).collect();
    if sentence.len() < end { format!("{sentence}…") } else { sentence }
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn the_first_sentence_is_kept_and_long_text_is_cut() {
        assert_eq!(first_sentence("\nReads mail. Then more."), "Reads mail.");
        assert_eq!(first_sentence(&"x".repeat(300)).chars().count(), 201);
    }
}
