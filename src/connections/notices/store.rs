//! Statements that find and clear notices. A notice is due from `notice_at` or `remind_at` of its row.

use sqlx::PgConnection;

use super::NoticeKind;
use crate::clock::{Day, Timestamp};
use crate::connections::status::ConnectionStatus;
use crate::ids::{ConnectionId, OauthClientId, OwnerId};

/// Facts that the mail of a notice states.
pub(super) enum NoticeContent {
    ConnectionExpired(ConnectionExpired),
    KeyExpiring(KeyExpiring),
    ClientRejected(ClientRejected),
}

pub(super) struct ConnectionExpired {
    pub(super) id: ConnectionId,
    pub(super) service: String,
    pub(super) label: String,
    pub(super) status: ConnectionStatus,
    pub(super) reason: Option<String>,
}

pub(super) struct KeyExpiring {
    pub(super) id: ConnectionId,
    pub(super) service: String,
    pub(super) label: String,
    /// The credential is called a key, otherwise a token.
    pub(super) is_key: bool,
    pub(super) expires_on: Day,
}

pub(super) struct ClientRejected {
    pub(super) service: String,
    pub(super) slug: String,
    /// The provider's answer.
    pub(super) message: String,
}

struct DueConnection {
    owner: OwnerId,
    id: ConnectionId,
}

/// Finds the notices of all users that are due, at most `limit` of each kind.
pub(super) async fn find_due(conn: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<NoticeKind>> {
    let expired = sqlx::query_as!(
        DueConnection,
        r#"
        SELECT owner_id AS "owner: OwnerId",
               id AS "id: ConnectionId"
        FROM user_connections
        WHERE notice_at IS NOT NULL AND status IN ('expired', 'error') AND notice_at <= $1
        ORDER BY notice_at
        LIMIT $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let expiring = sqlx::query_as!(
        DueConnection,
        r#"
        SELECT owner_id AS "owner: OwnerId",
               id AS "id: ConnectionId"
        FROM user_connections
        WHERE remind_at IS NOT NULL AND (status = 'active' OR health = 'exhausted') AND remind_at <= $1
        ORDER BY remind_at
        LIMIT $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let clients = sqlx::query_scalar!(
        r#"
        SELECT id AS "id: OauthClientId"
        FROM oauth_clients
        WHERE owner_id = $1 AND notice_at <= $2 AND rejection_connector_id IS NOT NULL
        ORDER BY notice_at
        LIMIT $3
        "#,
        OwnerId::HUB as _,
        now,
        limit,
    )
    .fetch_all(conn)
    .await?;
    let expired = expired.into_iter().map(|it| NoticeKind::ConnectionExpired { owner: it.owner, id: it.id });
    let expiring = expiring.into_iter().map(|it| NoticeKind::KeyExpiring { owner: it.owner, id: it.id });
    let clients = clients.into_iter().map(|id| NoticeKind::ClientRejected { id });
    Ok(expired.chain(expiring).chain(clients).collect())
}

/// Clears a notice. Returns `None` if it is not due, or no longer applies.
pub(super) async fn clear_due(
    conn: &mut PgConnection,
    notice: NoticeKind,
    now: Timestamp,
) -> sqlx::Result<Option<NoticeContent>> {
    match notice {
        NoticeKind::ConnectionExpired { owner, id } => clear_connection_expired(conn, (owner, id), now).await,
        NoticeKind::KeyExpiring { owner, id } => clear_key_expiring(conn, (owner, id), now).await,
        NoticeKind::ClientRejected { id } => clear_client_rejected(conn, id, now).await,
    }
}

async fn clear_connection_expired(
    conn: &mut PgConnection,
    (owner, id): (OwnerId, ConnectionId),
    now: Timestamp,
) -> sqlx::Result<Option<NoticeContent>> {
    let cleared = sqlx::query_as!(
        ConnectionExpired,
        r#"
        UPDATE user_connections u
        SET notice_at = NULL
        FROM connectors c
        WHERE u.owner_id = $1 AND u.id = $2 AND c.id = u.connector_id
          AND u.notice_at <= $3 AND u.status IN ('expired', 'error')
        RETURNING u.id AS "id: ConnectionId",
                  c.name AS service,
                  u.label,
                  u.status AS "status: ConnectionStatus",
                  u.reason
        "#,
        owner as _,
        id as _,
        now,
    );
    Ok(cleared.fetch_optional(conn).await?.map(NoticeContent::ConnectionExpired))
}

async fn clear_key_expiring(
    conn: &mut PgConnection,
    (owner, id): (OwnerId, ConnectionId),
    now: Timestamp,
) -> sqlx::Result<Option<NoticeContent>> {
    let cleared = sqlx::query_as!(
        KeyExpiring,
        r#"
        UPDATE user_connections u
        SET remind_at = NULL
        FROM connectors c
        WHERE u.owner_id = $1 AND u.id = $2 AND c.id = u.connector_id
          AND u.remind_at <= $3 AND (u.status = 'active' OR u.health = 'exhausted') AND u.expires_on IS NOT NULL
        RETURNING u.id AS "id: ConnectionId",
                  c.name AS service,
                  u.label,
                  c.transport = 'rest' AS "is_key!",
                  u.expires_on AS "expires_on!"
        "#,
        owner as _,
        id as _,
        now,
    );
    Ok(cleared.fetch_optional(conn).await?.map(NoticeContent::KeyExpiring))
}

async fn clear_client_rejected(
    conn: &mut PgConnection,
    id: OauthClientId,
    now: Timestamp,
) -> sqlx::Result<Option<NoticeContent>> {
    let cleared = sqlx::query_as!(
        ClientRejected,
        r#"
        UPDATE oauth_clients o
        SET notice_at = NULL
        FROM connectors c
        WHERE o.owner_id = $1 AND o.id = $2 AND o.notice_at <= $3 AND c.id = o.rejection_connector_id
        RETURNING c.name AS service,
                  c.slug,
                  o.rejection_message AS "message!"
        "#,
        OwnerId::HUB as _,
        id as _,
        now,
    );
    Ok(cleared.fetch_optional(conn).await?.map(NoticeContent::ClientRejected))
}
