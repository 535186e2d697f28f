//! Claims jobs, with exact caps and round robin: moves rows from `job_ready` to `job_lease`, by the caps in `lane`.

use std::time::Duration;

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId, WorkerId};
use crate::queue::QUEUE;
use crate::queue::run::ClaimedJob;

/// A request for jobs.
pub(in crate::queue) struct ClaimRequest {
    pub(in crate::queue) worker: WorkerId,
    /// Number of free slots.
    pub(in crate::queue) slots: i64,
    /// The lane at which the last claim stopped: only lanes after it are claimed.
    pub(in crate::queue) after_lane: i64,
    /// No lease has a smaller `lease_seq`: the counts for the caps begin there. Claims follow
    /// each other, so later leases have greater ones.
    pub(in crate::queue) oldest_lease: i64,
    pub(in crate::queue) owner_cap: i64,
    pub(in crate::queue) connector_cap: i64,
    pub(in crate::queue) time_limit: Duration,
    pub(in crate::queue) now: Timestamp,
}

/// A claimed job, its lane, and the oldest lease after the claim.
pub(in crate::queue) struct Claim {
    pub(in crate::queue) job: ClaimedJob,
    pub(in crate::queue) lane: i64,
    pub(in crate::queue) oldest_lease: i64,
}

/// Locks claims until the transaction ends; a loser does not wait. The lock is a statement of its own, because the claim's
/// snapshot must be taken after the lock.
pub(in crate::queue) async fn lock(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock(hashtextextended('claim ' || $1, 0)) AS "locked!""#, QUEUE)
        .fetch_one(conn)
        .await
}

/// Moves ready rows to leases, lane by lane.
#[expect(clippy::too_many_lines, reason = "one statement, which must see one snapshot; its parameters are listed once")]
pub(in crate::queue) async fn claim(conn: &mut PgConnection, request: &ClaimRequest) -> sqlx::Result<Vec<Claim>> {
    let rows = sqlx::query!(
        r#"
        WITH running AS MATERIALIZED (
            SELECT lease_seq, lane, owner_id, connector_id FROM job_lease WHERE lease_seq >= $9
        ),
        lane_runs AS MATERIALIZED (SELECT lane, count(*) AS runs FROM running GROUP BY lane),
        owner_runs AS MATERIALIZED (SELECT owner_id, count(*) AS runs FROM running GROUP BY owner_id),
        connector_runs AS MATERIALIZED (SELECT connector_id, count(*) AS runs FROM running GROUP BY connector_id),
        open AS (
            SELECT l.lane,
                   l.owner_id,
                   l.connector_id,
                   l.cap - COALESCE(lr.runs, 0) AS lane_room,
                   $4 - COALESCE(own.runs, 0) AS owner_room,
                   $5 - COALESCE(cr.runs, 0) AS connector_room
            FROM lane l
            LEFT JOIN lane_runs lr ON lr.lane = l.lane
            LEFT JOIN owner_runs own ON own.owner_id = l.owner_id
            LEFT JOIN connector_runs cr ON cr.connector_id = l.connector_id
            WHERE l.queue = $1
              AND l.lane > $3
              AND NOT l.paused
              AND COALESCE(lr.runs, 0) < l.cap
              AND COALESCE(own.runs, 0) < $4
              AND COALESCE(cr.runs, 0) < $5
            ORDER BY l.lane
        ),
        -- one index probe a lane, so a long lane delays no other lane
        candidates AS MATERIALIZED (
            SELECT r.job_id, r.seq, o.*
            FROM open o
            CROSS JOIN LATERAL (
                SELECT job_id, seq
                FROM job_ready r
                WHERE r.queue = $1 AND r.lane = o.lane
                ORDER BY seq
                LIMIT LEAST(o.lane_room, o.owner_room, o.connector_room)
            ) r
            LIMIT $2
        ),
        -- lanes of one owner, or to one connector, share the room of that owner or connector
        within_caps AS (
            SELECT job_id
            FROM (
                SELECT f.*,
                       row_number() OVER (PARTITION BY owner_id ORDER BY seq) AS of_owner,
                       row_number() OVER (PARTITION BY connector_id ORDER BY seq) AS of_connector
                FROM candidates f
            ) f
            WHERE of_owner <= owner_room AND of_connector <= connector_room
        ),
        claimed AS (
            DELETE FROM job_ready
            WHERE job_id = ANY(ARRAY(SELECT job_id FROM within_caps))
            RETURNING *
        ),
        leased AS (
            INSERT INTO job_lease (job_id, run_no, attempt, crashes, worker_id, queue, lane, owner_id, connector_id,
                repeatable, started_at, deadline_at)
            SELECT t.job_id, t.run_no + 1, t.attempt, t.crashes, $6, t.queue, t.lane, t.owner_id, l.connector_id,
                t.repeatable, $7, clock_timestamp() + make_interval(secs => $8)
            FROM claimed t
            JOIN lane l ON l.lane = t.lane
            ORDER BY t.seq
            RETURNING *
        )
        SELECT job_id AS "job_id: JobId",
               owner_id AS "owner_id: OwnerId",
               run_no,
               attempt,
               repeatable,
               lane,
               COALESCE((SELECT min(lease_seq) FROM running), min(lease_seq) OVER ()) AS "oldest_lease!",
               EXISTS (SELECT FROM job_cancel c WHERE c.job_id = leased.job_id) AS "canceled!"
        FROM leased
        ORDER BY lease_seq
        "#,
        QUEUE,
        request.slots,
        request.after_lane,
        request.owner_cap,
        request.connector_cap,
        request.worker as _,
        request.now,
        request.time_limit.as_secs_f64(),
        request.oldest_lease,
    )
    .fetch_all(conn)
    .await?;
    let claims = rows.into_iter().map(|row| Claim {
        job: ClaimedJob {
            job_id: row.job_id,
            owner_id: row.owner_id,
            run_no: row.run_no,
            attempt: row.attempt,
            repeatable: row.repeatable,
            started_at: request.now,
            time_limit: request.time_limit,
            canceled: row.canceled,
        },
        lane: row.lane,
        oldest_lease: row.oldest_lease,
    });
    Ok(claims.collect())
}
