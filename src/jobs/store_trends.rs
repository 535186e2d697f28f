//! The statements of `job_trends`.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId};

/// Most results of an owner that are read. The newest count.
const MAX_RESULTS: i64 = 2_000;

/// Most causes of an owner. A page sums the hours that it shows, and lists the most frequent of them.
const MAX_CAUSES: i64 = 20;

/// Most tools of an owner for each length of time.
const MAX_TOOLS: i64 = 5;

/// The trends of an owner as they are stored.
pub(super) struct TrendsRow {
    pub(super) made_at: Timestamp,
    pub(super) causes: Value,
    pub(super) tools: Value,
}

pub(super) async fn find(conn: &mut PgConnection, owner: OwnerId) -> sqlx::Result<Option<TrendsRow>> {
    sqlx::query_as!(
        TrendsRow,
        r#"SELECT made_at, causes AS "causes: Value", tools AS "tools: Value" FROM job_trends WHERE owner_id = $1"#,
        owner as _,
    )
    .fetch_optional(conn)
    .await
}

/// The owners whose trends are due: those with a finished job since `active_since`, whose row is from before `quiet_before`, or
/// from before `busy_before` if a job finished since `busy_since`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DueOwners {
    pub(super) active_since: Timestamp,
    pub(super) busy_since: Timestamp,
    pub(super) busy_before: Timestamp,
    pub(super) quiet_before: Timestamp,
    pub(super) limit: i64,
}

/// Writes the trends of due owners off their newest results from `first` on. Rows are written in the order of their key, so that
/// two processes never wait for each other in a circle. `days` are the lengths of time for which tools are listed.
pub(super) async fn write(
    pool: &PgPool,
    due: DueOwners,
    first: JobId,
    days: &[i32],
    now: Timestamp,
) -> sqlx::Result<u64> {
    let written = sqlx::query!(
        r#"
        WITH due AS MATERIALIZED (
            SELECT o.id AS owner_id
            FROM owners o
            LEFT JOIN job_trends t ON t.owner_id = o.id
            WHERE EXISTS (SELECT FROM job_hours h WHERE h.owner_id = o.id AND h.hour >= $1)
              AND (t.owner_id IS NULL
                   OR t.made_at <= $4
                   OR t.made_at <= $3
                      AND EXISTS (SELECT FROM job_hours h WHERE h.owner_id = o.id AND h.hour >= date_trunc('hour', $2::timestamptz, 'UTC')))
            LIMIT $5
        ),
        recent AS MATERIALIZED (
            SELECT d.owner_id,
                   c.name AS connector,
                   CASE WHEN c.is_active THEN c.slug END AS slug,
                   j.tool_name AS tool,
                   v.title,
                   r.outcome,
                   r.finished_at,
                   CASE WHEN r.outcome = 'unknown' THEN 'unknown' ELSE COALESCE(r.error_class, 'other') END AS cause,
                   GREATEST(round(extract(epoch FROM r.finished_at - r.started_at) * 1000), 0)::bigint AS millis
            FROM due d
            CROSS JOIN LATERAL (
                SELECT *
                FROM job_result
                WHERE owner_id = d.owner_id AND job_id >= $6
                ORDER BY job_id DESC
                LIMIT $7
            ) r
            JOIN job j ON j.owner_id = r.owner_id AND j.id = r.job_id
            JOIN connectors c ON c.id = j.connector_id
            LEFT JOIN connector_tool_versions v ON v.id = j.tool_version_id
        ),
        cause AS (
            SELECT owner_id, connector, slug, cause, json_agg(json_build_array(hour, jobs) ORDER BY hour) AS hours,
                   row_number() OVER (PARTITION BY owner_id ORDER BY sum(jobs) DESC, connector, cause) AS place
            FROM (
                -- the hours of job_hours
                SELECT owner_id, connector, slug, cause, count(*) AS jobs,
                       (extract(epoch FROM date_trunc('hour', finished_at, 'UTC')) / 3600)::bigint AS hour
                FROM recent
                WHERE outcome IN ('permanent', 'dead', 'unknown')
                GROUP BY owner_id, connector, slug, cause, hour
            ) hourly
            GROUP BY owner_id, connector, slug, cause
        ),
        tool AS (
            SELECT owner_id, p.days, connector, slug, tool, max(title) AS title, count(*) AS jobs,
                   percentile_disc(0.95) WITHIN GROUP (ORDER BY millis) AS p95_ms,
                   row_number() OVER (
                       PARTITION BY owner_id, p.days
                       ORDER BY percentile_disc(0.95) WITHIN GROUP (ORDER BY millis) DESC, connector, tool
                   ) AS place
            FROM recent
            JOIN unnest($10::integer[]) AS p (days) ON finished_at > $9::timestamptz - make_interval(days => p.days)
            WHERE outcome = 'ok' AND millis IS NOT NULL
            GROUP BY owner_id, p.days, connector, slug, tool
        )
        INSERT INTO job_trends AS t (owner_id, made_at, causes, tools)
        SELECT d.owner_id,
               $9,
               COALESCE((
                   SELECT json_agg(json_build_object('connector', connector, 'slug', slug, 'cause', cause, 'hours', hours)
                       ORDER BY place)
                   FROM cause
                   WHERE owner_id = d.owner_id AND place <= $8
               ), '[]'),
               COALESCE((
                   SELECT json_agg(json_build_object('connector', connector, 'slug', slug, 'tool', tool, 'title', title,
                       'jobs', jobs, 'p95_ms', p95_ms, 'days', days) ORDER BY days, place)
                   FROM tool
                   WHERE owner_id = d.owner_id AND place <= $11
               ), '[]')
        FROM due d
        ORDER BY d.owner_id
        ON CONFLICT (owner_id) DO UPDATE
        SET made_at = excluded.made_at, causes = excluded.causes, tools = excluded.tools
        "#,
        due.active_since,
        due.busy_since,
        due.busy_before,
        due.quiet_before,
        due.limit,
        first as _,
        MAX_RESULTS,
        MAX_CAUSES,
        now,
        days,
        MAX_TOOLS,
    )
    .execute(pool)
    .await?;
    Ok(written.rows_affected())
}
