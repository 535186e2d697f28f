//! Enqueues a batch of jobs: `job`, `job_secret`, `job_ready`, `lane`, `idem_key` and `pipeline_events`, after a check of
//! `user_connections`, in one statement.

use sqlx::PgExecutor;

use super::column;
use crate::ids::{EventId, JobId, ProgramId, ToolVersionId};
use crate::queue::QUEUE;
use crate::queue::enqueue_request::{EnqueueDecision, EnqueueRequest, EnqueueResult};

/// Writes the jobs that may be enqueued, and returns a decision for each request.
#[expect(clippy::too_many_lines, reason = "one statement, one commit; its columns are listed once")]
pub(in crate::queue) async fn write(
    executor: impl PgExecutor<'_>,
    jobs: &[EnqueueRequest],
    max_ready: i64,
) -> sqlx::Result<Vec<EnqueueDecision>> {
    let rows = sqlx::query!(
        r#"
        WITH requests AS MATERIALIZED (
            SELECT *
            FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
                $11::text[], $12::boolean[], $13::text[], $14::timestamptz[], $15::uuid[], $16::text[], $17::text[],
                $18::text[], $19::uuid[], $20::bytea[], $21::text[], $22::uuid[]) WITH ORDINALITY
                AS t (owner_id, id, type, connector_id, connection_id, tool_version_id, tool_name, origin,
                input, repeatable, key, created_at, event_id, level, message, data, started_by, sealed,
                requester_ip, via, nth)
        ),
        -- the system pool sees every row, so the owner of the connection is checked here
        owned AS (
            SELECT q.*,
                   c.id IS NOT NULL AS owned,
                   row_number() OVER (PARTITION BY q.owner_id, c.id IS NULL ORDER BY q.nth) AS place
            FROM requests q
            LEFT JOIN user_connections c
                ON c.owner_id = q.owner_id AND c.id = q.connection_id AND c.connector_id = q.connector_id
        ),
        -- ready jobs are counted once an owner, up to the limit
        checked AS MATERIALIZED (
            SELECT o.*,
                   o.owned AND o.place + max(CASE WHEN o.owned AND o.place = 1 THEN (
                       SELECT count(*)
                       FROM (
                           SELECT
                           FROM lane l
                           CROSS JOIN LATERAL (
                               SELECT
                               FROM job_ready r
                               WHERE r.queue = $1 AND r.lane = l.lane
                               ORDER BY r.seq
                               LIMIT $2
                           ) of_lane
                           WHERE l.queue = $1 AND l.owner_id = o.owner_id
                           LIMIT $2
                       ) waiting
                   ) END) OVER (PARTITION BY o.owner_id, o.owned) <= $2 AS admitted
            FROM owned o
        ),
        -- the update, not DO NOTHING: it returns the first job also where another process has just written the key
        keys AS (
            INSERT INTO idem_key AS k (owner_id, key, job_id, expires_at)
            SELECT DISTINCT ON (owner_id, key) owner_id, key, id, created_at + interval '1 day'
            FROM checked
            WHERE admitted AND key IS NOT NULL
            ORDER BY owner_id, key, nth
            ON CONFLICT (owner_id, key) DO UPDATE
            SET job_id = CASE WHEN k.expires_at + interval '1 day' <= excluded.expires_at
                              THEN excluded.job_id ELSE k.job_id END,
                expires_at = CASE WHEN k.expires_at + interval '1 day' <= excluded.expires_at
                                  THEN excluded.expires_at ELSE k.expires_at END
            RETURNING k.owner_id, k.key, k.job_id
        ),
        new_jobs AS (
            SELECT j.*
            FROM checked j
            LEFT JOIN keys k ON k.owner_id = j.owner_id AND k.key = j.key
            WHERE j.admitted AND (j.key IS NULL OR k.job_id = j.id)
        ),
        -- the lock keeps the leader from dropping a lane that is about to get a job
        known_lanes AS MATERIALIZED (
            SELECT l.owner_id, l.connection_id, l.connector_id
            FROM lane l
            JOIN (SELECT DISTINCT owner_id, connection_id FROM new_jobs) f
                ON f.owner_id = l.owner_id AND f.connection_id = l.connection_id
            WHERE l.queue = $1
            FOR KEY SHARE OF l
        ),
        new_lanes AS (
            INSERT INTO lane (queue, owner_id, connection_id, connector_id)
            SELECT $1, missing.*
            FROM (
                SELECT owner_id, connection_id, connector_id FROM new_jobs
                EXCEPT
                SELECT * FROM known_lanes
            ) missing
            ORDER BY owner_id, connection_id
            ON CONFLICT (queue, owner_id, connection_id) DO UPDATE SET connector_id = excluded.connector_id
            RETURNING lane, owner_id, connection_id
        ),
        body AS (
            INSERT INTO job (owner_id, id, type, connector_id, connection_id, tool_version_id, tool_name, origin, input,
                created_at, started_by, requester_ip, via)
            SELECT owner_id, id, type, connector_id, connection_id, tool_version_id, tool_name, origin, input,
                created_at, started_by, requester_ip, via
            FROM new_jobs
        ),
        secrets AS (
            INSERT INTO job_secret (owner_id, job_id, sealed)
            SELECT owner_id, id, sealed
            FROM new_jobs
            WHERE sealed IS NOT NULL
        ),
        first_event AS (
            INSERT INTO pipeline_events (owner_id, job_id, run_no, n, id, level, message, data, ts)
            SELECT owner_id, id, 0, 0, event_id, level, message, data, created_at
            FROM new_jobs
        ),
        ready AS (
            INSERT INTO job_ready (owner_id, job_id, queue, lane, repeatable)
            SELECT f.owner_id, f.id, $1, COALESCE(
                    (SELECT m.lane FROM new_lanes m WHERE m.owner_id = f.owner_id AND m.connection_id = f.connection_id),
                    (
                        SELECT l.lane
                        FROM lane l
                        WHERE l.queue = $1 AND l.owner_id = f.owner_id AND l.connection_id = f.connection_id
                    )
                ), f.repeatable
            FROM new_jobs f
            ORDER BY f.nth
        )
        SELECT j.owned AS "owned!",
               -- a full queue still returns the job of a repeated key
               COALESCE(k.job_id, e.job_id, CASE WHEN j.admitted THEN j.id END) AS "job_id: JobId"
        FROM checked j
        LEFT JOIN keys k ON k.owner_id = j.owner_id AND k.key = j.key
        LEFT JOIN idem_key e ON e.owner_id = j.owner_id AND e.key = j.key AND e.expires_at > j.created_at
        ORDER BY j.nth
        "#,
        QUEUE,
        max_ready,
        &column(jobs, |it| it.owner_id.uuid()),
        &column(jobs, |it| it.job_id.uuid()),
        &column(jobs, |it| it.kind) as _,
        &column(jobs, |it| it.connector_id.uuid()),
        &column(jobs, |it| it.connection_id.uuid()),
        &column(jobs, |it| it.tool_version_id.map(ToolVersionId::uuid)) as _,
        &column(jobs, |it| it.tool_name.as_str()) as _,
        &column(jobs, |it| it.origin.as_str()) as _,
        &column(jobs, |it| it.input.as_str()) as _,
        &column(jobs, |it| it.repeatable),
        &column(jobs, |it| it.idem_key.as_deref()) as _,
        &column(jobs, |it| it.now),
        &column(jobs, |it| EventId::new(it.now).uuid()),
        &column(jobs, |it| it.event.level.as_str()) as _,
        &column(jobs, |it| it.event.message.as_str()) as _,
        &column(jobs, |it| it.event.data.as_deref()) as _,
        &column(jobs, |it| it.started_by.uuid()),
        &column(jobs, |it| it.sealed_secrets.as_deref()) as _,
        &column(jobs, |it| it.requester_ip.map(|ip| ip.to_string())) as _,
        &column(jobs, |it| it.via.map(ProgramId::uuid)) as _,
    )
    .fetch_all(executor)
    .await?;
    let decisions = jobs.iter().zip(rows).map(|(job, row)| match row.job_id {
        _ if !row.owned => EnqueueDecision::NoConnection,
        None => EnqueueDecision::Full,
        Some(id) if id == job.job_id => EnqueueDecision::Accepted(EnqueueResult::New(id)),
        Some(id) => EnqueueDecision::Accepted(EnqueueResult::Duplicate(id)),
    });
    Ok(decisions.collect())
}
