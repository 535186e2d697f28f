//! The statements that read one job. The queue writes jobs.

use sqlx::PgConnection;

use super::kind::JobKind;
use super::status::JobStatus;
use crate::actor::{Actor, Origin};
use crate::clock::Timestamp;
use crate::connectors::Transport;
use crate::ids::{ConnectionId, ConnectorId, JobId, OwnerId, ProgramId, ToolVersionId, UserId};
use crate::queue::WaitReason;
use crate::rest::NEXT_CURSOR;

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Key.
    pub id: JobId,
    /// The user who started it.
    pub started_by: UserId,
    /// The kind of work.
    pub kind: JobKind,
    /// The connector.
    pub connector_id: ConnectorId,
    /// The connector's name; `None` if it was deleted.
    pub connector: Option<String>,
    /// The connector's slug; `None` if it was deleted or is hidden.
    pub connector_slug: Option<String>,
    /// The protocol of the connector; `None` if it was deleted.
    pub transport: Option<Transport>,
    /// The connection that it uses.
    pub connection_id: ConnectionId,
    /// The tool version that it runs; `None` if it runs no tool.
    pub tool_version_id: Option<ToolVersionId>,
    /// The tool's name, or that of the work.
    pub tool_name: String,
    /// The tool's display name, if its server gave it.
    pub tool_title: Option<String>,
    /// The label of the connection.
    pub connection_label: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
    /// The network address of the request.
    pub requester_ip: Option<String>,
    /// The program that asked for the job.
    pub via: Option<ProgramId>,
    /// The name of that program.
    pub program: Option<String>,
    /// Status of the job.
    pub status: JobStatus,
    /// Arguments as JSON text.
    pub input: String,
    /// Result as JSON text.
    pub output: Option<String>,
    /// The error message, for people.
    pub error: Option<String>,
    /// The error class, a machine word.
    pub error_class: Option<String>,
    /// Number of earlier attempts.
    pub attempt: i32,
    /// The number of its last run.
    pub run_no: i32,
    /// The reason to wait, if the job waits for a time.
    pub wait_reason: Option<WaitReason>,
    /// The time until which it waits.
    pub later_at: Option<Timestamp>,
    /// Time of acceptance.
    pub created_at: Timestamp,
    /// Start of the last run.
    pub started_at: Option<Timestamp>,
    /// End of the job.
    pub finished_at: Option<Timestamp>,
}

impl Job {
    /// Returns the name of the tool for people.
    #[must_use]
    pub fn label(&self) -> &str {
        self.tool_title.as_deref().unwrap_or(&self.tool_name)
    }

    /// Returns the cursor of the page that follows the result of a tool of a REST service.
    #[must_use]
    pub fn next_cursor(&self) -> Option<String> {
        let output = self.output.as_deref().filter(|text| text.contains(NEXT_CURSOR))?;
        let result: serde_json::Value = serde_json::from_str(output).ok()?;
        result.get("_meta")?.get(NEXT_CURSOR)?.as_str().map(ToOwned::to_owned)
    }

    /// Returns the person who asked for the job, as the actor of its audit entry. `actor` is the hub, on their behalf.
    pub(super) fn requester(&self, actor: &Actor) -> Actor {
        let ip = self.requester_ip.as_deref().and_then(|ip| ip.parse().ok());
        actor.clone().asking_from(self.origin, ip).through(self.via)
    }
}

/// Returns a job of the owner.
pub(super) async fn find(conn: &mut PgConnection, owner: OwnerId, id: JobId) -> sqlx::Result<Option<Job>> {
    sqlx::query_as!(
        Job,
        r#"
        SELECT j.id AS "id!: JobId",
               j.user_id AS "started_by!: UserId",
               j.type AS "kind!: JobKind",
               j.connector_id AS "connector_id!: ConnectorId",
               c.name AS "connector?",
               CASE WHEN c.is_active THEN c.slug END AS "connector_slug?",
               c.transport AS "transport?: Transport",
               j.connection_id AS "connection_id!: ConnectionId",
               j.tool_version_id AS "tool_version_id: ToolVersionId",
               j.tool_name AS "tool_name!",
               v.title AS "tool_title?",
               u.label AS "connection_label?",
               j.origin AS "origin!: Origin",
               j.requester_ip,
               j.via AS "via: ProgramId",
               COALESCE(t.name, g.name) AS program,
               j.status AS "status!: JobStatus",
               j.input AS "input!",
               j.output,
               j.error,
               j.error_class,
               j.attempt AS "attempt!",
               j.run_no AS "run_no!",
               j.later_reason AS "wait_reason: WaitReason",
               j.later_at,
               j.created_at AS "created_at!",
               j.started_at,
               j.finished_at
        FROM pipeline_jobs j
        LEFT JOIN connectors c ON c.id = j.connector_id
        LEFT JOIN connector_tool_versions v
            ON v.id = j.tool_version_id AND (v.owner_id IS NULL OR v.owner_id = $1)
        LEFT JOIN user_connections u ON u.owner_id = $1 AND u.id = j.connection_id
        LEFT JOIN api_tokens t ON t.owner_id = $1 AND t.id = j.via
        LEFT JOIN assistant_grants g ON g.owner_id = $1 AND g.id = j.via
        WHERE j.owner_id = $1 AND j.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Returns the key of the newest check-up of a connection.
pub(super) async fn find_latest_checkup(
    conn: &mut PgConnection,
    owner: OwnerId,
    connection: ConnectionId,
) -> sqlx::Result<Option<JobId>> {
    sqlx::query_scalar!(
        r#"
        SELECT id AS "id: JobId"
        FROM job
        WHERE owner_id = $1 AND connection_id = $2 AND type = 'connection.checkup'
        ORDER BY id DESC
        LIMIT 1
        "#,
        owner as _,
        connection as _,
    )
    .fetch_optional(conn)
    .await
}
