//! Recent jobs of a connector, for its page.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::filter::Filter;
use super::list::MAX_SCANNED_JOBS;
use super::store::{self, JobRow};
use crate::actor::Actor;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ConnectorId, JobId, UserId};

/// Jobs of one service, each list newest first.
#[derive(Clone, Debug, Default)]
pub struct RecentJobs {
    /// The newest, of whichever tool.
    pub newest: Vec<JobRow>,
    /// The newest of each tool, as far as a bounded look at the newest jobs reaches back.
    pub last: Vec<JobRow>,
}

/// The actor's jobs of one service: the `most` newest, and the last of each tool. It costs a bounded look along one index,
/// however many tools there are and however long the history is.
pub async fn list_recent(db: &Db, actor: &Actor, connector: ConnectorId, most: usize) -> Result<RecentJobs> {
    let mut tx = db.as_user(actor).await?;
    let runs = runs(&mut tx, actor.user_id(), connector).await?;
    let mut seen = HashSet::new();
    let last: HashSet<_> = runs.iter().filter(|run| seen.insert(run.tool.as_str())).map(|run| run.id).collect();
    let newest: HashSet<_> = runs.iter().take(most).map(|run| run.id).collect();
    let keys: Vec<_> = last.union(&newest).copied().collect();
    if keys.is_empty() {
        return Ok(RecentJobs::default());
    }
    let rows = store::of_keys(&mut tx, actor.user_id(), &keys, &Filter::default(), MAX_SCANNED_JOBS).await?;
    Ok(RecentJobs {
        newest: rows.iter().filter(|row| newest.contains(&row.id)).cloned().collect(),
        last: rows.into_iter().filter(|row| last.contains(&row.id)).collect(),
    })
}

struct Run {
    id: JobId,
    tool: String,
}

async fn runs(conn: &mut PgConnection, owner: UserId, connector: ConnectorId) -> sqlx::Result<Vec<Run>> {
    sqlx::query_as!(
        Run,
        r#"
        SELECT id AS "id: JobId", tool_name AS tool
        FROM job
        WHERE user_id = $1 AND connector_id = $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        owner as _,
        connector as _,
        MAX_SCANNED_JOBS,
    )
    .fetch_all(conn)
    .await
}
