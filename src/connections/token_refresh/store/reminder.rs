//! The statements of what owners are still to be reminded of.

use sqlx::PgConnection;

use super::Due;
use crate::clock::{Day, Timestamp};
use crate::ids::{ConnectionId, UserId};

/// What a mail says of a credential that ends.
pub(in crate::connections::token_refresh) struct Reminder {
    pub(in crate::connections::token_refresh) service: String,
    pub(in crate::connections::token_refresh) label: String,
    /// A key; otherwise a token.
    pub(in crate::connections::token_refresh) is_key: bool,
    pub(in crate::connections::token_refresh) ends_on: Day,
}

/// Takes what its owner is to be reminded of, so that nobody else does it before `again`; none if there is nothing.
pub(in crate::connections::token_refresh) async fn take_reminder(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    again: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Option<Reminder>> {
    sqlx::query_as!(
        Reminder,
        r#"
        UPDATE user_connections u
        SET remind_at = $3
        FROM connectors c
        WHERE u.user_id = $1 AND u.id = $2 AND c.id = u.connector_id
          AND u.remind_at <= $4 AND (u.status = 'active' OR u.health = 'exhausted') AND u.ends_on IS NOT NULL
        RETURNING c.name AS service, u.label, c.transport = 'rest' AS "is_key!", u.ends_on AS "ends_on!"
        "#,
        owner as _,
        id as _,
        again,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Its owner has been reminded; unless the credential was replaced since the reminder was taken until `again`.
pub(in crate::connections::token_refresh) async fn drop_reminder(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    again: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET remind_at = NULL WHERE user_id = $1 AND id = $2 AND remind_at = $3",
        owner as _,
        id as _,
        again,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Connections of all users whose owners are still to be reminded.
pub(in crate::connections::token_refresh) async fn unreminded(
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
        WHERE remind_at IS NOT NULL AND (status = 'active' OR health = 'exhausted') AND remind_at <= $1
        ORDER BY remind_at
        LIMIT $2
        "#,
        now,
        most,
    )
    .fetch_all(conn)
    .await
}
