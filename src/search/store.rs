//! The statements of the search. Each names the owner, and finds a word anywhere in the names of a row.

use std::ops::RangeInclusive;

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::ConnectionStatus;
use crate::ids::{ConnectionId, JobId};

/// A tool.
#[derive(Clone, Debug)]
pub struct FoundTool {
    /// Name at the server.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Name of its connector.
    pub connector: String,
    /// Connector in URLs.
    pub slug: String,
}

/// A connector.
#[derive(Clone, Debug)]
pub struct FoundConnector {
    /// Name for people.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// Purpose, in a sentence.
    pub description: String,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct FoundConnection {
    /// Primary key.
    pub id: ConnectionId,
    /// Label.
    pub label: String,
    /// Account at the service.
    pub account: Option<String>,
    /// Name of its connector.
    pub connector: String,
    /// State.
    pub status: ConnectionStatus,
}

/// A job.
#[derive(Clone, Debug)]
pub struct FoundJob {
    /// Primary key.
    pub id: JobId,
    /// Name of the tool.
    pub tool: String,
    /// Name of the connector.
    pub connector: String,
    /// Time of acceptance.
    pub created_at: Timestamp,
}

pub(super) async fn tools(
    conn: &mut PgConnection,
    actor: &Actor,
    words: &[String],
    limit: i64,
) -> sqlx::Result<Vec<FoundTool>> {
    sqlx::query_as!(
        FoundTool,
        r#"
        SELECT t.name, v.title AS "title?", c.name AS connector, c.slug
        FROM connector_tools t
        JOIN connectors c ON c.id = t.connector_id
        LEFT JOIN connector_tool_versions v ON v.id = t.current_version_id
        WHERE (t.owner_id IS NULL OR t.owner_id = $1)
          AND (c.owner_id IS NULL OR c.owner_id = $1)
          AND t.is_active
          AND c.is_active
          AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $2 AND a.is_admin))
          AND NOT EXISTS (
              SELECT 1 FROM unnest($3::text[]) AS sought (word)
              WHERE strpos(lower(concat_ws(' ', v.title, t.name, c.name)), sought.word) = 0
          )
        ORDER BY lower(c.name), t.position, t.id
        LIMIT $4
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        words,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn connectors(
    conn: &mut PgConnection,
    actor: &Actor,
    words: &[String],
    limit: i64,
) -> sqlx::Result<Vec<FoundConnector>> {
    sqlx::query_as!(
        FoundConnector,
        r#"
        SELECT c.name, c.slug, c.description
        FROM connectors c
        WHERE (c.owner_id IS NULL OR c.owner_id = $1)
          AND c.is_active
          AND c.beside IS NULL
          AND (c.visibility <> 'administrators' OR EXISTS (SELECT 1 FROM users a WHERE a.id = $2 AND a.is_admin))
          AND NOT EXISTS (
              SELECT 1 FROM unnest($3::text[]) AS sought (word)
              WHERE strpos(lower(c.name || ' ' || c.slug || ' ' || c.description), sought.word) = 0
          )
        ORDER BY lower(c.name), c.id
        LIMIT $4
        "#,
        actor.owner_id() as _,
        actor.user_id() as _,
        words,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn connections(
    conn: &mut PgConnection,
    actor: &Actor,
    words: &[String],
    limit: i64,
) -> sqlx::Result<Vec<FoundConnection>> {
    sqlx::query_as!(
        FoundConnection,
        r#"
        SELECT n.id AS "id: ConnectionId",
               n.label,
               n.external_account AS account,
               c.name AS connector,
               n.status AS "status: ConnectionStatus"
        FROM user_connections n
        JOIN connectors c ON c.id = n.connector_id
        WHERE n.owner_id = $1
          AND n.status <> 'revoked'
          AND NOT EXISTS (
              SELECT 1 FROM unnest($2::text[]) AS sought (word)
              WHERE strpos(lower(concat_ws(' ', n.label, n.external_account, c.name)), sought.word) = 0
          )
        ORDER BY lower(c.name), n.id
        LIMIT $3
        "#,
        actor.owner_id() as _,
        words,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn jobs(
    conn: &mut PgConnection,
    actor: &Actor,
    ids: RangeInclusive<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<FoundJob>> {
    sqlx::query_as!(
        FoundJob,
        r#"
        SELECT j.id AS "id: JobId", j.tool_name AS tool, c.name AS connector, j.created_at
        FROM job j
        JOIN connectors c ON c.id = j.connector_id
        WHERE j.owner_id = $1 AND j.id >= $2 AND j.id <= $3
        ORDER BY j.id DESC
        LIMIT $4
        "#,
        actor.owner_id() as _,
        *ids.start() as _,
        *ids.end() as _,
        limit,
    )
    .fetch_all(conn)
    .await
}
