//! The newest jobs of one tool, for its page.

use sqlx::PgConnection;

use super::list::MAX_SCANNED_JOBS;
use super::status::JobStatus;
use super::store::Job;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ConnectorId, JobId, OwnerId};

/// A job of the tool.
#[derive(Clone, Debug)]
pub struct ToolRun {
    /// Key.
    pub id: JobId,
    /// Status of the job.
    pub status: JobStatus,
    /// Time of acceptance.
    pub created_at: Timestamp,
    /// Start of the last run.
    pub started_at: Option<Timestamp>,
    /// End of the job.
    pub finished_at: Option<Timestamp>,
}

/// Returns the actor's newest jobs of a tool, in the caller's transaction. Tools of other connectors may have the same name; if
/// they alone ran in the newest jobs of that name, none is found.
pub async fn list_tool_runs(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    tool: &str,
    limit: i64,
) -> Result<Vec<ToolRun>> {
    Ok(newest(conn, actor.owner_id(), connector, tool, limit).await?)
}

async fn newest(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    tool: &str,
    limit: i64,
) -> sqlx::Result<Vec<ToolRun>> {
    sqlx::query_as!(
        ToolRun,
        r#"
        SELECT j.id AS "id!: JobId",
               j.status AS "status!: JobStatus",
               j.created_at AS "created_at!",
               j.started_at,
               j.finished_at
        FROM (
            SELECT named.id
            FROM (
                -- a bounded part of the index, also if another connector has a busy tool of this name
                SELECT id, connector_id
                FROM job
                WHERE owner_id = $1 AND tool_name = $3
                ORDER BY id DESC
                LIMIT $5
            ) named
            WHERE named.connector_id = $2
            ORDER BY named.id DESC
            LIMIT $4
        ) newest
        JOIN pipeline_jobs j ON j.owner_id = $1 AND j.id = newest.id
        ORDER BY j.id DESC
        "#,
        owner as _,
        connector as _,
        tool,
        limit,
        MAX_SCANNED_JOBS,
    )
    .fetch_all(conn)
    .await
}

/// Returns the actor's run of the same tool before one of their jobs, in the caller's transaction. It searches as many jobs of that
/// name as [`list_tool_runs`].
pub async fn find_run_before(conn: &mut PgConnection, actor: &Actor, job: &Job) -> Result<Option<JobId>> {
    Ok(before(conn, actor.owner_id(), job.connector_id, &job.tool_name, job.id).await?)
}

async fn before(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    tool: &str,
    job: JobId,
) -> sqlx::Result<Option<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT named.id AS "id!: JobId"
        FROM (
            SELECT id, connector_id
            FROM job
            WHERE owner_id = $1 AND tool_name = $3 AND id < $4
            ORDER BY id DESC
            LIMIT $5
        ) named
        WHERE named.connector_id = $2
        ORDER BY named.id DESC
        LIMIT 1
        "#,
        owner as _,
        connector as _,
        tool,
        job as _,
        MAX_SCANNED_JOBS,
    )
    .fetch_optional(conn)
    .await
}
