//! The statements of sign-ins, and of the connections they make.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::connections::service::{ExternalAccount, another};
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OauthTransactionId, UserId};
use crate::vault::SecretRef;

/// A sign-in that begins.
pub(super) struct NewTransaction<'a> {
    pub(super) id: OauthTransactionId,
    pub(super) connector: ConnectorId,
    pub(super) label: &'a str,
    pub(super) state: &'a [u8],
    pub(super) verifier: &'a SecretRef,
    pub(super) session: &'a str,
    pub(super) issuer: Option<&'a str>,
    pub(super) resource: Option<&'a str>,
    pub(super) redirect: &'a str,
    pub(super) client: OauthClientId,
    pub(super) entered: Value,
    pub(super) scopes: &'a [String],
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    owner: UserId,
    new: &NewTransaction<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO oauth_transactions (user_id, id, connector_id, label, state, code_verifier_ref, session, issuer, resource,
            redirect_uri, oauth_client_id, entered, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        "#,
        owner as _,
        new.id as _,
        new.connector as _,
        new.label,
        new.state,
        new.verifier as _,
        new.session,
        new.issuer,
        new.resource,
        new.redirect,
        new.client as _,
        new.entered,
        new.scopes,
        now,
        new.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A sign-in.
pub(super) struct Transaction {
    pub(super) id: OauthTransactionId,
    pub(super) connector_id: ConnectorId,
    pub(super) label: String,
    pub(super) code_verifier_ref: Option<SecretRef>,
    pub(super) session: String,
    pub(super) redirect_uri: String,
    pub(super) oauth_client_id: Option<OauthClientId>,
    pub(super) entered: Value,
    pub(super) scopes: Vec<String>,
    pub(super) status: String,
    pub(super) expires_at: Timestamp,
}

macro_rules! transactions {
    ($conn:expr, $owner:expr, $state:expr, $lock:literal) => {
        sqlx::query_as!(
            Transaction,
            r#"
            SELECT id AS "id: OauthTransactionId",
                   connector_id AS "connector_id: ConnectorId",
                   label,
                   code_verifier_ref AS "code_verifier_ref: SecretRef",
                   session,
                   redirect_uri,
                   oauth_client_id AS "oauth_client_id: OauthClientId",
                   entered,
                   scopes,
                   status,
                   expires_at
            FROM oauth_transactions
            WHERE user_id = $1 AND state = $2 "#
                + $lock,
            $owner as _,
            $state
        )
        .fetch_optional($conn)
        .await
    };
}

pub(super) async fn find(conn: &mut PgConnection, owner: UserId, state: &[u8]) -> sqlx::Result<Option<Transaction>> {
    transactions!(conn, owner, state, "")
}

/// As [`find`]; nobody else ends it until the transaction does.
pub(super) async fn lock(conn: &mut PgConnection, owner: UserId, state: &[u8]) -> sqlx::Result<Option<Transaction>> {
    transactions!(conn, owner, state, "FOR UPDATE")
}

pub(super) async fn complete(
    conn: &mut PgConnection,
    owner: UserId,
    id: OauthTransactionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_transactions
        SET status = 'completed', code_verifier_ref = NULL, completed_at = $3
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

pub(super) async fn fail(conn: &mut PgConnection, owner: UserId, id: OauthTransactionId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_transactions SET status = 'failed' WHERE user_id = $1 AND id = $2",
        owner as _,
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets sign-ins that were begun before `before`, with verifiers that were never used.
pub(super) async fn forget_old(conn: &mut PgConnection, owner: UserId, before: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH old AS (
            DELETE FROM oauth_transactions
            WHERE user_id = $1 AND created_at < $2
            RETURNING code_verifier_ref
        )
        DELETE FROM secrets
        WHERE user_id = $1 AND id IN (
            SELECT replace(code_verifier_ref, 'vault://secrets/', '')::uuid FROM old WHERE code_verifier_ref IS NOT NULL
        )
        "#,
        owner as _,
        before,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a connection of this label holds.
pub(super) struct Former {
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
    pub(super) external_id: Option<String>,
    pub(super) external_account: Option<String>,
}

impl Former {
    /// A sentence, if it is another account's than this one.
    pub(super) fn is_of_another(&self, account: Option<&ExternalAccount>) -> Option<String> {
        another(self.external_id.as_deref(), self.external_account.as_deref(), account)
    }
}

pub(super) async fn lock_connection(
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
pub(super) async fn requested(
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
pub(super) async fn want_less(
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
pub(super) struct Kept<'a> {
    pub(super) connector: ConnectorId,
    pub(super) label: &'a str,
    pub(super) access: &'a SecretRef,
    pub(super) refresh: Option<&'a SecretRef>,
    pub(super) scopes: &'a [String],
    pub(super) requested: &'a [String],
    /// What is amiss with it although it works, in words.
    pub(super) reason: Option<String>,
    pub(super) captured: Value,
    pub(super) client: OauthClientId,
    pub(super) account: Option<&'a ExternalAccount>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) renew_at: Option<Timestamp>,
}

/// Makes the connection of the label, or renews the one there is; returns its id.
pub(super) async fn keep(
    conn: &mut PgConnection,
    owner: UserId,
    id: ConnectionId,
    kept: &Kept<'_>,
    now: Timestamp,
) -> sqlx::Result<ConnectionId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO user_connections AS c (user_id, id, connector_id, label, status, health, reason, secret_ref_access,
            secret_ref_refresh, captured, requested_scopes, scopes, expires_at, renew_at, oauth_client_id,
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
            renew_at = EXCLUDED.renew_at,
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
        kept.renew_at,
        kept.client as _,
        kept.account.map(|it| it.id.as_str()),
        kept.account.map(|it| it.name.as_str()),
        now,
    )
    .fetch_one(conn)
    .await
}
