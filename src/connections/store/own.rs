//! The statements by which an owner changes a connection.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::connections::service::{ExternalAccount, another};
use crate::connections::status::ConnectionStatus;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, UserId};
use crate::vault::SecretRef;

/// A connection that nobody else changes until the transaction ends.
pub(in crate::connections) struct Held {
    pub(in crate::connections) connector_id: ConnectorId,
    pub(in crate::connections) label: String,
    pub(in crate::connections) status: ConnectionStatus,
    pub(in crate::connections) is_default: bool,
    pub(in crate::connections) access: Option<SecretRef>,
    pub(in crate::connections) refresh: Option<SecretRef>,
    pub(in crate::connections) external_id: Option<String>,
    pub(in crate::connections) external_account: Option<String>,
    pub(in crate::connections) captured: Option<Value>,
    pub(in crate::connections) oauth_client_id: Option<OauthClientId>,
}

impl Held {
    /// A sentence, if it is another account's than this one.
    pub(in crate::connections) fn is_of_another(&self, account: Option<&ExternalAccount>) -> Option<String> {
        another(self.external_id.as_deref(), self.external_account.as_deref(), account)
    }

    /// True once it was disconnected.
    pub(in crate::connections) fn is_over(&self) -> bool {
        self.status.is_disconnected()
    }
}

pub(in crate::connections) async fn hold(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
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
        WHERE user_id = $1 AND id = $2
        FOR UPDATE
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Notes what is known besides the credential.
pub(in crate::connections) async fn describe(
    conn: &mut PgConnection,
    owner: UserId,
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
        WHERE user_id = $1 AND id = $2
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

pub(in crate::connections) async fn rename(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    label: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET label = $3, updated_at = $4 WHERE user_id = $1 AND id = $2",
        owner as _,
        id as _,
        label,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new credential is in place: whatever was wrong with the old one is over.
pub(in crate::connections) async fn renew(
    conn: &mut PgConnection,
    owner: UserId,
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
        WHERE user_id = $1 AND id = $2
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

pub(in crate::connections) async fn revoke(
    conn: &mut PgConnection,
    owner: UserId,
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
            ends_on = NULL,
            remind_at = NULL,
            updated_at = $3
        WHERE user_id = $1 AND id = $2
        "#,
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::connections) async fn prefer_none(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET is_default = false WHERE user_id = $1 AND connector_id = $2 AND is_default",
        owner as _,
        connector as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::connections) async fn prefer(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET is_default = true, updated_at = $3 WHERE user_id = $1 AND id = $2",
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
