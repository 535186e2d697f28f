//! The statements that read jobs as rows of a list. The queue writes jobs.

use sqlx::PgConnection;

use super::filter::{Filter, StatusFilter};
use super::kind::JobKind;
use super::status::JobStatus;
use crate::clock::Timestamp;
use crate::ids::{ConnectionId, JobId, OwnerId};
use crate::page::KeyRange;

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Key.
    pub id: JobId,
    /// The connector's name; `None` if it was deleted.
    pub connector: Option<String>,
    /// The connector's slug; `None` if it was deleted or is hidden.
    pub connector_slug: Option<String>,
    /// The connection that it uses.
    pub connection_id: ConnectionId,
    /// The tool's name, or that of the work.
    pub tool_name: String,
    /// The tool's title for people, if the server gave one.
    pub title: Option<String>,
    /// The kind of work.
    pub kind: JobKind,
    /// Status of the job.
    pub status: JobStatus,
    /// Time of acceptance.
    pub created_at: Timestamp,
    /// Start of the last run.
    pub started_at: Option<Timestamp>,
    /// End of the job.
    pub finished_at: Option<Timestamp>,
}

impl JobRow {
    /// Returns the name for people.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.tool_name)
    }
}

/// Builds a query over rows. Its tail names the jobs as `j`.
macro_rules! rows {
    ($tail:literal, $($more:expr),+) => {
        sqlx::query_as!(
            JobRow,
            r#"
            SELECT j.id AS "id!: JobId",
                   c.name AS "connector?",
                   CASE WHEN c.is_active THEN c.slug END AS "connector_slug?",
                   j.connection_id AS "connection_id!: ConnectionId",
                   j.tool_name AS "tool_name!",
                   v.title AS "title?",
                   j.type AS "kind!: JobKind",
                   j.status AS "status!: JobStatus",
                   j.created_at AS "created_at!",
                   j.started_at,
                   j.finished_at
            "#
                + $tail,
            $($more),+
        )
    };
}

/// Returns the newest jobs in the range.
pub(super) async fn newest(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobRow>> {
    rows!(
        r#"
        -- the keys first: for a view with a limit that is a parameter, the planner prepares to join whole tables
        FROM (SELECT id FROM job WHERE owner_id = $1 AND id > $2 AND id < $3 ORDER BY id DESC LIMIT $4) asked
        JOIN pipeline_jobs j ON j.owner_id = $1 AND j.id = asked.id
        LEFT JOIN connectors c ON c.id = j.connector_id
        LEFT JOIN connector_tool_versions v ON v.id = j.tool_version_id
        ORDER BY j.id DESC
        "#,
        owner as _,
        range.after as _,
        range.before as _,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Returns the newest finished jobs in the range. It reads the results first and only the jobs of those, so it reads a page of
/// each table, however many jobs wait.
pub(super) async fn finished(
    conn: &mut PgConnection,
    owner: OwnerId,
    range: KeyRange<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobRow>> {
    rows!(
        r#"
        FROM finished_jobs($1, $2, $3, $4) j
        LEFT JOIN connectors c ON c.id = j.connector_id
        LEFT JOIN connector_tool_versions v ON v.id = j.tool_version_id
        WHERE j.owner_id = $1
        ORDER BY j.id DESC
        "#,
        owner as _,
        range.after as _,
        range.before as _,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Returns the jobs of these keys that match, newest first.
pub(super) async fn of_keys(
    conn: &mut PgConnection,
    owner: OwnerId,
    keys: &[JobId],
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<JobRow>> {
    let keys: Vec<_> = keys.iter().map(|key| key.uuid()).collect();
    rows!(
        r#"
        FROM unnest($2::uuid[]) AS asked (id)
        JOIN pipeline_jobs j ON j.owner_id = $1 AND j.id = asked.id
        LEFT JOIN connectors c ON c.id = j.connector_id
        LEFT JOIN connector_tool_versions v ON v.id = j.tool_version_id
        WHERE ($3::uuid IS NULL OR j.connector_id = $3)
          AND ($4::text[] IS NULL OR j.tool_name = ANY($4))
          AND ($5::text[] IS NULL OR j.status = ANY($5))
        ORDER BY j.id DESC
        LIMIT $6
        "#,
        owner as _,
        &keys,
        filter.connector as _,
        filter.tool.as_ref().map(|tool| &tool.names[..]) as _,
        filter.status.map(StatusFilter::statuses) as _,
        limit
    )
    .fetch_all(conn)
    .await
}
