//! Finishes a batch of runs: `job_lease`, then `job_result`, `job_later` or `job_ready`, and `job_secret`, `job_hours`,
//! `job_cancel`, `pipeline_events`, `audit_entries`, `audit_bodies` and `user_connections`, in one statement.

use std::collections::HashSet;

use sqlx::PgPool;

use super::finish_columns::{AuditColumns, EventColumns, RunColumns};
use crate::ids::JobId;
use crate::queue::run::FinishRecord;

/// Finishes the runs that still hold their lease, and returns their jobs. The others write nothing: every insert is joined
/// to the deleted lease.
#[expect(clippy::too_many_lines, reason = "one statement, one commit; its columns are listed once")]
pub(in crate::queue) async fn write(pool: &PgPool, records: &[FinishRecord]) -> sqlx::Result<HashSet<JobId>> {
    let runs = RunColumns::from_records(records);
    let events = EventColumns::from_records(records);
    let entries = AuditColumns::from_records(records);
    let finished = sqlx::query_scalar!(
        r#"
        WITH records AS MATERIALIZED (
            SELECT *
            FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::timestamptz[], $10::text[], $11::boolean[], $12::boolean[])
                AS t (job_id, fence, run_no, outcome, error_class, error, output, finished_at, run_at, reason, crashed,
                    is_use)
        ),
        ended AS (
            DELETE FROM job_lease l
            USING records r
            WHERE l.job_id = ANY($1) AND l.job_id = r.job_id AND l.run_no = r.fence
            RETURNING l.owner_id, l.connector_id, l.queue, l.lane, l.repeatable, l.started_at, r.*,
                l.attempt + (r.reason IS NOT DISTINCT FROM 'retry' AND NOT r.crashed)::integer AS attempt,
                l.crashes + r.crashed::integer AS crashes
        ),
        result AS (
            INSERT INTO job_result (owner_id, job_id, run_no, outcome, error_class, error, output, started_at,
                finished_at)
            SELECT owner_id, job_id, run_no, outcome, error_class, error, output, started_at, finished_at
            FROM ended
            WHERE outcome IS NOT NULL
        ),
        secrets AS (
            DELETE FROM job_secret
            WHERE owner_id = ANY(ARRAY(SELECT owner_id FROM ended WHERE outcome IS NOT NULL))
              AND job_id = ANY(ARRAY(SELECT job_id FROM ended WHERE outcome IS NOT NULL))
        ),
        -- in the order of the key, and after all leases: batches that count for the same owner never wait in a circle
        hours AS (
            INSERT INTO job_hours AS h (owner_id, hour, succeeded, failed, canceled, unknown, latency_ms)
            SELECT owner_id, date_trunc('hour', finished_at, 'UTC'),
                count(*) FILTER (WHERE outcome = 'ok'),
                count(*) FILTER (WHERE outcome IN ('permanent', 'dead')),
                count(*) FILTER (WHERE outcome = 'canceled'),
                count(*) FILTER (WHERE outcome = 'unknown'),
                COALESCE(sum(GREATEST(round(extract(epoch FROM finished_at - started_at) * 1000), 0))
                    FILTER (WHERE outcome = 'ok'), 0)
            FROM ended
            WHERE outcome IS NOT NULL
            GROUP BY 1, 2
            ORDER BY 1, 2
            ON CONFLICT (owner_id, hour) DO UPDATE
            SET succeeded = h.succeeded + excluded.succeeded,
                failed = h.failed + excluded.failed,
                canceled = h.canceled + excluded.canceled,
                unknown = h.unknown + excluded.unknown,
                latency_ms = h.latency_ms + excluded.latency_ms
        ),
        later AS (
            INSERT INTO job_later (job_id, run_at, owner_id, queue, lane, attempt, crashes, run_no, repeatable, reason)
            SELECT d.job_id, CASE WHEN c.job_id IS NULL THEN d.run_at ELSE d.finished_at END, d.owner_id, d.queue,
                d.lane, d.attempt, d.crashes, d.run_no, d.repeatable, d.reason
            FROM ended d
            LEFT JOIN job_cancel c ON c.job_id = d.job_id
            WHERE d.reason IS NOT NULL
        ),
        ready AS (
            INSERT INTO job_ready (owner_id, job_id, queue, lane, attempt, crashes, run_no, repeatable)
            SELECT owner_id, job_id, queue, lane, attempt, crashes, run_no, repeatable
            FROM ended
            WHERE outcome IS NULL AND reason IS NULL
        ),
        -- a job that continues keeps its request to be canceled
        cancel_request AS (
            DELETE FROM job_cancel
            WHERE job_id = ANY(ARRAY(SELECT job_id FROM ended WHERE outcome IS NOT NULL))
        ),
        events AS (
            INSERT INTO pipeline_events (owner_id, job_id, run_no, n, id, level, message, data, ts)
            SELECT d.owner_id, d.job_id, e.run_no, e.n, e.id, e.level, e.message, e.data, e.ts
            FROM unnest($13::uuid[], $14::integer[], $15::integer[], $16::uuid[], $17::text[], $18::text[],
                $19::text[], $20::timestamptz[]) AS e (job_id, run_no, n, id, level, message, data, ts)
            JOIN ended d ON d.job_id = e.job_id
        ),
        entries AS (
            SELECT d.owner_id, e.*
            FROM unnest($21::uuid[], $22::uuid[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[],
                $28::uuid[], $29::text[], $30::text[], $31::text[], $32::integer[], $33::bytea[], $34::bytea[],
                $35::bytea[], $36::timestamptz[], $37::text[], $38::text[], $39::text[], $40::text[], $41::text[],
                $42::bytea[], $43::uuid[], $44::uuid[])
                AS e (job_id, id, action, actor, origin, target_kind, target_id, connector_id, tool_name, outcome,
                    error_class, latency_ms, request_digest, response_digest, identity_digest, created_at, request,
                    response, error, ip, agent, salt, actor_id, via)
            JOIN ended d ON d.job_id = e.job_id
        ),
        entry AS (
            INSERT INTO audit_entries (owner_id, id, action, actor, origin, target_kind, target_id, connector_id,
                tool_name, job_id, outcome, error_class, latency_ms, request_digest, response_digest, identity_digest,
                created_at, actor_id, via)
            SELECT owner_id, id, action, actor, origin, target_kind, target_id, connector_id, tool_name, job_id, outcome,
                error_class, latency_ms, request_digest, response_digest, identity_digest, created_at, actor_id, via
            FROM entries
        ),
        body AS (
            INSERT INTO audit_bodies (owner_id, entry_id, request, response, error, ip, agent, salt)
            SELECT owner_id, id, request, response, error, ip, agent, salt
            FROM entries
        ),
        -- neither is worth waiting for a change of the connection: the first is for people, and without the second the
        -- connection is verified once more than necessary
        used AS MATERIALIZED (
            SELECT c.owner_id, c.id, u.finished_at, u.ok_at
            FROM (
                SELECT l.owner_id, l.connection_id, max(d.finished_at) AS finished_at,
                    max(d.finished_at) FILTER (WHERE d.outcome = 'ok') AS ok_at
                FROM ended d
                JOIN lane l ON l.lane = d.lane
                WHERE d.is_use
                GROUP BY l.owner_id, l.connection_id
            ) u
            JOIN user_connections c ON c.owner_id = u.owner_id AND c.id = u.connection_id
            FOR NO KEY UPDATE OF c SKIP LOCKED
        ),
        last_use AS (
            UPDATE user_connections c
            SET last_used_at = t.finished_at,
                last_ok_at = GREATEST(c.last_ok_at, t.ok_at)
            FROM used t
            WHERE c.owner_id = t.owner_id AND c.id = t.id
        )
        SELECT job_id AS "job_id!: JobId" FROM ended
        "#,
        &runs.job_id,
        &runs.fence,
        &runs.run_no,
        &runs.outcome as _,
        &runs.error_class as _,
        &runs.error as _,
        &runs.output as _,
        &runs.finished_at,
        &runs.run_at as _,
        &runs.reason as _,
        &runs.crashed,
        &runs.is_use,
        &events.job_id,
        &events.run_no,
        &events.n,
        &events.id,
        &events.level as _,
        &events.message as _,
        &events.data as _,
        &events.ts,
        &entries.job_id,
        &entries.id,
        &entries.action as _,
        &entries.actor as _,
        &entries.origin as _,
        &entries.target_kind as _,
        &entries.target_id as _,
        &entries.connector_id as _,
        &entries.tool_name as _,
        &entries.outcome as _,
        &entries.error_class as _,
        &entries.latency_ms as _,
        &entries.request_digest as _,
        &entries.response_digest as _,
        &entries.identity_digest as _,
        &entries.created_at,
        &entries.request as _,
        &entries.response as _,
        &entries.error as _,
        &entries.ip as _,
        &entries.agent as _,
        &entries.salt as _,
        &entries.actor_id as _,
        &entries.via as _,
    )
    .fetch_all(pool)
    .await?;
    Ok(finished.into_iter().collect())
}
