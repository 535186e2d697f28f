//! The log of the hub itself. Its entries belong to no person: administrators read them.

use sqlx::PgConnection;

use super::action_name::ActionName;
use super::stored::{AuditOutcome, Stored};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AuditId, OwnerId};
use crate::page::{PAGE_LIMIT, Page};

/// An entry of the hub's log.
#[derive(Clone, Debug)]
pub struct HubEntry {
    /// Primary key.
    pub id: AuditId,
    /// Name of the action.
    pub action: Stored<ActionName>,
    /// Name of the person who acted; `None` if nobody was signed in.
    pub actor_name: Option<String>,
    /// Address of the account that the entry is about.
    pub account: Option<String>,
    /// Redacted request as JSON text.
    pub request: Option<String>,
    /// Outcome of the action.
    pub outcome: AuditOutcome,
    /// Network address of the actor.
    pub ip: Option<String>,
    /// Time of the action.
    pub created_at: Timestamp,
}

impl HubEntry {
    /// Returns what the entry is about: the address of an account or of a person without one, or the name of a connector.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        let request = || serde_json::from_str::<serde_json::Value>(self.request.as_deref()?).ok();
        let of_request = || {
            let request = request()?;
            request.get("email").or_else(|| request.get("name"))?.as_str().map(ToOwned::to_owned)
        };
        self.account.clone().or_else(of_request)
    }
}

/// Lists entries of the hub's log, the newest first. The connection must see all rows.
pub async fn list_of_hub(conn: &mut PgConnection, before: Option<AuditId>) -> Result<Page<HubEntry>> {
    let rows = sqlx::query_as!(
        HubEntry,
        r#"
        SELECT e.id AS "id: AuditId",
               e.action AS "action: _",
               a.display_name AS "actor_name?",
               t.email AS "account?",
               b.request AS "request?",
               e.outcome AS "outcome: _",
               b.ip AS "ip?",
               e.created_at
        FROM audit_entries e
        LEFT JOIN audit_bodies b ON b.owner_id = e.owner_id AND b.entry_id = e.id
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users t ON e.target_kind = 'account' AND t.id::text = e.target_id
        WHERE e.owner_id = $1 AND e.id < $2
        ORDER BY e.id DESC
        LIMIT $3
        "#,
        OwnerId::HUB as _,
        before.unwrap_or(AuditId::LAST) as _,
        PAGE_LIMIT,
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::cut(rows))
}
