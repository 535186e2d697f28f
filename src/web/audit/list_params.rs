//! The query string of the log and of its export, as submitted.

use serde::Deserialize;

/// The query string of the list and of the export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListParams {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) who: String,
    pub(super) action: String,
    pub(super) outcome: String,
    pub(super) connector: String,
    pub(super) tool: String,
    pub(super) text: String,
    pub(super) before: String,
}

impl ListParams {
    pub(super) fn from(&self) -> &str {
        self.from.trim()
    }
    pub(super) fn to(&self) -> &str {
        self.to.trim()
    }
    pub(super) fn who(&self) -> &str {
        self.who.trim()
    }
    pub(super) fn action(&self) -> &str {
        self.action.trim()
    }
    pub(super) fn outcome(&self) -> &str {
        self.outcome.trim()
    }
    pub(super) fn connector(&self) -> &str {
        self.connector.trim()
    }
    pub(super) fn tool(&self) -> &str {
        self.tool.trim()
    }
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }
}
