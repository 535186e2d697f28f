//! The statement that reads the keys of unfinished jobs and counts failures. The hot tables have no policy, and give ids only.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::{JobId, OwnerId};

/// Keys of unfinished jobs by what they do, each list newest first, and the number of failures.
pub(super) struct UnfinishedKeys {
    pub(super) running: Vec<Uuid>,
    pub(super) needs_owner: Vec<Uuid>,
    pub(super) waiting: Vec<Uuid>,
    pub(super) failed: i64,
}

impl UnfinishedKeys {
    /// Returns the keys, those of running jobs first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = JobId> {
        self.running.iter().chain(&self.needs_owner).chain(&self.waiting).copied().map(JobId::from_uuid)
    }
}

/// Reads at most `limit` keys of each kind, and counts the jobs that failed or ended as unknown in an hour from `since` on.
pub(super) async fn unfinished_keys(
    conn: &mut PgConnection,
    owner: OwnerId,
    since: Timestamp,
    limit: i64,
) -> sqlx::Result<UnfinishedKeys> {
    sqlx::query_as!(
        UnfinishedKeys,
        r#"
        SELECT ARRAY(
                   SELECT job_id FROM job_lease WHERE owner_id = $1 ORDER BY job_id DESC LIMIT $3
               ) AS "running!",
               ARRAY(
                   SELECT job_id FROM job_later WHERE owner_id = $1 AND reason = 'reauth' ORDER BY job_id DESC LIMIT $3
               ) AS "needs_owner!",
               ARRAY(
                   SELECT job_id
                   FROM (
                       (SELECT job_id FROM job_ready WHERE owner_id = $1 ORDER BY job_id DESC LIMIT $3)
                       UNION ALL
                       (
                           SELECT job_id
                           FROM job_later
                           WHERE owner_id = $1 AND reason <> 'reauth'
                           ORDER BY job_id DESC
                           LIMIT $3
                       )
                   ) waiting
                   ORDER BY job_id DESC
                   LIMIT $3
               ) AS "waiting!",
               COALESCE((
                   SELECT sum(failed + unknown) FROM job_hours WHERE owner_id = $1 AND hour >= $2
               ), 0)::bigint AS "failed!"
        "#,
        owner as _,
        since,
        limit,
    )
    .fetch_one(conn)
    .await
}
