//! The jobs before and after a job, in the order of the list.

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{JobId, OwnerId};

/// A job beside another in the list.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Key.
    pub id: JobId,
    /// The tool's display name, or its name.
    pub label: String,
}

/// The jobs of the same owner beside a job.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// The job accepted before it.
    pub older: Option<Neighbour>,
    /// The job accepted after it.
    pub newer: Option<Neighbour>,
}

/// Returns the jobs beside one of the actor's jobs, in the caller's transaction. It reads one entry of an index on each side.
pub async fn find_neighbours(conn: &mut PgConnection, actor: &Actor, id: JobId) -> Result<Neighbours> {
    let mut beside = Neighbours::default();
    for row in find(conn, actor.owner_id(), id).await? {
        let place = if row.is_newer { &mut beside.newer } else { &mut beside.older };
        *place = Some(Neighbour { id: row.id, label: row.label });
    }
    Ok(beside)
}

struct Row {
    id: JobId,
    label: String,
    is_newer: bool,
}

async fn find(conn: &mut PgConnection, owner: OwnerId, id: JobId) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT beside.id AS "id!: JobId",
               COALESCE(v.title, beside.tool_name) AS "label!",
               beside.is_newer AS "is_newer!"
        FROM (
            (
                SELECT id, tool_name, tool_version_id, false AS is_newer
                FROM job
                WHERE owner_id = $1 AND id < $2
                ORDER BY id DESC
                LIMIT 1
            )
            UNION ALL
            (
                SELECT id, tool_name, tool_version_id, true AS is_newer
                FROM job
                WHERE owner_id = $1 AND id > $2
                ORDER BY id
                LIMIT 1
            )
        ) beside
        LEFT JOIN connector_tool_versions v
            ON v.id = beside.tool_version_id AND (v.owner_id IS NULL OR v.owner_id = $1)
        "#,
        owner as _,
        id as _,
    )
    .fetch_all(conn)
    .await
}
