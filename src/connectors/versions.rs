//! Synchronisation of the stored tools with those that a server lists. Versions are never changed.
//!
//! A changed definition of a known tool becomes its pending version: the tool does not run until its owner accepts it. Tools that
//! come with the hub have no owner; their new version is current at once.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::PgConnection;

use super::definition::fingerprint;
use super::store_versions::{self as store, ListedTool, NewVersion, StoredTool, StoredVersion};
use crate::audit::Action;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, OwnerId, ToolId, ToolVersionId};
use crate::upstream::ToolDefinition;

/// The numbers of tools that a discovery found changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolChangeCounts {
    /// Tools that are listed for the first time, or again.
    pub added: usize,
    /// Known tools that are listed with another definition.
    pub changed: usize,
    /// Tools that are no longer listed.
    pub removed: usize,
    /// True for the first discovery: every tool is new to the owner.
    pub is_first: bool,
}

impl ToolChangeCounts {
    /// Reports whether no tool changed.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.added + self.changed + self.removed == 0
    }

    /// Returns the audit action.
    pub(super) fn as_action(self, connector: ConnectorId, tools: usize) -> Action {
        Action::ToolsDiscovered { connector, tools, changed: self.added + self.changed, removed: self.removed }
    }
}

/// A tool that a server or a shipped file lists.
pub(super) struct Listed<'a> {
    pub(super) definition: &'a ToolDefinition,
    /// Description of its request, for a tool of a REST service.
    pub(super) request: Option<Value>,
}

impl Listed<'_> {
    fn fingerprint(&self) -> Vec<u8> {
        fingerprint(self.definition, self.request.as_ref())
    }
}

/// Stores the tools that a server lists: new and changed definitions as new versions. Hides tools that are no longer listed.
pub(super) async fn save(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
    listed: &[ToolDefinition],
    now: Timestamp,
) -> Result<ToolChangeCounts> {
    let listed: Vec<_> = listed.iter().map(|definition| Listed { definition, request: None }).collect();
    save_with_requests(conn, owner, connector, &listed, now).await
}

/// Like [`save`], for tools with a description of their requests.
pub(super) async fn save_with_requests(
    conn: &mut PgConnection,
    owner: Option<OwnerId>,
    connector: ConnectorId,
    listed: &[Listed<'_>],
    now: Timestamp,
) -> Result<ToolChangeCounts> {
    let stored = StoredTools::load(conn, owner, connector, listed).await?;
    let id_of = |tool| stored.get(tool).map_or_else(|| ToolId::new(now), |row| row.id);
    let tools: Vec<_> = listed.iter().map(|tool| ListedTool { id: id_of(tool), definition: tool.definition }).collect();
    store::upsert(conn, owner, connector, &tools, now).await?;

    let (mut new, mut withdrawn) = (Vec::new(), Vec::new());
    let mut counts = ToolChangeCounts { is_first: stored.by_name.is_empty(), ..ToolChangeCounts::default() };
    for (ListedTool { id: tool, definition }, listed) in tools.into_iter().zip(listed) {
        let row = stored.get(listed);
        let offer = stored.offer(listed);
        match offer {
            Offer::New if row.is_some_and(|row| row.current.is_some()) => counts.changed += 1,
            Offer::Current => withdrawn.extend(row.filter(|row| row.pending.is_some()).map(|row| row.id)),
            Offer::New | Offer::Pending => {}
        }
        if row.is_none_or(|row| !row.is_active && offer != Offer::New) {
            counts.added += 1;
        }
        if offer == Offer::New {
            let is_held = owner.is_some() && row.is_some_and(|row| row.current.is_some());
            let (request, hash) = (listed.request.as_ref(), listed.fingerprint());
            new.push(NewVersion { tool, definition, request, hash, is_held });
        }
    }
    store::insert_versions(conn, owner, &new, now).await?;
    store::withdraw_pending(conn, owner, &withdrawn).await?;

    let names: Vec<_> = listed.iter().map(|tool| tool.definition.name.clone()).collect();
    counts.removed = store::hide_unlisted(conn, owner, connector, &names, now).await?;
    Ok(counts)
}

/// The definition that a server offers of a tool, compared with the stored ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// A definition that is not stored, or not any more the newest.
    New,
    /// That of the current version.
    Current,
    /// That of the pending version.
    Pending,
}

/// The stored tools of a connector, by name.
struct StoredTools {
    by_name: HashMap<String, StoredTool>,
    /// Fingerprints of versions whose stored hash is another than the listed one: former releases hashed JSON in the order of
    /// the server, so the definition is hashed anew.
    fingerprints: HashMap<ToolVersionId, Vec<u8>>,
}

impl StoredTools {
    async fn load(
        conn: &mut PgConnection,
        owner: Option<OwnerId>,
        connector: ConnectorId,
        listed: &[Listed<'_>],
    ) -> Result<Self> {
        let rows = store::list_stored(conn, owner, connector).await?;
        let by_name: HashMap<_, _> = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
        let mut tools = Self { by_name, fingerprints: HashMap::new() };
        let doubtful: Vec<_> = listed
            .iter()
            .filter(|tool| tools.offer(tool) == Offer::New)
            .filter_map(|tool| tools.get(tool))
            .flat_map(|row| [&row.current, &row.pending].into_iter().flatten().map(|version| version.id))
            .collect();
        if !doubtful.is_empty() {
            let definitions = store::list_definitions(conn, owner, &doubtful).await?;
            tools.fingerprints =
                definitions.iter().map(|(id, definition)| (*id, fingerprint(definition, None))).collect();
        }
        Ok(tools)
    }

    fn get(&self, tool: &Listed<'_>) -> Option<&StoredTool> {
        self.by_name.get(&tool.definition.name)
    }

    fn offer(&self, tool: &Listed<'_>) -> Offer {
        let Some(row) = self.get(tool) else { return Offer::New };
        let hash = tool.fingerprint();
        let is_same = |version: &Option<StoredVersion>| {
            version.as_ref().is_some_and(|it| self.fingerprints.get(&it.id).unwrap_or(&it.hash) == &hash)
        };
        match (is_same(&row.current), is_same(&row.pending)) {
            (true, _) => Offer::Current,
            (_, true) => Offer::Pending,
            _ => Offer::New,
        }
    }
}
