//! The statements on `lane`: the lanes without jobs, and the unfinished jobs of a lane.

use sqlx::PgConnection;

use crate::ids::{ConnectionId, JobId, OwnerId};
use crate::queue::QUEUE;

/// Returns jobs that run, are ready or wait, each with its connection.
pub(in crate::queue) async fn list_unfinished(
    conn: &mut PgConnection,
    owner: OwnerId,
    connections: &[ConnectionId],
    limit: i64,
) -> sqlx::Result<Vec<(ConnectionId, JobId)>> {
    let connections: Vec<_> = connections.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        WITH lanes AS MATERIALIZED (
            SELECT lane, connection_id
            FROM lane
            WHERE queue = $1 AND owner_id = $2 AND connection_id = ANY($3::uuid[])
        )
        SELECT l.connection_id AS "connection_id!: ConnectionId",
               w.job_id AS "job_id!: JobId"
        FROM lanes l
        CROSS JOIN LATERAL (
            SELECT s.job_id FROM job_lease s WHERE s.lane = l.lane
            UNION ALL
            SELECT r.job_id FROM job_ready r WHERE r.queue = $1 AND r.lane = l.lane
            UNION ALL
            SELECT t.job_id FROM job_later t WHERE t.lane = l.lane
        ) w
        LIMIT $4
        "#,
        QUEUE,
        owner as _,
        &connections,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.connection_id, row.job_id)).collect())
}

/// Locks lanes without jobs, so that no enqueue gives them one, and returns them.
pub(in crate::queue) async fn lock_drained(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        SELECT l.lane
        FROM lane l
        WHERE NOT l.paused
          AND NOT EXISTS (SELECT FROM job_ready r WHERE r.queue = l.queue AND r.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_later t WHERE t.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_lease s WHERE s.lane = l.lane)
        ORDER BY l.lane
        LIMIT 5000
        FOR UPDATE OF l SKIP LOCKED
        "#,
    )
    .fetch_all(conn)
    .await
}

/// Deletes those of these lanes that still have no job: an enqueue may have been faster than the lock.
pub(in crate::queue) async fn delete_drained(conn: &mut PgConnection, lanes: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM lane l
        WHERE l.lane = ANY($1)
          AND NOT EXISTS (SELECT FROM job_ready r WHERE r.queue = l.queue AND r.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_later t WHERE t.lane = l.lane)
          AND NOT EXISTS (SELECT FROM job_lease s WHERE s.lane = l.lane)
        "#,
        lanes,
    )
    .execute(conn)
    .await?;
    Ok(())
}
