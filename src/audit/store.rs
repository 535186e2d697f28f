//! SQL of the audit log.

use sqlx::PgConnection;
use uuid::Uuid;

use super::action_name::ActionName;
use super::entry::{AuditEntry, EntryContext, EntryDetail};
use super::filter::Filter;
use super::prepared::PreparedEntry;
use super::stored::AuditOutcome;
use crate::actor::Origin;
use crate::ids::{AuditId, ConnectorId, JobId, OwnerId, UserId};
use crate::page::KeyRange;

pub(super) async fn insert(conn: &mut PgConnection, entry: &PreparedEntry) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH entry AS (
            INSERT INTO audit_entries (owner_id, id, action, actor, origin, target_kind, target_id, connector_id,
                tool_name, job_id, outcome, error_class, latency_ms, request_digest, response_digest, identity_digest,
                created_at, actor_id, via)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $24, $25)
        )
        INSERT INTO audit_bodies (owner_id, entry_id, request, response, error, ip, agent, salt)
        VALUES ($1, $2, $18, $19, $20, $21, $22, $23)
        "#,
        entry.owner_id as _,
        entry.id as _,
        entry.action.as_str(),
        entry.actor.as_str(),
        entry.origin.as_str(),
        entry.target_kind,
        entry.target_id,
        entry.connector_id as _,
        entry.tool_name,
        entry.job_id as _,
        entry.outcome.as_str(),
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
        entry.actor_id as _,
        entry.via as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Returns the newest entries in the range.
pub(super) async fn newest(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<AuditId>,
    limit: i64,
) -> sqlx::Result<Vec<AuditEntry>> {
    sqlx::query_as!(
        AuditEntry,
        r#"
        SELECT e.id AS "id: AuditId",
               e.action AS "action: _",
               e.actor AS "actor: _",
               COALESCE(e.actor_id, e.owner_id) AS "user_id!: UserId",
               e.origin AS "origin: _",
               e.target_kind,
               e.target_id,
               c.name AS "connector?",
               e.tool_name,
               (
                   SELECT v.title
                   FROM job j
                   JOIN connector_tool_versions v ON v.id = j.tool_version_id
                   WHERE j.owner_id = $1 AND j.id = e.job_id
               ) AS tool_title,
               e.job_id AS "job_id: JobId",
               e.outcome AS "outcome: _",
               e.error_class,
               e.latency_ms,
               e.created_at
        FROM audit_entries e
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE e.owner_id = $1 AND e.id > $2 AND e.id < $3
        ORDER BY e.id DESC
        LIMIT $4
        "#,
        owner as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Returns the entries of these keys that match, newest first.
pub(super) async fn of_keys(
    conn: &mut PgConnection,
    owner: OwnerId,
    keys: &[AuditId],
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<AuditEntry>> {
    let words = filter.text.as_ref().map(|text| &text.words[..]);
    let actions: Vec<_> = filter.actions.iter().map(|action| action.as_str()).collect();
    let (names, titles): (Vec<_>, Vec<_>) = ActionName::ALL.iter().map(|it| (it.as_str(), it.title())).unzip();
    sqlx::query_as!(
        AuditEntry,
        r#"
        SELECT e.id AS "id!: AuditId",
               e.action AS "action!: _",
               e.actor AS "actor!: _",
               COALESCE(e.actor_id, e.owner_id) AS "user_id!: UserId",
               e.origin AS "origin!: _",
               e.target_kind,
               e.target_id,
               c.name AS "connector?",
               e.tool_name,
               (
                   SELECT v.title
                   FROM job j
                   JOIN connector_tool_versions v ON v.id = j.tool_version_id
                   WHERE j.owner_id = $1 AND j.id = e.job_id
               ) AS tool_title,
               e.job_id AS "job_id: JobId",
               e.outcome AS "outcome!: _",
               e.error_class,
               e.latency_ms,
               e.created_at AS "created_at!"
        FROM unnest($2::uuid[]) AS asked (id)
        -- a key at a time: for thousands of keys the planner would rather read every row of the log
        CROSS JOIN LATERAL (SELECT * FROM audit_entries WHERE owner_id = $1 AND id = asked.id LIMIT 1) e
        LEFT JOIN connectors c ON c.id = e.connector_id
        WHERE ($3::text IS NULL OR e.origin = $3)
          AND ($4::text[] IS NULL OR e.action = ANY($4))
          AND ($5::text[] IS NULL OR e.outcome = ANY($5))
          AND ($6::uuid IS NULL OR e.connector_id = $6)
          AND ($11::text IS NULL OR strpos(lower(e.tool_name), lower($11)) > 0 OR e.tool_name = ANY($12))
          AND ($7::text[] IS NULL OR NOT EXISTS (
              SELECT
              FROM unnest($7) AS sought (word)
              WHERE strpos(lower(concat_ws(' ',
                  COALESCE((SELECT title FROM unnest($8::text[], $9::text[]) AS t (a, title) WHERE t.a = e.action), e.action),
                  e.tool_name,
                  (
                      SELECT v.title
                      FROM job j
                      JOIN connector_tool_versions v ON v.id = j.tool_version_id
                      WHERE j.owner_id = $1 AND j.id = e.job_id
                  ),
                  c.name,
                  (SELECT error FROM audit_bodies WHERE owner_id = $1 AND entry_id = asked.id)
              )), lower(sought.word)) = 0
          ))
        ORDER BY asked.id DESC
        LIMIT $10
        "#,
        owner as _,
        &uuids(keys),
        filter.origin.map(Origin::as_str),
        Some(actions).filter(|actions| !actions.is_empty()) as _,
        filter.outcome.map(AuditOutcome::stored_texts) as _,
        filter.connector as _,
        words as _,
        &names as _,
        &titles as _,
        limit,
        filter.tool.as_ref().map(|tool| &tool.text[..]),
        filter.tool.as_ref().map(|tool| &tool.names[..]) as _,
    )
    .fetch_all(conn)
    .await
}

/// Returns the stored parts of the bodies of these entries, newest first.
pub(super) async fn circumstances(
    conn: &mut PgConnection,
    owner: OwnerId,
    keys: &[AuditId],
) -> sqlx::Result<Vec<EntryContext>> {
    sqlx::query_as!(
        EntryContext,
        r#"
        SELECT b.entry_id AS "entry_id!: AuditId", b.error, b.ip, b.agent
        FROM unnest($2::uuid[]) AS asked (id)
        CROSS JOIN LATERAL (SELECT * FROM audit_bodies WHERE owner_id = $1 AND entry_id = asked.id LIMIT 1) b
        ORDER BY asked.id DESC
        "#,
        owner as _,
        &uuids(keys),
    )
    .fetch_all(conn)
    .await
}

fn uuids(keys: &[AuditId]) -> Vec<Uuid> {
    keys.iter().map(|key| key.uuid()).collect()
}

pub(super) async fn exists(conn: &mut PgConnection, owner: OwnerId, id: AuditId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM audit_entries WHERE owner_id = $1 AND id = $2) AS "has!""#,
        owner as _,
        id as _,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn find(conn: &mut PgConnection, owner: OwnerId, id: AuditId) -> sqlx::Result<Option<EntryDetail>> {
    sqlx::query_as!(
        EntryDetail,
        r#"
        SELECT e.id AS "id!: AuditId",
               e.action AS "action!: _",
               e.actor AS "actor!: _",
               COALESCE(e.actor_id, e.owner_id) AS "user_id!: UserId",
               e.origin AS "origin!: _",
               e.target_kind,
               e.target_id,
               e.connector_id AS "connector_id: ConnectorId",
               c.name AS "connector?",
               CASE WHEN c.is_active THEN c.slug END AS "connector_slug?",
               n.label AS "connection?",
               e.tool_name,
               v.title AS "tool_title?",
               j.id AS "job_id?: JobId",
               COALESCE(t.name, g.name) AS program,
               e.outcome AS "outcome!: _",
               e.error_class,
               b.error AS "error?",
               e.latency_ms,
               e.request_digest IS NOT NULL AS "had_request!",
               b.request AS "request?",
               e.response_digest IS NOT NULL AS "had_response!",
               b.response AS "response?",
               b.ip AS "ip?",
               b.agent AS "agent?",
               e.created_at AS "created_at!"
        FROM audit_entries e
        LEFT JOIN audit_bodies b ON b.owner_id = e.owner_id AND b.entry_id = e.id
        LEFT JOIN connectors c ON c.id = e.connector_id
        LEFT JOIN job j ON j.owner_id = e.owner_id AND j.id = e.job_id
        LEFT JOIN connector_tool_versions v ON v.id = j.tool_version_id
        LEFT JOIN user_connections n ON n.owner_id = e.owner_id AND n.id = COALESCE(
            j.connection_id, CASE e.target_kind WHEN 'connection' THEN e.target_id::uuid END)
        LEFT JOIN api_tokens t ON t.owner_id = e.owner_id AND t.id = e.via
        LEFT JOIN assistant_grants g ON g.owner_id = e.owner_id AND g.id = e.via
        WHERE e.owner_id = $1 AND e.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn find_for_job(conn: &mut PgConnection, owner: OwnerId, job: JobId) -> sqlx::Result<Option<AuditId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: AuditId"
        FROM audit_entries
        WHERE owner_id = $1 AND job_id = $2 AND action IN ('job.finished', 'connection.checked')
        ORDER BY id DESC
        LIMIT 1
        "#,
        owner as _,
        job as _,
    )
    .fetch_optional(conn)
    .await
}
