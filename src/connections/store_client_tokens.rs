//! Statements on the access tokens of applications that owners entered. Called by `credentials`.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectionId, OwnerId};
use crate::vault::SecretRef;

/// Sets the secret that the access token is refreshed with, the token's expiry, and the time of its refresh.
pub(super) async fn set_refresh(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    secret: &SecretRef,
    expires_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET secret_ref_refresh = $3, expires_at = $4, next_attempt_at = $5
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        secret as _,
        expires_at,
        next_attempt_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops the reference to the secret that an access token was refreshed with.
pub(super) async fn clear_refresh(conn: &mut PgConnection, owner: OwnerId, id: ConnectionId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET secret_ref_refresh = NULL WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
