//! Statements on `oauth_transactions`, the table of authorization requests. Called by `start`, `callback`, `persist` and
//! `old_requests`.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use crate::clock::Timestamp;
use crate::ids::{AuthorizationRequestId, ConnectionId, ConnectorId, OauthClientId, OwnerId, UserId};
use crate::vault::SecretRef;

/// A new authorization request.
pub(super) struct NewAuthorizationRequest<'a> {
    pub(super) id: AuthorizationRequestId,
    pub(super) connector: ConnectorId,
    pub(super) label: &'a str,
    pub(super) state: &'a [u8],
    pub(super) verifier: &'a SecretRef,
    pub(super) session: &'a str,
    pub(super) started_by: UserId,
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
    owner: OwnerId,
    new: &NewAuthorizationRequest<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO oauth_transactions (owner_id, id, connector_id, label, state, code_verifier_ref, session, issuer, resource,
            redirect_uri, oauth_client_id, entered, scopes, created_at, expires_at, started_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
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
        new.started_by as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The status of an authorization request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AuthorizationStatus {
    /// The user is at the provider.
    Started,
    /// The user has to choose what the grant is used for.
    AwaitingChoice,
    /// The callback has consumed the request.
    Completed,
    /// The sign-in failed.
    Failed,
}

impl AuthorizationStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Started, Self::AwaitingChoice, Self::Completed, Self::Failed];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::AwaitingChoice => "awaiting_choice",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// A stored authorization request.
pub(super) struct AuthorizationRequest {
    pub(super) id: AuthorizationRequestId,
    pub(super) connector_id: ConnectorId,
    pub(super) label: String,
    pub(super) code_verifier_ref: Option<SecretRef>,
    pub(super) grant_ref: Option<SecretRef>,
    pub(super) choices: Option<Value>,
    pub(super) session: String,
    pub(super) redirect_uri: String,
    pub(super) oauth_client_id: Option<OauthClientId>,
    pub(super) entered: Value,
    pub(super) scopes: Vec<String>,
    pub(super) status: AuthorizationStatus,
    pub(super) expires_at: Timestamp,
}

macro_rules! authorization_requests {
    ($conn:expr, $owner:expr, $state:expr, $lock:literal) => {
        sqlx::query_as!(
            AuthorizationRequest,
            r#"
            SELECT id AS "id: AuthorizationRequestId",
                   connector_id AS "connector_id: ConnectorId",
                   label,
                   code_verifier_ref AS "code_verifier_ref: SecretRef",
                   grant_ref AS "grant_ref: SecretRef",
                   choices,
                   session,
                   redirect_uri,
                   oauth_client_id AS "oauth_client_id: OauthClientId",
                   entered,
                   scopes,
                   status AS "status: AuthorizationStatus",
                   expires_at
            FROM oauth_transactions
            WHERE owner_id = $1 AND state = $2 "#
                + $lock,
            $owner as _,
            $state
        )
        .fetch_optional($conn)
        .await
    };
}

pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &[u8],
) -> sqlx::Result<Option<AuthorizationRequest>> {
    authorization_requests!(conn, owner, state, "")
}

/// Returns the owner of a request that this user started. The callback names no owner.
pub(super) async fn find_owner(
    conn: impl PgExecutor<'_>,
    started_by: UserId,
    state: &[u8],
) -> sqlx::Result<Option<OwnerId>> {
    sqlx::query_scalar!(
        r#"SELECT owner_id AS "owner: OwnerId" FROM oauth_transactions WHERE started_by = $1 AND state = $2"#,
        started_by as _,
        state,
    )
    .fetch_optional(conn)
    .await
}

/// As [`find`], and locks the row until the transaction ends.
pub(super) async fn find_for_update(
    conn: &mut PgConnection,
    owner: OwnerId,
    state: &[u8],
) -> sqlx::Result<Option<AuthorizationRequest>> {
    authorization_requests!(conn, owner, state, "FOR UPDATE")
}

pub(super) async fn mark_completed(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AuthorizationRequestId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_transactions
        SET status = 'completed', code_verifier_ref = NULL, grant_ref = NULL, choices = NULL, completed_at = $3
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

/// Locks the request until the transaction ends, so that no other transaction records its result.
pub(super) async fn lock(conn: &mut PgConnection, owner: OwnerId, id: AuthorizationRequestId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM oauth_transactions WHERE owner_id = $1 AND id = $2 FOR UPDATE", owner as _, id as _,)
        .fetch_optional(conn)
        .await?;
    Ok(())
}

/// The connection that an authorization request created or reconnected.
pub(super) struct SignInResult {
    pub(super) connection: ConnectionId,
    /// `true` if the connection existed before.
    pub(super) is_reconnected: bool,
}

/// Finds the recorded result of an authorization request.
pub(super) async fn find_result(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AuthorizationRequestId,
) -> sqlx::Result<Option<SignInResult>> {
    sqlx::query_as!(
        SignInResult,
        r#"
        SELECT c.id AS "connection: ConnectionId",
               c.version > 1 AS "is_reconnected!"
        FROM oauth_transactions t
        JOIN user_connections c ON c.owner_id = t.owner_id AND c.id = t.connection_id
        WHERE t.owner_id = $1 AND t.id = $2
        "#,
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn record_result(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AuthorizationRequestId,
    connection: ConnectionId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_transactions SET connection_id = $3 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        connection as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn mark_failed(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: AuthorizationRequestId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE oauth_transactions SET status = 'failed' WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the requests of all owners that are older than `before`, with their unused verifiers and grants.
pub(super) async fn delete_created_before(conn: impl PgExecutor<'_>, before: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH old AS (
            DELETE FROM oauth_transactions
            WHERE created_at < $1
            RETURNING owner_id, code_verifier_ref, grant_ref
        )
        DELETE FROM secrets
        USING old, LATERAL (VALUES (code_verifier_ref), (grant_ref)) refs (reference)
        WHERE secrets.owner_id = old.owner_id AND secrets.id = replace(reference, 'vault://secrets/', '')::uuid
        "#,
        before,
    )
    .execute(conn)
    .await?;
    Ok(())
}
