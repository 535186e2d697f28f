//! Statements for the overview: figures from `job_hours`, what happens now, and the state of the first steps.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{OwnerId, UserId};

/// The numbers of finished jobs in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Number of the period, from 1.
    pub part: i32,
    /// Succeeded jobs.
    pub succeeded: i64,
    /// Failed jobs.
    pub failed: i64,
    /// Canceled jobs.
    pub canceled: i64,
    /// Jobs whose outcome is unknown.
    pub unknown: i64,
    /// Total duration of the succeeded jobs in milliseconds.
    pub latency_ms: i64,
}

/// Sums the hours by period; an hour belongs to the period in which it begins.
pub(super) async fn figures(
    conn: &mut PgConnection,
    owner: OwnerId,
    starts: &[Timestamp],
) -> sqlx::Result<Vec<Figure>> {
    sqlx::query_as!(
        Figure,
        r#"
        SELECT width_bucket(hour, $2::timestamptz[]) AS "part!",
               sum(succeeded)::bigint AS "succeeded!",
               sum(failed)::bigint AS "failed!",
               sum(canceled)::bigint AS "canceled!",
               sum(unknown)::bigint AS "unknown!",
               sum(latency_ms)::bigint AS "latency_ms!"
        FROM job_hours
        WHERE owner_id = $1 AND hour >= $3
        GROUP BY 1
        "#,
        owner as _,
        starts,
        starts.first().copied(),
    )
    .fetch_all(conn)
    .await
}

/// The state of the first steps, as far as other parts of the overview do not show it, and the numbers of unfinished jobs.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateRow {
    pub(super) is_dismissed: bool,
    pub(super) has_chosen_time_zone: bool,
    pub(super) has_service: bool,
    pub(super) running: i64,
    pub(super) waiting: i64,
}

/// The limit of each count, one more than a page writes.
const COUNT_LIMIT: i64 = 100;

/// Reads the state of the first steps, and counts unfinished jobs off the hot tables. A connector that the owner added counts as a
/// service, and so does a connection to one.
pub(super) async fn state(conn: &mut PgConnection, user: UserId, owner: OwnerId) -> sqlx::Result<Option<StateRow>> {
    sqlx::query_as!(
        StateRow,
        r#"
        SELECT u.has_dismissed_first_steps AS is_dismissed,
               u.has_chosen_time_zone,
               EXISTS (SELECT FROM connectors c WHERE c.owner_id = $2)
               OR EXISTS (
                   SELECT
                   FROM user_connections k
                   JOIN connectors c ON c.id = k.connector_id AND (c.owner_id IS NULL OR c.owner_id = $2)
                   WHERE k.owner_id = $2 AND c.transport <> 'builtin'
               ) AS "has_service!",
               (SELECT count(*) FROM (SELECT FROM job_lease WHERE owner_id = $2 LIMIT $3) l) AS "running!",
               (
                   SELECT count(*)
                   FROM (
                       (SELECT FROM job_ready WHERE owner_id = $2 LIMIT $3)
                       UNION ALL
                       (SELECT FROM job_later WHERE owner_id = $2 LIMIT $3)
                   ) w
               ) AS "waiting!"
        FROM users u
        WHERE u.id = $1
        "#,
        user as _,
        owner as _,
        COUNT_LIMIT,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn dismiss_first_steps(conn: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET has_dismissed_first_steps = true WHERE id = $1", user as _).execute(conn).await?;
    Ok(())
}
