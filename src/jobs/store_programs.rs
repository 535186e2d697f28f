//! The statements that read jobs by the program that asked for them.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{JobId, OwnerId, ProgramId};

/// The calls of a program in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramCalls {
    /// The program.
    pub program: ProgramId,
    /// Number of its calls.
    pub calls: i64,
    /// Number of calls that failed, or may have.
    pub failed: i64,
}

/// Counts the jobs of programs after a key.
pub(super) async fn count(
    conn: &mut PgConnection,
    owner: OwnerId,
    programs: &[ProgramId],
    after: JobId,
) -> sqlx::Result<Vec<ProgramCalls>> {
    let programs: Vec<Uuid> = programs.iter().map(|program| program.uuid()).collect();
    sqlx::query_as!(
        ProgramCalls,
        r#"
        SELECT j.via AS "program!: ProgramId",
               count(*) AS "calls!",
               count(*) FILTER (WHERE r.outcome NOT IN ('ok', 'canceled')) AS "failed!"
        FROM job j
        LEFT JOIN job_result r ON r.owner_id = j.owner_id AND r.job_id = j.id
        WHERE j.owner_id = $1 AND j.via = ANY($2) AND j.id > $3
        GROUP BY j.via
        "#,
        owner as _,
        &programs,
        after as _,
    )
    .fetch_all(conn)
    .await
}
