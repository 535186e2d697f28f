//! What the last look that found a change has found: read from the tools and their versions, which carry its moment.

use sqlx::PgConnection;

use super::compare::{Described, Part, compare};
use super::store;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, UserId};

/// Tools whose changes are told part by part; a definition may be large.
const MOST_COMPARED: i64 = 100;

/// How a connector's tools have changed.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The look; none: nothing has changed since the connector was added.
    pub at: Option<Timestamp>,
    /// Tools that it found for the first time, or again.
    pub added: Vec<Added>,
    /// Names of those that it no longer found.
    pub removed: Vec<String>,
    /// Those whose definition had changed.
    pub changed: Vec<ChangedTool>,
    /// True if more have changed than are told.
    pub more: bool,
}

/// A tool that came.
#[derive(Clone, Debug)]
pub struct Added {
    /// The upstream's name for it.
    pub name: String,
    /// The upstream's words.
    pub description: String,
}

/// A tool that is not what it was.
#[derive(Clone, Debug)]
pub struct ChangedTool {
    /// The upstream's name for it.
    pub name: String,
    /// In what.
    pub parts: Vec<Part>,
}

/// How the tools of one of the actor's own connectors changed when they last did.
pub async fn changes(db: &Db, actor: &Actor, connector: ConnectorId) -> Result<Changes> {
    let mut tx = db.as_user(actor).await?;
    let owner = actor.user_id();
    let found = store::get(&mut tx, owner, connector).await?.ok_or(Error::NotFound("connector"))?;
    let Some(at) = found.changed_at else {
        return Ok(Changes { at: None, added: vec![], removed: vec![], changed: vec![], more: false });
    };
    let mut changed = versions_of(&mut tx, owner, connector, at).await?;
    let most = usize::try_from(MOST_COMPARED).unwrap_or(usize::MAX);
    let more = changed.len() > most;
    changed.truncate(most);
    Ok(Changes {
        at: Some(at),
        added: added(&mut tx, owner, connector, at).await?,
        removed: removed(&mut tx, owner, connector, at).await?,
        changed: changed.into_iter().map(Pair::compared).collect(),
        more,
    })
}

async fn added(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<Added>> {
    sqlx::query_as!(
        Added,
        r#"
        SELECT name, description
        FROM connector_tools
        WHERE owner_id = $1 AND connector_id = $2 AND (created_at = $3 OR returned_at = $3) AND is_active
        ORDER BY position
        "#,
        owner as _,
        connector as _,
        at,
    )
    .fetch_all(conn)
    .await
}

async fn removed(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT name
        FROM connector_tools
        WHERE owner_id = $1 AND connector_id = $2 AND removed_at = $3
        ORDER BY position
        "#,
        owner as _,
        connector as _,
        at,
    )
    .fetch_all(conn)
    .await
}

/// A version of that look, and the one before.
struct Pair {
    name: String,
    before: Described,
    after: Described,
}

impl Pair {
    fn compared(self) -> ChangedTool {
        ChangedTool { parts: compare(&self.before, &self.after), name: self.name }
    }
}

async fn versions_of(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    at: Timestamp,
) -> sqlx::Result<Vec<Pair>> {
    let rows = sqlx::query!(
        r#"
        SELECT t.name,
               old.title AS old_title,
               old.description AS old_description,
               old.schema AS old_schema,
               old.output_schema AS old_output,
               old.annotations AS old_annotations,
               new.title,
               new.description,
               new.schema,
               new.output_schema,
               new.annotations
        FROM connector_tools t
        JOIN connector_tool_versions new ON new.owner_id = $1 AND new.tool_id = t.id AND new.created_at = $3
        JOIN connector_tool_versions old ON old.owner_id = $1 AND old.tool_id = t.id AND old.version = new.version - 1
        WHERE t.owner_id = $1 AND t.connector_id = $2 AND t.is_active AND t.returned_at IS DISTINCT FROM $3
        ORDER BY t.position
        LIMIT $4
        "#,
        owner as _,
        connector as _,
        at,
        MOST_COMPARED + 1,
    )
    .fetch_all(conn)
    .await?;
    let pair = rows.into_iter().map(|row| Pair {
        name: row.name,
        before: Described {
            title: row.old_title,
            description: row.old_description,
            schema: row.old_schema,
            output_schema: row.old_output,
            annotations: row.old_annotations,
        },
        after: Described {
            title: row.title,
            description: row.description,
            schema: row.schema,
            output_schema: row.output_schema,
            annotations: row.annotations,
        },
    });
    Ok(pair.collect())
}
