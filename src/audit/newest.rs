//! The newest entries, for the dashboard.

use sqlx::PgConnection;

use super::entry::RecentEntry;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::AuditId;

/// Returns the actor's newest entries, in the caller's transaction.
pub async fn list_newest(conn: &mut PgConnection, actor: &Actor, most: i64) -> Result<Vec<RecentEntry>> {
    let entries = sqlx::query_as!(
        RecentEntry,
        r#"
        SELECT e.id AS "id: AuditId",
               e.action AS "action: _",
               c.name AS "connector?",
               e.tool_name,
               (
                   SELECT v.title
                   FROM job j
                   JOIN connector_tool_versions v ON v.id = j.tool_version_id
                   WHERE j.owner_id = $1 AND j.id = e.job_id
               ) AS tool_title,
               e.outcome AS "outcome: _",
               e.created_at
        FROM audit_entries e
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE e.owner_id = $1
        ORDER BY e.id DESC
        LIMIT $2
        "#,
        actor.owner_id() as _,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}
