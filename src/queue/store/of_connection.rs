//! Jobs by the connection that they go through, which is what a lane is.

use sqlx::PgConnection;

use crate::ids::{ConnectionId, JobId, UserId};

/// Jobs that run, are ready or wait.
pub(in crate::queue) async fn list_unfinished(
    conn: &mut PgConnection,
    queue: &str,
    owner: UserId,
    connections: &[ConnectionId],
    most: i64,
) -> sqlx::Result<Vec<(ConnectionId, JobId)>> {
    let connections: Vec<_> = connections.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        WITH lanes AS MATERIALIZED (
            SELECT lane, connection_id
            FROM lane
            WHERE queue = $1 AND user_id = $2 AND connection_id = ANY($3::uuid[])
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
        queue,
        owner as _,
        &connections,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.connection_id, row.job_id)).collect())
}

/// Makes jobs ready that wait for their connection to be connected again.
pub(in crate::queue) async fn release_awaiting_reauth(
    conn: &mut PgConnection,
    queue: &str,
    owner: UserId,
    connection: ConnectionId,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        WITH due AS (
            DELETE FROM job_later
            WHERE job_id = ANY(ARRAY(
                SELECT t.job_id
                FROM lane l
                JOIN job_later t ON t.lane = l.lane
                WHERE l.queue = $1 AND l.user_id = $2 AND l.connection_id = $3 AND t.reason = 'reauth'
                FOR UPDATE OF t SKIP LOCKED
            ))
            RETURNING *
        )
        INSERT INTO job_ready (user_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable)
        SELECT user_id, job_id, queue, prio, lane, attempt, crashes, run_no, repeatable
        FROM due
        ORDER BY job_id
        RETURNING job_id AS "job_id: JobId"
        "#,
        queue,
        owner as _,
        connection as _,
    )
    .fetch_all(conn)
    .await
}
