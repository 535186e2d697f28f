//! The statements on `pipeline_events` alone. Enqueuing, finishing and cancelling also write events.

use sqlx::{PgConnection, PgPool};

use super::column;
use crate::ids::{EventId, JobId, OwnerId};
use crate::queue::event::{EventLevel, JobEvent, NumberedEvent, Position};

/// Inserts events of runs that still hold their lease. Those of other runs are not written.
pub(in crate::queue) async fn insert(pool: &PgPool, events: &[NumberedEvent]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        -- the lock makes the end of a lost run wait for these events, or these events find the run ended
        WITH alive AS MATERIALIZED (
            SELECT job_id, run_no, owner_id
            FROM job_lease
            WHERE job_id = ANY($1)
            FOR KEY SHARE
        )
        INSERT INTO pipeline_events (owner_id, job_id, run_no, n, id, level, message, data, ts)
        SELECT a.owner_id, a.job_id, a.run_no, e.n, e.id, e.level, e.message, e.data, e.ts
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::uuid[], $5::text[], $6::text[], $7::text[],
            $8::timestamptz[]) AS e (job_id, run_no, n, id, level, message, data, ts)
        JOIN alive a ON a.job_id = e.job_id AND a.run_no = e.run_no
        "#,
        &column(events, |it| it.job_id.uuid()),
        &column(events, |it| it.run_no),
        &column(events, |it| it.n),
        &column(events, |it| EventId::new(it.event.at).uuid()),
        &column(events, |it| it.event.level.as_str()) as _,
        &column(events, |it| it.event.message.as_str()) as _,
        &column(events, |it| it.event.data.as_deref()) as _,
        &column(events, |it| it.event.at),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Returns at most `limit` events after `position`, in order.
pub(in crate::queue) async fn list_after(
    conn: &mut PgConnection,
    owner: OwnerId,
    job: JobId,
    position: Position,
    limit: i64,
) -> sqlx::Result<Vec<JobEvent>> {
    sqlx::query_as!(
        JobEvent,
        r#"
        SELECT id AS "id: EventId",
               run_no,
               n,
               level AS "level: EventLevel",
               message,
               data,
               ts
        FROM pipeline_events
        WHERE owner_id = $1 AND job_id = $2 AND (run_no, n) > ($3, $4)
        ORDER BY run_no, n
        LIMIT $5
        "#,
        owner as _,
        job as _,
        position.run_no,
        position.n,
        limit,
    )
    .fetch_all(conn)
    .await
}
