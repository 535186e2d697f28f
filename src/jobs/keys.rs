//! The keys of a list, each from its own index: one small statement a source.
//!
//! The hot tables have no policy; what they give is an id, and its job is read through its own policy.

use sqlx::PgConnection;

use super::filter::{Filter, Source};
use crate::ids::{ConnectorId, JobId, UserId};

/// Jobs between two ids, both exclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) after: JobId,
    pub(super) before: JobId,
}

impl Span {
    /// From what the filter allows up to `before`.
    pub(super) fn of(filter: &Filter, before: Option<JobId>) -> Self {
        Self { after: filter.since.map_or(JobId::FIRST, JobId::floor), before: before.unwrap_or(JobId::LAST) }
    }

    /// What the filter allows, newer than `after` if that is given.
    pub(super) fn newer(filter: &Filter, after: Option<JobId>) -> Self {
        let span = Self::of(filter, None);
        Self { after: span.after.max(after.unwrap_or(JobId::FIRST)), ..span }
    }
}

/// At most `most` keys, newest first.
pub(super) async fn read(
    conn: &mut PgConnection,
    owner: UserId,
    source: Source<'_>,
    span: Span,
    most: i64,
) -> sqlx::Result<Vec<JobId>> {
    match source {
        Source::Newest => newest(conn, owner, span, most).await,
        Source::Connector(connector) => of_connector(conn, owner, connector, span, most).await,
        Source::Tool(tool) => of_tool(conn, owner, tool, span, most).await,
        Source::Outcomes(outcomes) => of_outcomes(conn, owner, outcomes, span, most).await,
        Source::Running => running(conn, owner, span, most).await,
        Source::Waiting => waiting(conn, owner, span, most).await,
    }
}

async fn newest(conn: &mut PgConnection, owner: UserId, span: Span, most: i64) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE user_id = $1 AND id > $2 AND id < $3
        ORDER BY id DESC
        LIMIT $4
        "#,
        owner as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn of_connector(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    span: Span,
    most: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE user_id = $1 AND connector_id = $2 AND id > $3 AND id < $4
        ORDER BY id DESC
        LIMIT $5
        "#,
        owner as _,
        connector as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn of_tool(
    conn: &mut PgConnection,
    owner: UserId,
    tool: &str,
    span: Span,
    most: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE user_id = $1 AND tool_name = $2 AND id > $3 AND id < $4
        ORDER BY id DESC
        LIMIT $5
        "#,
        owner as _,
        tool,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn of_outcomes(
    conn: &mut PgConnection,
    owner: UserId,
    outcomes: &[&str],
    span: Span,
    most: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT r.job_id AS "job_id: JobId"
        FROM unnest($2::text[]) AS asked (outcome)
        -- each outcome on its own, so that each is read in order off the index
        CROSS JOIN LATERAL (
            SELECT job_id
            FROM job_result
            WHERE user_id = $1 AND outcome = asked.outcome AND job_id > $3 AND job_id < $4
            ORDER BY job_id DESC
            LIMIT $5
        ) r
        ORDER BY r.job_id DESC
        LIMIT $5
        "#,
        owner as _,
        outcomes as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn running(conn: &mut PgConnection, owner: UserId, span: Span, most: i64) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT job_id AS "job_id: JobId"
        FROM job_lease
        WHERE user_id = $1 AND job_id > $2 AND job_id < $3
        ORDER BY job_id DESC
        LIMIT $4
        "#,
        owner as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}

async fn waiting(conn: &mut PgConnection, owner: UserId, span: Span, most: i64) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT job_id AS "job_id!: JobId"
        FROM (
            (
                SELECT job_id
                FROM job_ready
                WHERE user_id = $1 AND job_id > $2 AND job_id < $3
                ORDER BY job_id DESC
                LIMIT $4
            )
            UNION ALL
            (
                SELECT job_id
                FROM job_later
                WHERE user_id = $1 AND job_id > $2 AND job_id < $3
                ORDER BY job_id DESC
                LIMIT $4
            )
        ) waiting
        ORDER BY job_id DESC
        LIMIT $4
        "#,
        owner as _,
        span.after as _,
        span.before as _,
        most,
    )
    .fetch_all(conn)
    .await
}
