//! Finishes a batch of runs.

use std::collections::HashSet;

use sqlx::PgPool;

use super::column;
use crate::audit::PreparedEntry;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, EventId, JobId};
use crate::queue::events::Line;
use crate::queue::finish::{FinishRecord, JobEnd};

/// Writes the endings of runs that still hold their lease, and says which those were. The others write nothing: every
/// insert is joined to the deleted lease.
#[expect(clippy::too_many_lines, reason = "one statement, one commit; its columns are listed once")]
pub(in crate::queue) async fn write(pool: &PgPool, endings: &[FinishRecord]) -> sqlx::Result<HashSet<JobId>> {
    let ends: Vec<Columns> = endings.iter().map(|it| columns(&it.end)).collect();
    let lines: Vec<&Line> = endings.iter().flat_map(|it| &it.lines).collect();
    let audits: Vec<(JobId, &PreparedEntry)> =
        endings.iter().filter_map(|it| Some((it.run.0, it.audit.as_ref()?))).collect();
    let won = sqlx::query_scalar!(
        r#"
        WITH done AS MATERIALIZED (
            SELECT *
            FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::timestamptz[], $10::text[], $11::boolean[], $42::boolean[])
                AS t (job_id, fence, run_no, outcome, error_class, error, output, finished_at, run_at, reason, crashed,
                    is_use)
        ),
        gone AS (
            DELETE FROM job_lease l
            USING done d
            WHERE l.job_id = ANY($1) AND l.job_id = d.job_id AND l.run_no = d.fence
            RETURNING l.user_id, l.connector_id, l.queue, l.lane, l.repeatable, l.started_at, d.*,
                l.attempt + (d.reason IS NOT DISTINCT FROM 'retry' AND NOT d.crashed)::integer AS attempt,
                l.crashes + d.crashed::integer AS crashes
        ),
        result AS (
            INSERT INTO job_result (user_id, job_id, run_no, outcome, error_class, error, output, started_at,
                finished_at)
            SELECT user_id, job_id, run_no, outcome, error_class, error, output, started_at, finished_at
            FROM gone
            WHERE outcome IS NOT NULL
        ),
        -- in the order of the key, and after all leases: batches that count for the same user wait in one line
        counted AS (
            INSERT INTO job_hours AS h (user_id, hour, succeeded, failed, canceled, unknown, latency_ms)
            SELECT user_id, date_trunc('hour', finished_at, 'UTC'),
                count(*) FILTER (WHERE outcome = 'ok'),
                count(*) FILTER (WHERE outcome IN ('permanent', 'dead')),
                count(*) FILTER (WHERE outcome = 'canceled'),
                count(*) FILTER (WHERE outcome = 'unknown'),
                COALESCE(sum(GREATEST(round(extract(epoch FROM finished_at - started_at) * 1000), 0))
                    FILTER (WHERE outcome = 'ok'), 0)
            FROM gone
            WHERE outcome IS NOT NULL
            GROUP BY 1, 2
            ORDER BY 1, 2
            ON CONFLICT (user_id, hour) DO UPDATE
            SET succeeded = h.succeeded + excluded.succeeded,
                failed = h.failed + excluded.failed,
                canceled = h.canceled + excluded.canceled,
                unknown = h.unknown + excluded.unknown,
                latency_ms = h.latency_ms + excluded.latency_ms
        ),
        later AS (
            INSERT INTO job_later (job_id, run_at, user_id, queue, lane, attempt, crashes, run_no, repeatable, reason)
            SELECT g.job_id, CASE WHEN c.job_id IS NULL THEN g.run_at ELSE g.finished_at END, g.user_id, g.queue,
                g.lane, g.attempt, g.crashes, g.run_no, g.repeatable, g.reason
            FROM gone g
            LEFT JOIN job_cancel c ON c.job_id = g.job_id
            WHERE g.reason IS NOT NULL
        ),
        ready AS (
            INSERT INTO job_ready (user_id, job_id, queue, lane, attempt, crashes, run_no, repeatable)
            SELECT user_id, job_id, queue, lane, attempt, crashes, run_no, repeatable
            FROM gone
            WHERE outcome IS NULL AND reason IS NULL
        ),
        -- a job that goes on keeps the wish to be stopped
        uncancel AS (
            DELETE FROM job_cancel
            WHERE job_id = ANY(ARRAY(SELECT job_id FROM gone WHERE outcome IS NOT NULL))
        ),
        events AS (
            INSERT INTO pipeline_events (user_id, job_id, run_no, n, id, level, message, data, ts)
            SELECT g.user_id, g.job_id, e.run_no, e.n, e.id, e.level, e.message, e.data, e.ts
            FROM unnest($12::uuid[], $13::integer[], $14::integer[], $15::uuid[], $16::text[], $17::text[],
                $18::text[], $19::timestamptz[]) AS e (job_id, run_no, n, id, level, message, data, ts)
            JOIN gone g ON g.job_id = e.job_id
        ),
        entries AS (
            SELECT g.user_id, e.*
            FROM unnest($20::uuid[], $21::uuid[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[],
                $27::uuid[], $28::text[], $29::text[], $30::text[], $31::integer[], $32::bytea[], $33::bytea[],
                $34::bytea[], $35::timestamptz[], $36::text[], $37::text[], $38::text[], $39::text[], $40::text[],
                $41::bytea[])
                AS e (job_id, id, action, actor, origin, target_kind, target_id, connector_id, tool_name, outcome,
                    error_class, latency_ms, request_digest, response_digest, identity_digest, created_at, request,
                    response, error, ip, agent, salt)
            JOIN gone g ON g.job_id = e.job_id
        ),
        entry AS (
            INSERT INTO audit_entries (user_id, id, action, actor, origin, target_kind, target_id, connector_id,
                tool_name, job_id, outcome, error_class, latency_ms, request_digest, response_digest, identity_digest,
                created_at)
            SELECT user_id, id, action, actor, origin, target_kind, target_id, connector_id, tool_name, job_id, outcome,
                error_class, latency_ms, request_digest, response_digest, identity_digest, created_at
            FROM entries
        ),
        body AS (
            INSERT INTO audit_bodies (user_id, entry_id, request, response, error, ip, agent, salt)
            SELECT user_id, id, request, response, error, ip, agent, salt
            FROM entries
        ),
        -- neither is worth waiting for whoever is changing the connection: one is for people, and without the other it is
        -- verified once more than it need be
        touched AS MATERIALIZED (
            SELECT c.user_id, c.id, u.finished_at, u.ok_at
            FROM (
                SELECT l.user_id, l.connection_id, max(g.finished_at) AS finished_at,
                    max(g.finished_at) FILTER (WHERE g.outcome = 'ok') AS ok_at
                FROM gone g
                JOIN lane l ON l.lane = g.lane
                WHERE g.is_use
                GROUP BY l.user_id, l.connection_id
            ) u
            JOIN user_connections c ON c.user_id = u.user_id AND c.id = u.connection_id
            FOR NO KEY UPDATE OF c SKIP LOCKED
        ),
        used AS (
            UPDATE user_connections c
            SET last_used_at = t.finished_at,
                last_ok_at = GREATEST(c.last_ok_at, t.ok_at)
            FROM touched t
            WHERE c.user_id = t.user_id AND c.id = t.id
        )
        SELECT job_id AS "job_id!: JobId" FROM gone
        "#,
        &column(endings, |it| it.run.0.uuid()),
        &column(endings, |it| it.run.1),
        &column(endings, |it| it.as_run),
        &column(&ends, |it| it.outcome) as _,
        &column(&ends, |it| it.error_class) as _,
        &column(&ends, |it| it.error) as _,
        &column(&ends, |it| it.output) as _,
        &column(endings, |it| it.now),
        &column(&ends, |it| it.run_at) as _,
        &column(&ends, |it| it.reason) as _,
        &column(endings, |it| it.crashed),
        &column(&lines, |it| it.job_id.uuid()),
        &column(&lines, |it| it.run_no),
        &column(&lines, |it| it.n),
        &column(&lines, |it| EventId::new(it.event.at).uuid()),
        &column(&lines, |it| it.event.level.as_str()) as _,
        &column(&lines, |it| it.event.message.as_str()) as _,
        &column(&lines, |it| it.event.data.as_deref()) as _,
        &column(&lines, |it| it.event.at),
        &column(&audits, |it| it.0.uuid()),
        &column(&audits, |it| it.1.id.uuid()),
        &column(&audits, |it| it.1.action.as_str()) as _,
        &column(&audits, |it| it.1.actor) as _,
        &column(&audits, |it| it.1.origin) as _,
        &column(&audits, |it| it.1.target_kind.as_deref()) as _,
        &column(&audits, |it| it.1.target_id.as_deref()) as _,
        &column(&audits, |it| it.1.connector_id.map(ConnectorId::uuid)) as _,
        &column(&audits, |it| it.1.tool_name.as_deref()) as _,
        &column(&audits, |it| it.1.outcome) as _,
        &column(&audits, |it| it.1.error_class.as_deref()) as _,
        &column(&audits, |it| it.1.latency_ms) as _,
        &column(&audits, |it| it.1.request_digest.as_deref()) as _,
        &column(&audits, |it| it.1.response_digest.as_deref()) as _,
        &column(&audits, |it| it.1.identity_digest.as_deref()) as _,
        &column(&audits, |it| it.1.created_at),
        &column(&audits, |it| it.1.request.as_deref()) as _,
        &column(&audits, |it| it.1.response.as_deref()) as _,
        &column(&audits, |it| it.1.error.as_deref()) as _,
        &column(&audits, |it| it.1.ip.as_deref()) as _,
        &column(&audits, |it| it.1.agent.as_deref()) as _,
        &column(&audits, |it| it.1.salt.as_slice()) as _,
        &column(endings, |it| it.is_use),
    )
    .fetch_all(pool)
    .await?;
    Ok(won.into_iter().collect())
}

/// A [`JobEnd`] as columns: `outcome` if the job is finished, `reason` if it waits, neither if it is ready again.
#[derive(Default)]
struct Columns<'a> {
    outcome: Option<&'static str>,
    error_class: Option<&'a str>,
    error: Option<&'a str>,
    output: Option<&'a str>,
    run_at: Option<Timestamp>,
    reason: Option<&'static str>,
}

fn columns(end: &JobEnd) -> Columns<'_> {
    match end {
        JobEnd::Complete { outcome, error_class, error, output } => Columns {
            outcome: Some(outcome.as_str()),
            error_class: error_class.as_deref(),
            error: error.as_deref(),
            output: output.as_deref(),
            ..Columns::default()
        },
        JobEnd::RetryLater { run_at, reason } => {
            Columns { run_at: Some(*run_at), reason: Some(reason.as_str()), ..Columns::default() }
        }
        JobEnd::Release => Columns::default(),
    }
}
