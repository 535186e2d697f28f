//! The statements of the audit log.

use sqlx::PgConnection;

use super::prepared::Prepared;
use crate::clock::Timestamp;
use crate::ids::{AuditId, ConnectorId, JobId, UserId};
use crate::page::PAGE_LIMIT;

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Key.
    pub id: AuditId,
    /// `noun.past`.
    pub action: String,
    /// `user` or `system`.
    pub actor: String,
    /// From where.
    pub origin: String,
    /// Name of the service involved, if it still exists.
    pub connector: Option<String>,
    /// The tool that ran.
    pub tool_name: Option<String>,
    /// The job.
    pub job_id: Option<JobId>,
    /// `success` or `error`.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<i32>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// One entry whole.
#[derive(Clone, Debug)]
pub struct EntryDetail {
    /// Key.
    pub id: AuditId,
    /// `noun.past`.
    pub action: String,
    /// `user` or `system`.
    pub actor: String,
    /// From where.
    pub origin: String,
    /// Noun of what was acted on.
    pub target_kind: Option<String>,
    /// Its id.
    pub target_id: Option<String>,
    /// The service involved.
    pub connector_id: Option<ConnectorId>,
    /// Its name, if it still exists.
    pub connector: Option<String>,
    /// The tool that ran.
    pub tool_name: Option<String>,
    /// The job.
    pub job_id: Option<JobId>,
    /// `success` or `error`.
    pub outcome: String,
    /// Machine word for the cause.
    pub error_class: Option<String>,
    /// The cause in words.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<i32>,
    /// Redacted request as JSON text.
    pub request: Option<String>,
    /// Redacted response as JSON text.
    pub response: Option<String>,
    /// Client address.
    pub ip: Option<String>,
    /// Client name.
    pub agent: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
}

pub(super) async fn insert(conn: &mut PgConnection, entry: &Prepared) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH entry AS (
            INSERT INTO audit_entries (user_id, id, action, actor, origin, target_kind, target_id, connector_id,
                tool_name, job_id, outcome, error_class, latency_ms, request_digest, response_digest, identity_digest,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        )
        INSERT INTO audit_bodies (user_id, entry_id, request, response, error, ip, agent, salt)
        VALUES ($1, $2, $18, $19, $20, $21, $22, $23)
        "#,
        entry.user_id as _,
        entry.id as _,
        entry.action,
        entry.actor,
        entry.origin,
        entry.target_kind,
        entry.target_id,
        entry.connector_id as _,
        entry.tool_name,
        entry.job_id as _,
        entry.outcome,
        entry.error_class,
        entry.latency_ms,
        entry.request_digest,
        entry.response_digest,
        entry.identity_digest,
        entry.created_at,
        entry.request,
        entry.response,
        entry.error,
        entry.ip,
        entry.agent,
        entry.salt,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn list(conn: &mut PgConnection, owner: UserId, before: Option<AuditId>) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"
        SELECT e.id AS "id: AuditId",
               e.action,
               e.actor,
               e.origin,
               c.name AS "connector?",
               e.tool_name,
               e.job_id AS "job_id: JobId",
               e.outcome,
               e.latency_ms,
               e.created_at
        FROM audit_entries e
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE e.user_id = $1 AND e.id < COALESCE($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY e.id DESC
        LIMIT $3
        "#,
        owner as _,
        before as _,
        PAGE_LIMIT,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn find(conn: &mut PgConnection, owner: UserId, id: AuditId) -> sqlx::Result<Option<EntryDetail>> {
    sqlx::query_as!(
        EntryDetail,
        r#"
        SELECT e.id AS "id!: AuditId",
               e.action AS "action!",
               e.actor AS "actor!",
               e.origin AS "origin!",
               e.target_kind,
               e.target_id,
               e.connector_id AS "connector_id: ConnectorId",
               c.name AS "connector?",
               e.tool_name,
               e.job_id AS "job_id: JobId",
               e.outcome AS "outcome!",
               e.error_class,
               b.error AS "error?",
               e.latency_ms,
               b.request AS "request?",
               b.response AS "response?",
               b.ip AS "ip?",
               b.agent AS "agent?",
               e.created_at AS "created_at!"
        FROM audit_entries e
        LEFT JOIN audit_bodies b ON b.user_id = e.user_id AND b.entry_id = e.id
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE e.user_id = $1 AND e.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn of_job(conn: &mut PgConnection, owner: UserId, job: JobId) -> sqlx::Result<Option<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: AuditId"
        FROM audit_entries
        WHERE user_id = $1 AND job_id = $2 AND action = 'job.finished'
        ORDER BY id DESC
        LIMIT 1
        "#,
        owner as _,
        job as _,
    )
    .fetch_optional(conn)
    .await
}
