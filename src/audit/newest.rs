//! The newest entries, for the dashboard.

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AuditId;

/// An entry in short form.
#[derive(Clone, Debug)]
pub struct RecentEntry {
    /// Key.
    pub id: AuditId,
    /// `noun.past`.
    pub action: String,
    /// Name of the connector, if it still exists.
    pub connector: Option<String>,
    /// Tool that ran.
    pub tool_name: Option<String>,
    /// `success` or `error`.
    pub outcome: String,
    /// Time of the action.
    pub created_at: Timestamp,
}

/// Returns the actor's newest entries, in the caller's transaction.
pub async fn list_newest(conn: &mut PgConnection, actor: &Actor, most: i64) -> Result<Vec<RecentEntry>> {
    let entries = sqlx::query_as!(
        RecentEntry,
        r#"
        SELECT e.id AS "id: AuditId",
               e.action,
               c.name AS "connector?",
               e.tool_name,
               e.outcome,
               e.created_at
        FROM audit_entries e
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE e.user_id = $1
        ORDER BY e.id DESC
        LIMIT $2
        "#,
        actor.user_id() as _,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}
