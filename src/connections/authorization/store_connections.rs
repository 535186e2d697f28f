//! Statements on the connections that sign-ins create or reconnect. Called by `persist`, `start` and `callback`.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::connections::rest_service::{ExternalAccount, other_account_error};
use crate::connections::store::reset_failures;
use crate::error::Message;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OwnerId};
use crate::vault::SecretRef;

/// The secrets and the account of the connection that a sign-in reconnects.
pub(super) struct PreviousConnection {
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
    pub(super) external_id: Option<String>,
    pub(super) external_account: Option<String>,
}

impl PreviousConnection {
    /// Returns an error message if the connection belongs to another account.
    pub(super) fn other_account_error(&self, account: Option<&ExternalAccount>) -> Option<Message> {
        other_account_error(self.external_id.as_deref(), self.external_account.as_deref(), account)
    }
}

/// Finds the connection with this label, and locks its row.
pub(super) async fn find_for_update(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<Option<PreviousConnection>> {
    sqlx::query_as!(
        PreviousConnection,
        r#"
        SELECT secret_ref_access AS "access: SecretRef",
               secret_ref_refresh AS "refresh: SecretRef",
               external_id,
               external_account
        FROM user_connections
        WHERE owner_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        FOR UPDATE
        "#,
        owner as _,
        connector as _,
        label,
    )
    .fetch_optional(conn)
    .await
}

/// Finds the scopes that the connection with this label requests.
pub(super) async fn requested_scopes(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<Option<Vec<String>>> {
    sqlx::query_scalar!(
        r#"
        SELECT requested_scopes
        FROM user_connections
        WHERE owner_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        "#,
        owner as _,
        connector as _,
        label,
    )
    .fetch_optional(conn)
    .await
}

/// Finds the values that are stored beside the credential of the connection with this label.
pub(super) async fn find_captured(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<Option<Value>> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT captured
        FROM user_connections
        WHERE owner_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        "#,
        owner as _,
        connector as _,
        label,
    );
    Ok(found.fetch_optional(conn).await?.flatten())
}

/// Resets the requested scopes to the granted ones. The provider does not know one of the others, and would reject every
/// sign-in that requests it.
pub(super) async fn reset_requested_scopes(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET requested_scopes = scopes
        WHERE owner_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        "#,
        owner as _,
        connector as _,
        label,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records the client of grants without a recorded one.
pub(super) async fn record_client(
    conn: &mut PgConnection,
    owner: OwnerId,
    connector: ConnectorId,
    client: OauthClientId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET oauth_client_id = $3 WHERE owner_id = $1 AND connector_id = $2 AND oauth_client_id IS NULL",
        owner as _,
        connector as _,
        client as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A connection with its new grant.
pub(super) struct GrantedConnection<'a> {
    pub(super) connector: ConnectorId,
    pub(super) label: &'a str,
    pub(super) access: Option<&'a SecretRef>,
    pub(super) refresh: Option<&'a SecretRef>,
    pub(super) scopes: &'a [String],
    pub(super) requested: &'a [String],
    /// The missing scopes in words; the connection works without them.
    pub(super) reason: Option<String>,
    pub(super) captured: Value,
    pub(super) client: OauthClientId,
    pub(super) account: Option<&'a ExternalAccount>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
}

/// Creates the connection with the label, or updates the existing one. Returns its id.
pub(super) async fn upsert(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    granted: &GrantedConnection<'_>,
    now: Timestamp,
) -> sqlx::Result<ConnectionId> {
    let stored = sqlx::query_scalar!(
        r#"
        INSERT INTO user_connections AS c (owner_id, id, connector_id, label, status, health, reason, secret_ref_access,
            secret_ref_refresh, captured, requested_scopes, scopes, expires_at, next_attempt_at, oauth_client_id,
            external_id, external_account, last_ok_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', CASE WHEN $5::text IS NULL THEN 'ok' ELSE 'limited' END, $5, $6, $7, $8, $9, $10, $11,
            $12, $13, $14, $15, $16, $16, $16)
        ON CONFLICT (owner_id, connector_id, label) WHERE status <> 'revoked' DO UPDATE
        SET status = 'active',
            health = EXCLUDED.health,
            reason = EXCLUDED.reason,
            secret_ref_access = EXCLUDED.secret_ref_access,
            secret_ref_refresh = EXCLUDED.secret_ref_refresh,
            version = c.version + 1,
            captured = EXCLUDED.captured,
            requested_scopes = EXCLUDED.requested_scopes,
            scopes = EXCLUDED.scopes,
            expires_at = EXCLUDED.expires_at,
            next_attempt_at = EXCLUDED.next_attempt_at,
            oauth_client_id = EXCLUDED.oauth_client_id,
            external_id = COALESCE(EXCLUDED.external_id, c.external_id),
            external_account = COALESCE(EXCLUDED.external_account, c.external_account),
            last_ok_at = EXCLUDED.last_ok_at,
            last_error = NULL,
            notice_at = NULL,
            expires_on = NULL,
            remind_at = NULL,
            updated_at = EXCLUDED.updated_at
        RETURNING id AS "id: ConnectionId"
        "#,
        owner as _,
        id as _,
        granted.connector as _,
        granted.label,
        granted.reason,
        granted.access as _,
        granted.refresh as _,
        granted.captured,
        granted.requested,
        granted.scopes,
        granted.expires_at,
        granted.next_attempt_at,
        granted.client as _,
        granted.account.map(|it| it.id.as_str()),
        granted.account.map(|it| it.name.as_str()),
        now,
    )
    .fetch_one(&mut *conn)
    .await?;
    reset_failures(conn, owner, stored).await?;
    Ok(stored)
}
