//! Statements that read an owner's connections together with their connectors.

use serde_json::Value;
use sqlx::PgConnection;

use super::detail::{ConnectionDetail, ConnectionGroup, GroupCounts};
use super::owner_step::OwnerStep;
use super::status::{ConnectionHealth, ConnectionStatus};
use crate::clock::Day;
use crate::connectors::{AuthKind, Transport};
use crate::ids::{ConnectionId, ConnectorId, OwnerId};
use crate::page::PAGE_LIMIT;

/// A connector that a user has connections to.
#[derive(Clone, Debug)]
pub struct LinkedConnector {
    /// The connector's id.
    pub id: ConnectorId,
    /// The connector's name.
    pub name: String,
    /// The connector's place in URLs.
    pub slug: String,
}

/// A connection that cannot be used until its owner acts.
#[derive(Clone, Debug)]
pub struct ConnectionProblem {
    /// Key.
    pub id: ConnectionId,
    /// Name of the connector.
    pub connector: String,
    /// The connector's place in URLs.
    pub slug: String,
    /// The way to authenticate at the service.
    pub auth: AuthKind,
    /// The transport of calls.
    pub transport: Transport,
    /// The owner's label for the account.
    pub label: String,
    /// Expired or error.
    pub status: ConnectionStatus,
    /// The reason why it does not work.
    pub health: ConnectionHealth,
    /// Reason in words, if it is known.
    pub cause: Option<String>,
}

impl ConnectionProblem {
    /// Returns the step that mends the connection.
    #[must_use]
    pub const fn owner_step(&self) -> Option<OwnerStep> {
        OwnerStep::of_connection(self.status, self.health, self.auth)
    }
}

/// Builds a query over the user's connections. `place` is the position of a row's [`ConnectionGroup`] in the list, and `ends` the
/// day on which an entered credential expires.
macro_rules! details {
    ($tail:literal, $owner:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            ConnectionDetail,
            r#"
            WITH mine AS (
                SELECT u.*,
                       c.name AS connector,
                       c.slug,
                       c.is_active AS is_listed,
                       c.auth_type,
                       c.transport,
                       c.server_key IS NOT NULL AS has_server_key,
                       CASE WHEN u.status IN ('expired', 'error') OR u.health <> 'ok' THEN 0
                            WHEN u.status = 'revoked' THEN 2
                            ELSE 1 END AS place,
                       COALESCE(u.expires_on, 'infinity') AS ends
                FROM user_connections u
                JOIN connectors c ON c.id = u.connector_id
                WHERE u.owner_id = $1
            )
            SELECT id AS "id!: ConnectionId",
                   connector_id AS "connector_id!: ConnectorId",
                   connector AS "connector!",
                   slug AS "slug!",
                   is_listed AS "is_listed!",
                   auth_type AS "auth!: AuthKind",
                   transport AS "transport!: Transport",
                   has_server_key AS "has_server_key!",
                   label AS "label!",
                   status AS "status!: ConnectionStatus",
                   health AS "health!: ConnectionHealth",
                   reason,
                   last_error,
                   secret_ref_access IS NOT NULL AS "has_secret!",
                   external_account AS account,
                   scopes || ARRAY(
                       SELECT unnest(t.scopes) FROM connection_tokens t WHERE t.owner_id = $1 AND t.connection_id = mine.id
                   ) AS "scopes!",
                   ARRAY(SELECT unnest(requested_scopes) EXCEPT SELECT unnest(scopes)) || ARRAY(
                       SELECT r.scope
                       FROM connection_tokens t, unnest(t.requested_scopes) r (scope)
                       WHERE t.owner_id = $1 AND t.connection_id = mine.id AND r.scope <> ALL(t.scopes)
                   ) AS "wanted!",
                   expires_at,
                   expires_on AS expires_on,
                   last_ok_at,
                   last_used_at,
                   created_at AS "created_at!",
                   updated_at AS "updated_at!",
                   COALESCE(id = (
                       SELECT o.id
                       FROM user_connections o
                       WHERE o.owner_id = $1 AND o.connector_id = mine.connector_id AND o.status = 'active'
                       ORDER BY o.is_default DESC, o.id
                       LIMIT 1
                   ), false) AS "is_default!",
                   (
                       SELECT count(*)
                       FROM user_connections o
                       WHERE o.owner_id = $1 AND o.connector_id = mine.connector_id AND o.status = 'active'
                   ) AS "usable!",
                   (
                       SELECT count(*)
                       FROM user_connections o
                       WHERE o.owner_id = $1 AND o.connector_id = mine.connector_id AND o.id <> mine.id
                   ) AS "siblings!"
            FROM mine
            "#
                + $tail,
            $owner as _,
            $($more),*
        )
    };
}

pub(super) async fn list(
    conn: &mut PgConnection,
    owner: OwnerId,
    group: Option<ConnectionGroup>,
    after: Option<ConnectionId>,
    soon: Day,
) -> sqlx::Result<Vec<ConnectionDetail>> {
    details!(
        r#"
        WHERE ($2::integer IS NULL OR place = $2)
          AND ($5::date IS NULL OR ends <= $5)
          AND ($3::uuid IS NULL OR (place, ends, lower(connector), lower(label), id) > (
              SELECT a.place, a.ends, lower(a.connector), lower(a.label), a.id FROM mine a WHERE a.id = $3
          ))
        ORDER BY place, ends, lower(connector), lower(label), id
        LIMIT $4
        "#,
        owner,
        group.map(ConnectionGroup::position),
        after as _,
        PAGE_LIMIT,
        Some(soon).filter(|_| group == Some(ConnectionGroup::Expiring))
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn count_groups(conn: &mut PgConnection, owner: OwnerId, soon: Day) -> sqlx::Result<GroupCounts> {
    sqlx::query_as!(
        GroupCounts,
        r#"
        SELECT count(*) FILTER (WHERE place = 0) AS "needs_owner!",
               count(*) FILTER (WHERE place = 1 AND expires_on <= $2) AS "expiring!",
               count(*) FILTER (WHERE place = 1) AS "connected!",
               count(*) FILTER (WHERE place = 2) AS "disconnected!"
        FROM (
            SELECT expires_on,
                   CASE WHEN status IN ('expired', 'error') OR health <> 'ok' THEN 0
                        WHEN status = 'revoked' THEN 2
                        ELSE 1 END AS place
            FROM user_connections
            WHERE owner_id = $1
        ) mine
        "#,
        owner as _,
        soon,
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn find_many(
    conn: &mut PgConnection,
    owner: OwnerId,
    ids: &[ConnectionId],
) -> sqlx::Result<Vec<ConnectionDetail>> {
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    details!(
        r#"
        WHERE id = ANY($2::uuid[])
        ORDER BY place, ends, lower(connector), lower(label), id
        "#,
        owner,
        &ids
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn linked_connectors(
    conn: &mut PgConnection,
    owner: OwnerId,
    limit: i64,
) -> sqlx::Result<Vec<LinkedConnector>> {
    sqlx::query_as!(
        LinkedConnector,
        r#"
        SELECT DISTINCT c.id AS "id: ConnectorId",
               c.name,
               c.slug
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.owner_id = $1
        ORDER BY c.name, c.slug
        LIMIT $2
        "#,
        owner as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn duplicate_label(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT o.label
        FROM user_connections u
        JOIN user_connections o ON o.owner_id = u.owner_id AND o.connector_id = u.connector_id AND o.external_id = u.external_id
        WHERE u.owner_id = $1 AND u.id = $2 AND o.id <> u.id AND o.status <> 'revoked'
        ORDER BY o.id
        LIMIT 1
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Lists connections of listed connectors that do not work, the longest waiting first. A connection that its owner has
/// disconnected is no problem.
pub(super) async fn list_problems(
    conn: &mut PgConnection,
    owner: OwnerId,
    limit: i64,
) -> sqlx::Result<Vec<ConnectionProblem>> {
    sqlx::query_as!(
        ConnectionProblem,
        r#"
        SELECT u.id AS "id: ConnectionId",
               c.name AS connector,
               c.slug,
               c.auth_type AS "auth: AuthKind",
               c.transport AS "transport: Transport",
               u.label,
               u.status AS "status: ConnectionStatus",
               u.health AS "health: ConnectionHealth",
               COALESCE(u.reason, u.last_error) AS cause
        FROM user_connections u
        JOIN connectors c ON c.id = u.connector_id
        WHERE u.owner_id = $1 AND u.status IN ('expired', 'error') AND c.is_active
        ORDER BY u.updated_at, u.id
        LIMIT $2
        "#,
        owner as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Finds the id of a connection's account at its service, and the values beside its credential.
pub(super) async fn find_account(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
) -> sqlx::Result<Option<(Option<String>, Option<Value>)>> {
    let found = sqlx::query!(
        r#"
        SELECT external_id,
               captured
        FROM user_connections
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|row| (row.external_id, row.captured)))
}
