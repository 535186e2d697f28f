//! The statements that read `job_lease`. Claiming and finishing write it.

use std::time::Duration;

use sqlx::PgPool;

use crate::actor::Origin;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, JobId, OwnerId, ProgramId, UserId, WorkerId};

/// A lost run, with the columns that its end depends on.
pub(in crate::queue) struct LostRun {
    pub(in crate::queue) job_id: JobId,
    pub(in crate::queue) owner_id: OwnerId,
    pub(in crate::queue) run_no: i32,
    pub(in crate::queue) crashes: i32,
    pub(in crate::queue) repeatable: bool,
    pub(in crate::queue) started_at: Timestamp,
    /// True if its deadline passed while its process was alive.
    pub(in crate::queue) overdue: bool,
    /// True if its owner had asked to stop it.
    pub(in crate::queue) canceled: bool,
    pub(in crate::queue) connector_id: ConnectorId,
    pub(in crate::queue) tool_name: String,
    pub(in crate::queue) started_by: UserId,
    pub(in crate::queue) origin: Origin,
    pub(in crate::queue) requester_ip: Option<String>,
    pub(in crate::queue) via: Option<ProgramId>,
}

/// Returns runs whose process has been silent for `silence`, those of `leaving` whatever its heartbeat, and those that are
/// overdue by `grace`.
pub(in crate::queue) async fn list_lost(
    pool: &PgPool,
    silence: Duration,
    grace: Duration,
    leaving: Option<WorkerId>,
    limit: i64,
) -> sqlx::Result<Vec<LostRun>> {
    sqlx::query_as!(
        LostRun,
        r#"
        WITH leases AS MATERIALIZED (
            SELECT l.*,
                   w.id IS NOT NULL AND l.worker_id IS DISTINCT FROM $3 AS alive
            FROM job_lease l
            LEFT JOIN worker w
                ON w.id = l.worker_id AND w.heartbeat_at > clock_timestamp() - make_interval(secs => $1)
        )
        SELECT s.job_id AS "job_id: JobId",
               s.owner_id AS "owner_id: OwnerId",
               s.run_no,
               s.crashes,
               s.repeatable,
               s.started_at,
               s.alive AS "overdue!",
               c.job_id IS NOT NULL AS "canceled!",
               s.connector_id AS "connector_id: ConnectorId",
               j.tool_name,
               COALESCE(j.started_by, j.owner_id) AS "started_by!: UserId",
               j.origin AS "origin: Origin",
               j.requester_ip,
               j.via AS "via: ProgramId"
        FROM leases s
        JOIN job j ON j.owner_id = s.owner_id AND j.id = s.job_id
        LEFT JOIN job_cancel c ON c.job_id = s.job_id
        WHERE NOT s.alive OR s.deadline_at < clock_timestamp() - make_interval(secs => $2)
        ORDER BY s.lease_seq
        LIMIT $4
        "#,
        silence.as_secs_f64(),
        grace.as_secs_f64(),
        leaving as _,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// A lease of a process.
pub(in crate::queue) struct WorkerLease {
    pub(in crate::queue) job_id: JobId,
    pub(in crate::queue) run_no: i32,
    /// True if its owner has asked to stop it.
    pub(in crate::queue) canceled: bool,
}

/// Returns the leases of a process.
pub(in crate::queue) async fn list_of_worker(pool: &PgPool, worker: WorkerId) -> sqlx::Result<Vec<WorkerLease>> {
    sqlx::query_as!(
        WorkerLease,
        r#"
        SELECT l.job_id AS "job_id: JobId",
               l.run_no,
               c.job_id IS NOT NULL AS "canceled!"
        FROM job_lease l
        LEFT JOIN job_cancel c ON c.job_id = l.job_id
        WHERE l.worker_id = $1
        "#,
        worker as _,
    )
    .fetch_all(pool)
    .await
}
