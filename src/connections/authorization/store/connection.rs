//! The statements of the connections that sign-ins make.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::connections::service::{ExternalAccount, another};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, UserId};
use crate::vault::SecretRef;

/// What a connection of this label holds.
pub(in crate::connections::authorization) struct Former {
    pub(in crate::connections::authorization) access: Option<SecretRef>,
    pub(in crate::connections::authorization) refresh: Option<SecretRef>,
    pub(in crate::connections::authorization) external_id: Option<String>,
    pub(in crate::connections::authorization) external_account: Option<String>,
}

impl Former {
    /// A sentence, if it is another account's than this one.
    pub(in crate::connections::authorization) fn is_of_another(
        &self,
        account: Option<&ExternalAccount>,
    ) -> Option<String> {
        another(self.external_id.as_deref(), self.external_account.as_deref(), account)
    }
}

pub(in crate::connections::authorization) async fn lock_connection(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<Option<Former>> {
    sqlx::query_as!(
        Former,
        r#"
        SELECT secret_ref_access AS "access: SecretRef",
               secret_ref_refresh AS "refresh: SecretRef",
               external_id,
               external_account
        FROM user_connections
        WHERE user_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        FOR UPDATE
        "#,
        owner as _,
        connector as _,
        label,
    )
    .fetch_optional(conn)
    .await
}

/// What the connection of this label wants to be allowed.
pub(in crate::connections::authorization) async fn requested(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<Option<Vec<String>>> {
    sqlx::query_scalar!(
        r#"
        SELECT requested_scopes
        FROM user_connections
        WHERE user_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        "#,
        owner as _,
        connector as _,
        label,
    )
    .fetch_optional(conn)
    .await
}

/// The provider does not know a scope that was asked for: a connection wants no more than it has, so that it can be made
/// anew.
pub(in crate::connections::authorization) async fn want_less(
    conn: &mut PgConnection,
    owner: UserId,
    connector: ConnectorId,
    label: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE user_connections
        SET requested_scopes = scopes
        WHERE user_id = $1 AND connector_id = $2 AND label = $3 AND status <> 'revoked'
        "#,
        owner as _,
        connector as _,
        label,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A grant, as a connection keeps it.
pub(in crate::connections::authorization) struct Kept<'a> {
    pub(in crate::connections::authorization) connector: ConnectorId,
    pub(in crate::connections::authorization) label: &'a str,
    pub(in crate::connections::authorization) access: &'a SecretRef,
    pub(in crate::connections::authorization) refresh: Option<&'a SecretRef>,
    pub(in crate::connections::authorization) scopes: &'a [String],
    pub(in crate::connections::authorization) requested: &'a [String],
    /// What is amiss with it although it works, in words.
    pub(in crate::connections::authorization) reason: Option<String>,
    pub(in crate::connections::authorization) captured: Value,
    pub(in crate::connections::authorization) client: OauthClientId,
    pub(in crate::connections::authorization) account: Option<&'a ExternalAccount>,
    pub(in crate::connections::authorization) expires_at: Option<Timestamp>,
    pub(in crate::connections::authorization) next_attempt_at: Option<Timestamp>,
}

/// Makes the connection of the label, or renews the one there is; returns its id.
pub(in crate::connections::authorization) async fn keep(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    kept: &Kept<'_>,
    now: Timestamp,
) -> sqlx::Result<ConnectionId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO user_connections AS c (user_id, id, connector_id, label, status, health, reason, secret_ref_access,
            secret_ref_refresh, captured, requested_scopes, scopes, expires_at, next_attempt_at, oauth_client_id,
            external_id, external_account, last_ok_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', CASE WHEN $5::text IS NULL THEN 'ok' ELSE 'limited' END, $5, $6, $7, $8, $9, $10, $11,
            $12, $13, $14, $15, $16, $16, $16)
        ON CONFLICT (user_id, connector_id, label) WHERE status <> 'revoked' DO UPDATE
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
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL,
            notice_at = NULL,
            ends_on = NULL,
            remind_at = NULL,
            updated_at = EXCLUDED.updated_at
        RETURNING id AS "id: ConnectionId"
        "#,
        owner as _,
        id as _,
        kept.connector as _,
        kept.label,
        kept.reason,
        kept.access as _,
        kept.refresh as _,
        kept.captured,
        kept.requested,
        kept.scopes,
        kept.expires_at,
        kept.next_attempt_at,
        kept.client as _,
        kept.account.map(|it| it.id.as_str()),
        kept.account.map(|it| it.name.as_str()),
        now,
    )
    .fetch_one(conn)
    .await
}
