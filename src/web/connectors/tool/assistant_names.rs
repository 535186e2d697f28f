//! The names that assistants call a tool by, and what they get of its schema, for the page of the tool.

use serde_json::Value;

use crate::assistants::{OfferedTool, WireSchema};
use crate::connections::label;
use crate::foreign_text::clean_text;
use crate::web::connectors::views::{AssistantName, AssistantNames};

/// Most changes of a schema that the page lists.
const MAX_SHOWN_CHANGES: usize = 5;

/// Most characters of a change.
const MAX_CHANGE_LENGTH: usize = 200;

impl AssistantNames {
    /// Returns the names of a tool's offers; `None` if assistants cannot call it.
    pub(super) fn new(offers: &[OfferedTool], schema: &Value) -> Option<Self> {
        let has_several = offers.len() > 1;
        let label_of = |offer: &OfferedTool| {
            offer.connection_label.clone().filter(|it| has_several || label::is_given(it)).unwrap_or_default()
        };
        let names = offers.iter().map(|it| AssistantName { name: it.tool_name().to_string(), label: label_of(it) });
        let names: Vec<_> = names.collect();
        let changes = WireSchema::from_input(schema.clone()).changes;
        (!names.is_empty()).then(|| Self {
            names,
            more_changes: changes.len().saturating_sub(MAX_SHOWN_CHANGES),
            changes: changes.iter().take(MAX_SHOWN_CHANGES).map(|it| shown_change(&it.to_string())).collect(),
        })
    }
}

/// Returns a change without what a page does not show. It names properties, which a server has chosen.
fn shown_change(change: &str) -> String {
    let clean = clean_text(change);
    match clean.char_indices().nth(MAX_CHANGE_LENGTH) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean.into_owned(),
    }
}
