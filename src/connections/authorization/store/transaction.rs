//! The statements of sign-ins.

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectionId, ConnectorId, OauthClientId, OauthTransactionId, UserId};
use crate::vault::SecretRef;

/// A sign-in that begins.
pub(in crate::connections::authorization) struct NewTransaction<'a> {
    pub(in crate::connections::authorization) id: OauthTransactionId,
    pub(in crate::connections::authorization) connector: ConnectorId,
    pub(in crate::connections::authorization) label: &'a str,
    pub(in crate::connections::authorization) state: &'a [u8],
    pub(in crate::connections::authorization) verifier: &'a SecretRef,
    pub(in crate::connections::authorization) session: &'a str,
    pub(in crate::connections::authorization) issuer: Option<&'a str>,
    pub(in crate::connections::authorization) resource: Option<&'a str>,
    pub(in crate::connections::authorization) redirect: &'a str,
    pub(in crate::connections::authorization) client: OauthClientId,
    pub(in crate::connections::authorization) entered: Value,
    pub(in crate::connections::authorization) scopes: &'a [String],
    pub(in crate::connections::authorization) expires_at: Timestamp,
}

pub(in crate::connections::authorization) async fn insert(
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

/// Where a sign-in is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(in crate::connections::authorization) enum AuthorizationStatus {
    Started,
    Completed,
    Failed,
}

/// A sign-in.
pub(in crate::connections::authorization) struct Transaction {
    pub(in crate::connections::authorization) id: OauthTransactionId,
    pub(in crate::connections::authorization) connector_id: ConnectorId,
    pub(in crate::connections::authorization) label: String,
    pub(in crate::connections::authorization) code_verifier_ref: Option<SecretRef>,
    pub(in crate::connections::authorization) session: String,
    pub(in crate::connections::authorization) redirect_uri: String,
    pub(in crate::connections::authorization) oauth_client_id: Option<OauthClientId>,
    pub(in crate::connections::authorization) entered: Value,
    pub(in crate::connections::authorization) scopes: Vec<String>,
    pub(in crate::connections::authorization) status: AuthorizationStatus,
    pub(in crate::connections::authorization) expires_at: Timestamp,
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
                   status AS "status: AuthorizationStatus",
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

pub(in crate::connections::authorization) async fn find(
    conn: &mut PgConnection,
    owner: UserId,
    state: &[u8],
) -> sqlx::Result<Option<Transaction>> {
    transactions!(conn, owner, state, "")
}

/// As [`find`]; nobody else ends it until the transaction does.
pub(in crate::connections::authorization) async fn lock(
    conn: &mut PgConnection,
    owner: UserId,
    state: &[u8],
) -> sqlx::Result<Option<Transaction>> {
    transactions!(conn, owner, state, "FOR UPDATE")
}

pub(in crate::connections::authorization) async fn complete(
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

/// Until the transaction ends, nobody else notes what the sign-in has come to.
pub(in crate::connections::authorization) async fn hold(
    conn: &mut PgConnection,
    owner: UserId,
    id: OauthTransactionId,
) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM oauth_transactions WHERE user_id = $1 AND id = $2 FOR UPDATE", owner as _, id as _,)
        .fetch_optional(conn)
        .await?;
    Ok(())
}

/// What a sign-in has come to.
pub(in crate::connections::authorization) struct Made {
    pub(in crate::connections::authorization) connection: ConnectionId,
    /// True if the connection was there before.
    pub(in crate::connections::authorization) is_renewed: bool,
}

/// The connection that a sign-in has made or renewed; none so far.
pub(in crate::connections::authorization) async fn made(
    conn: &mut PgConnection,
    owner: UserId,
    id: OauthTransactionId,
) -> sqlx::Result<Option<Made>> {
    sqlx::query_as!(
        Made,
        r#"
        SELECT c.id AS "connection: ConnectionId",
               c.version > 1 AS "is_renewed!"
        FROM oauth_transactions t
        JOIN user_connections c ON c.user_id = t.user_id AND c.id = t.connection_id
        WHERE t.user_id = $1 AND t.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::connections::authorization) async fn note_made(
    conn: &mut PgConnection,
    owner: UserId,
    id: OauthTransactionId,
    connection: ConnectionId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_transactions SET connection_id = $3 WHERE user_id = $1 AND id = $2",
        owner as _,
        id as _,
        connection as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::connections::authorization) async fn fail(
    conn: &mut PgConnection,
    owner: UserId,
    id: OauthTransactionId,
) -> sqlx::Result<()> {
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
pub(in crate::connections::authorization) async fn forget_old(
    conn: &mut PgConnection,
    owner: UserId,
    before: Timestamp,
) -> sqlx::Result<()> {
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
