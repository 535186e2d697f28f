//! Statements on `user_connections` by which an owner reads and changes connections.

use serde_json::Value;
use sqlx::PgConnection;

use super::rest_service::{ExternalAccount, other_account_error};
use super::status::ConnectionStatus;
use crate::clock::Timestamp;
use crate::error::Message;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OwnerId};
use crate::secret::Secret;
use crate::vault::{NewSecret, SecretRef};

/// Returns the credential that calls present, an access token or a key, as the vault seals it.
pub(super) const fn access_secret(value: &Secret) -> NewSecret<'_> {
    NewSecret { purpose: "connection.access", value }
}

/// An owner's link to a connector.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The connection's id.
    pub id: ConnectionId,
    /// Tells several accounts of one service apart.
    pub label: String,
    /// The connection's status.
    pub status: ConnectionStatus,
    /// `true` if calls present a stored credential.
    pub has_secret: bool,
    /// The last call through the connection.
    pub last_used_at: Option<Timestamp>,
    /// The creation time.
    pub created_at: Timestamp,
}

/// Returns the default connection first, then the oldest.
pub(super) async fn list_for_connector(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
) -> sqlx::Result<Vec<Connection>> {
    sqlx::query_as!(
        Connection,
        r#"
        SELECT id AS "id: ConnectionId",
               label,
               status AS "status: ConnectionStatus",
               secret_ref_access IS NOT NULL AS "has_secret!",
               last_used_at,
               created_at
        FROM user_connections
        WHERE owner_id = $1 AND connector_id = $2
        ORDER BY is_default DESC, id
        "#,
        owner as _,
        connector as _,
    )
    .fetch_all(conn)
    .await
}

/// Returns the id of the connection with the label: the new one, or the one that was there first.
pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    connector: ConnectorId,
    label: &str,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> sqlx::Result<ConnectionId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO user_connections (owner_id, id, connector_id, label, status, secret_ref_access, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $6, $6)
        -- an update that changes nothing, so that the existing row is returned
        ON CONFLICT (owner_id, connector_id, label) WHERE status <> 'revoked' DO UPDATE SET label = EXCLUDED.label
        RETURNING id AS "id: ConnectionId"
        "#,
        owner as _,
        id as _,
        connector as _,
        label,
        secret as _,
        now,
    )
    .fetch_one(conn)
    .await
}

/// A connection whose row is locked until the transaction ends.
pub(super) struct LockedConnection {
    pub(super) connector_id: ConnectorId,
    pub(super) label: String,
    pub(super) status: ConnectionStatus,
    pub(super) is_default: bool,
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
    pub(super) external_id: Option<String>,
    pub(super) external_account: Option<String>,
    pub(super) captured: Option<Value>,
    pub(super) oauth_client_id: Option<OauthClientId>,
}

impl LockedConnection {
    /// Returns an error message if the connection belongs to another account.
    pub(super) fn other_account_error(&self, account: Option<&ExternalAccount>) -> Option<Message> {
        other_account_error(self.external_id.as_deref(), self.external_account.as_deref(), account)
    }
}

pub(super) async fn lock(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
) -> sqlx::Result<Option<LockedConnection>> {
    sqlx::query_as!(
        LockedConnection,
        r#"
        SELECT connector_id AS "connector_id: ConnectorId",
               label,
               status AS "status: ConnectionStatus",
               is_default,
               secret_ref_access AS "access: SecretRef",
               secret_ref_refresh AS "refresh: SecretRef",
               external_id,
               external_account,
               captured,
               oauth_client_id AS "oauth_client_id: OauthClientId"
        FROM user_connections
        WHERE owner_id = $1 AND id = $2
        FOR UPDATE
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Sets the values beside the credential, and the account if it is known.
pub(super) async fn set_account(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    captured: &Value,
    account: Option<&ExternalAccount>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET captured = $3,
            external_id = COALESCE($4, external_id),
            external_account = COALESCE($5, external_account)
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        captured,
        account.map(|it| it.id.as_str()),
        account.map(|it| it.name.as_str()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn rename(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    label: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET label = $3, updated_at = $4 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        label,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Activates the connection with a new credential, and clears every trace of the old one's failure.
pub(super) async fn set_credential(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    secret: &SecretRef,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'active',
            health = 'ok',
            reason = NULL,
            last_error = NULL,
            secret_ref_access = $3,
            version = version + 1,
            expires_at = NULL,
            notice_at = NULL,
            last_ok_at = $4,
            updated_at = $4
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        secret as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks a connection as disconnected, and drops the references to its secrets.
pub(super) async fn mark_disconnected(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET status = 'revoked',
            health = 'ok',
            reason = NULL,
            is_default = false,
            secret_ref_access = NULL,
            secret_ref_refresh = NULL,
            version = version + 1,
            expires_at = NULL,
            expires_on = NULL,
            remind_at = NULL,
            updated_at = $3
        WHERE owner_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn clear_default(conn: &mut PgConnection, owner: OwnerId, connector: ConnectorId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET is_default = false WHERE owner_id = $1 AND connector_id = $2 AND is_default",
        owner as _,
        connector as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_default(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET is_default = true, updated_at = $3 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Resets the failures of a connection, after its credential was accepted in the same transaction.
pub(super) async fn reset_failures(conn: &mut PgConnection, owner: OwnerId, id: ConnectionId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET failures = 0, failed_days = 0, last_failed_at = NULL, failure = NULL
        WHERE owner_id = $1 AND id = $2 AND (failures > 0 OR failure IS NOT NULL)
        "#,
        owner as _,
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
