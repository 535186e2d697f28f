//! Keys of a list, each source with its own index and statement.
//!
//! The hot tables have no policy. They give ids only, and each job is read through its own policy.

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use crate::ids::{ConnectorId, JobId, OwnerId};
use crate::page::KeyRange;

/// Returns the range of the filter's period, older than `before`.
pub(super) fn range(filter: &Filter, before: Option<JobId>) -> KeyRange<JobId> {
    let end = filter.until.map_or(JobId::LAST, JobId::floor);
    KeyRange { after: filter.since.map_or(JobId::FIRST, JobId::floor), before: before.unwrap_or(JobId::LAST).min(end) }
}

/// Returns the range of the filter's period, newer than `after`.
pub(super) fn range_after(filter: &Filter, after: Option<JobId>) -> KeyRange<JobId> {
    let range = range(filter, None);
    KeyRange { after: range.after.max(after.unwrap_or(JobId::FIRST)), ..range }
}

/// Reads at most `limit` keys, newest first.
pub(super) async fn read(
    conn: &mut PgConnection,
    owner: OwnerId,
    source: Source<'_>,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    match source {
        Source::Newest => newest(conn, owner, range, limit).await,
        Source::Connector(connector) => of_connector(conn, owner, connector, range, limit).await,
        Source::Tools(tools) => of_tools(conn, owner, tools, range, limit).await,
        Source::Outcomes(outcomes) => of_outcomes(conn, owner, outcomes, range, limit).await,
        Source::Running => running(conn, owner, range, limit).await,
        Source::Waiting => waiting(conn, owner, range, limit).await,
        Source::WaitingInput => waiting_input(conn, owner, range, limit).await,
    }
}

async fn newest(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE owner_id = $1 AND id > $2 AND id < $3
        ORDER BY id DESC
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

async fn of_connector(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE owner_id = $1 AND connector_id = $2 AND id > $3 AND id < $4
        ORDER BY id DESC
        LIMIT $5
        "#,
        owner as _,
        connector as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

async fn of_tools(
    conn: &mut PgConnection,
    owner: OwnerId,
    tools: &[String],
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT j.id AS "id: JobId"
        FROM unnest($2::text[]) AS asked (tool_name)
        -- each tool on its own, so that each is read in order off the index
        CROSS JOIN LATERAL (
            SELECT id
            FROM job
            WHERE owner_id = $1 AND tool_name = asked.tool_name AND id > $3 AND id < $4
            ORDER BY id DESC
            LIMIT $5
        ) j
        ORDER BY j.id DESC
        LIMIT $5
        "#,
        owner as _,
        tools,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Returns the names of the tools that the owner's jobs ran, in order. It reads one entry of an index for each name, however
/// many jobs there are.
pub(super) async fn tool_names(conn: &mut PgConnection, owner: OwnerId, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        WITH RECURSIVE used (name) AS (
            (SELECT tool_name FROM job WHERE owner_id = $1 ORDER BY tool_name LIMIT 1)
            UNION ALL
            SELECT (
                SELECT tool_name FROM job WHERE owner_id = $1 AND tool_name > used.name ORDER BY tool_name LIMIT 1
            )
            FROM used
            WHERE used.name IS NOT NULL
        )
        SELECT name AS "name!" FROM used WHERE name IS NOT NULL LIMIT $2
        "#,
        owner as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

async fn of_outcomes(
    conn: &mut PgConnection,
    owner: OwnerId,
    outcomes: &[&str],
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT r.job_id AS "job_id: JobId"
        FROM unnest($2::text[]) AS asked (outcome)
        -- each outcome on its own, so that each is read in order off the index
        CROSS JOIN LATERAL (
            SELECT job_id
            FROM job_result
            WHERE owner_id = $1 AND outcome = asked.outcome AND job_id > $3 AND job_id < $4
            ORDER BY job_id DESC
            LIMIT $5
        ) r
        ORDER BY r.job_id DESC
        LIMIT $5
        "#,
        owner as _,
        outcomes as _,
        range.after as _,
        range.before as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

async fn running(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT job_id AS "job_id: JobId"
        FROM job_lease
        WHERE owner_id = $1 AND job_id > $2 AND job_id < $3
        ORDER BY job_id DESC
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

async fn waiting(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT job_id AS "job_id!: JobId"
        FROM (
            (
                SELECT job_id
                FROM job_ready
                WHERE owner_id = $1 AND job_id > $2 AND job_id < $3
                ORDER BY job_id DESC
                LIMIT $4
            )
            UNION ALL
            (
                SELECT job_id
                FROM job_later
                WHERE owner_id = $1 AND job_id > $2 AND job_id < $3
                ORDER BY job_id DESC
                LIMIT $4
            )
        ) waiting
        ORDER BY job_id DESC
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

async fn waiting_input(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT job_id AS "job_id: JobId"
        FROM job_later
        WHERE owner_id = $1 AND reason = 'reauth' AND job_id > $2 AND job_id < $3
        ORDER BY job_id DESC
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

/// The key of a job, with its tool.
pub(super) struct ToolJob {
    pub(super) id: JobId,
    pub(super) tool_name: String,
    pub(super) has_failed: bool,
}

/// Reads the newest keys of a connector, each with its tool and whether it failed.
pub(super) async fn newest_with_tools(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    limit: i64,
) -> sqlx::Result<Vec<ToolJob>> {
    sqlx::query_as!(
        ToolJob,
        r#"
        SELECT newest.id AS "id!: JobId",
               newest.tool_name AS "tool_name!",
               COALESCE(r.outcome IN ('permanent', 'dead'), false) AS "has_failed!"
        FROM (
            SELECT id, tool_name
            FROM job
            WHERE owner_id = $1 AND connector_id = $2
            ORDER BY id DESC
            LIMIT $3
        ) newest
        LEFT JOIN job_result r ON r.owner_id = $1 AND r.job_id = newest.id
        ORDER BY newest.id DESC
        "#,
        owner as _,
        connector as _,
        limit,
    )
    .fetch_all(conn)
    .await
}
