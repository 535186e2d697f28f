//! The subject of an audit entry: the tool that ran, with its connector, or the title of the action.
//!
//! A tool has the title of the version that ran, as in the list of jobs, so a tool that is renamed later keeps its old title here.
//! Without a stored job, or a title, it has its name at the server.

use crate::audit::{ActionName, AuditEntry, EntryDetail, RecentEntry, Stored};

/// The subject of an entry, as lists and pages name it.
pub(super) struct Subject {
    /// "Hash a text · Workbench", or the title of an action without a tool.
    pub(super) name: String,
    /// Title of the action if a tool ran, or the connector of another action.
    pub(super) note: Option<String>,
}

impl Subject {
    pub(super) fn of_entry(entry: &AuditEntry) -> Self {
        Self::new(&entry.action, entry.tool_title.as_ref().or(entry.tool_name.as_ref()), entry.connector.as_deref())
    }

    pub(super) fn of_detail(entry: &EntryDetail) -> Self {
        Self::new(&entry.action, entry.tool_title.as_ref().or(entry.tool_name.as_ref()), entry.connector.as_deref())
    }

    pub(super) fn of_recent(entry: &RecentEntry) -> Self {
        Self::new(&entry.action, entry.tool_title.as_ref().or(entry.tool_name.as_ref()), entry.connector.as_deref())
    }

    fn new(action: &Stored<ActionName>, tool: Option<&String>, connector: Option<&str>) -> Self {
        let title = action.title().to_owned();
        match (tool, connector) {
            (Some(tool), Some(connector)) => Self { name: format!("{tool} · {connector}"), note: Some(title) },
            (Some(tool), None) => Self { name: tool.clone(), note: Some(title) },
            (None, connector) => Self { name: title, note: connector.map(ToOwned::to_owned) },
        }
    }
}
