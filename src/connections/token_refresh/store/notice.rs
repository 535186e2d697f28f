//! The statements of what owners are still to be told.

use sqlx::PgConnection;

use super::Due;
use crate::clock::Timestamp;
use crate::connections::status::ConnectionStatus;
use crate::ids::{ConnectionId, UserId};

/// What a mail says of a connection that is over.
pub(in crate::connections::token_refresh) struct Notice {
    pub(in crate::connections::token_refresh) service: String,
    pub(in crate::connections::token_refresh) label: String,
    pub(in crate::connections::token_refresh) status: ConnectionStatus,
    pub(in crate::connections::token_refresh) reason: Option<String>,
}

/// Takes what its owner is to be told, so that nobody else tells it before `again`; none if there is nothing to tell.
pub(in crate::connections::token_refresh) async fn take_notice(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    again: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Option<Notice>> {
    sqlx::query_as!(
        Notice,
        r#"
        UPDATE user_connections u
        SET notice_at = $3
        FROM connectors c
        WHERE u.user_id = $1 AND u.id = $2 AND c.id = u.connector_id
          AND u.notice_at <= $4 AND u.status IN ('expired', 'error')
        RETURNING c.name AS service, u.label, u.status AS "status: ConnectionStatus", u.reason
        "#,
        owner as _,
        id as _,
        again,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Its owner has been told what was taken until `again`; what has happened since is still to be told.
pub(in crate::connections::token_refresh) async fn drop_notice(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    again: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET notice_at = NULL WHERE user_id = $1 AND id = $2 AND notice_at = $3",
        owner as _,
        id as _,
        again,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Connections of all users whose owners are still to be told.
pub(in crate::connections::token_refresh) async fn untold(
    conn: &mut PgConnection,
    now: Timestamp,
    most: i64,
) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        SELECT user_id AS "owner: UserId",
               id AS "id: ConnectionId"
        FROM user_connections
        WHERE notice_at IS NOT NULL AND status IN ('expired', 'error') AND notice_at <= $1
        ORDER BY notice_at
        LIMIT $2
        "#,
        now,
        most,
    )
    .fetch_all(conn)
    .await
}
