//! Statements of the table `oauth_clients`, and of the grants that wait for a client.

use serde_json::Value;
use sqlx::PgConnection;

use super::source::ClientSource;
use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OauthClientId, OwnerId};
use crate::oauth::{Client, ClientAuth};
use crate::vault::SecretRef;

/// A row, with its secret sealed.
pub(super) struct StoredClient {
    pub(super) id: OauthClientId,
    pub(super) client_id: String,
    pub(super) secret_ref: Option<SecretRef>,
    pub(super) auth: Option<String>,
    pub(super) application_values: Option<Value>,
    pub(super) application_ref: Option<SecretRef>,
}

/// A client to store.
pub(in crate::connections) struct NewClient<'a> {
    pub(in crate::connections) client: &'a Client,
    pub(in crate::connections) auth: Option<ClientAuth>,
    pub(in crate::connections) source: ClientSource,
}

/// Provider and callback URL that a client is for.
#[derive(Clone, Copy)]
pub(in crate::connections) struct ClientScope<'a> {
    pub(in crate::connections) issuer: &'a str,
    pub(in crate::connections) redirect_uri: &'a str,
}

/// A provider's rejection of the OAuth client that serves all users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRejection {
    /// The provider's answer, without a full stop.
    pub message: String,
    /// Time of the first rejection.
    pub since: Timestamp,
}

/// Selects a client of an owner and an issuer.
#[derive(Clone, Copy)]
pub(super) enum ClientSelector<'a> {
    /// The client with this id, even if it is retired.
    Id(OauthClientId),
    /// The newest client that is not retired, of this callback URL or of all.
    Newest { redirect_uri: Option<&'a str> },
}

pub(super) async fn find(
    conn: &mut PgConnection,
    owner: OwnerId,
    issuer: &str,
    selector: ClientSelector<'_>,
) -> sqlx::Result<Option<StoredClient>> {
    let (id, redirect_uri) = match selector {
        ClientSelector::Id(id) => (Some(id), None),
        ClientSelector::Newest { redirect_uri } => (None, redirect_uri),
    };
    sqlx::query_as!(
        StoredClient,
        r#"
        SELECT id AS "id: OauthClientId",
               client_id,
               secret_ref AS "secret_ref: SecretRef",
               auth,
               application_values,
               application_ref AS "application_ref: SecretRef"
        FROM oauth_clients
        WHERE owner_id = $1
          AND issuer = $2
          AND (id = $3 OR ($3::uuid IS NULL AND rejected_at IS NULL AND ($4::text IS NULL OR redirect_uri = $4)))
        ORDER BY created_at DESC, id DESC
        LIMIT 1
        "#,
        owner as _,
        issuer,
        id as _,
        redirect_uri,
    )
    .fetch_optional(conn)
    .await
}

/// Locks a client and returns its secret, if it is stored.
pub(super) async fn lock_secret(
    conn: &mut PgConnection,
    owner: OwnerId,
    scope: ClientScope<'_>,
    client_id: &str,
) -> sqlx::Result<Option<SecretRef>> {
    let secret = sqlx::query_scalar!(
        r#"
        SELECT secret_ref AS "secret_ref: SecretRef"
        FROM oauth_clients
        WHERE owner_id = $1 AND issuer = $2 AND redirect_uri = $3 AND client_id = $4
        FOR UPDATE
        "#,
        owner as _,
        scope.issuer,
        scope.redirect_uri,
        client_id,
    );
    Ok(secret.fetch_optional(conn).await?.flatten())
}

pub(super) async fn upsert(
    conn: &mut PgConnection,
    owner: OwnerId,
    scope: ClientScope<'_>,
    new: &NewClient<'_>,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> sqlx::Result<OauthClientId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO oauth_clients (owner_id, id, issuer, redirect_uri, client_id, secret_ref, auth, source, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (owner_id, issuer, redirect_uri, client_id) DO UPDATE
        SET secret_ref = EXCLUDED.secret_ref,
            auth = EXCLUDED.auth,
            source = EXCLUDED.source,
            created_at = EXCLUDED.created_at,
            rejected_at = NULL,
            rejection_message = NULL,
            rejection_connector_id = NULL,
            rejection_since = NULL,
            notice_at = NULL
        RETURNING id AS "id: OauthClientId"
        "#,
        owner as _,
        OauthClientId::new(now) as _,
        scope.issuer,
        scope.redirect_uri,
        new.client.id,
        secret as _,
        new.auth.map(ClientAuth::stored_text),
        new.source.stored_text(),
        now,
    )
    .fetch_one(conn)
    .await
}

/// Retires a client that the hub registered itself (`None`: all of them at this issuer), so that the next sign-in registers
/// a new one. Returns false if there is no such client, or if a person entered it: only they can replace it.
pub(in crate::connections) async fn retire_client(
    conn: &mut PgConnection,
    owner: OwnerId,
    issuer: &str,
    client: Option<OauthClientId>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let retired = sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET rejected_at = $4
        WHERE owner_id = $1 AND issuer = $2 AND ($3::uuid IS NULL OR id = $3) AND source <> 'entered'
        "#,
        owner as _,
        issuer,
        client as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(retired.rows_affected() > 0)
}

/// Deletes retired clients without connections, and returns their secrets.
pub(super) async fn delete_retired(
    conn: &mut PgConnection,
    owner: OwnerId,
    issuer: &str,
) -> sqlx::Result<Vec<Option<SecretRef>>> {
    sqlx::query_scalar!(
        r#"
        DELETE FROM oauth_clients o
        WHERE o.owner_id = $1
          AND o.issuer = $2
          AND o.rejected_at IS NOT NULL
          AND NOT EXISTS (
              SELECT 1
              FROM user_connections c
              WHERE c.owner_id = $1 AND c.oauth_client_id = o.id AND c.status <> 'revoked'
          )
        RETURNING secret_ref AS "secret_ref: SecretRef"
        "#,
        owner as _,
        issuer,
    )
    .fetch_all(conn)
    .await
}

/// Records that the provider rejects a client that serves all users, unless that is recorded already; administrators then
/// get a notice. The client stays in use. Returns false if a newer client serves all users.
pub(in crate::connections) async fn record_rejection(
    conn: &mut PgConnection,
    client: OauthClientId,
    connector: ConnectorId,
    message: &str,
    requested_at: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let is_current = sqlx::query_scalar!(
        r#"
        WITH rejected AS (
            SELECT id, NOT EXISTS (
                       SELECT 1
                       FROM oauth_clients n
                       WHERE n.owner_id = $1 AND n.issuer = o.issuer AND n.redirect_uri = o.redirect_uri
                         AND n.created_at > o.created_at
                   ) AS is_current
            FROM oauth_clients o
            WHERE o.owner_id = $1 AND o.id = $2
        ), recorded AS (
            UPDATE oauth_clients o
            SET rejection_message = $3, rejection_connector_id = $4, rejection_since = $6, notice_at = $6
            FROM rejected r
            WHERE o.owner_id = $1 AND o.id = r.id AND r.is_current AND o.rejection_message IS NULL
              -- a client that was entered after the request may be correct
              AND o.created_at <= $5
        )
        SELECT is_current AS "is_current!" FROM rejected
        "#,
        OwnerId::HUB as _,
        client as _,
        message,
        connector as _,
        requested_at,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(is_current.unwrap_or(true))
}

/// Clears the rejection of a client of all users.
pub(in crate::connections) async fn clear_rejection(
    conn: &mut PgConnection,
    client: OauthClientId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET rejection_message = NULL, rejection_connector_id = NULL, rejection_since = NULL, notice_at = NULL
        WHERE owner_id = $1 AND id = $2 AND rejection_message IS NOT NULL
        "#,
        OwnerId::HUB as _,
        client as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Finds the rejection of a client of all users.
pub(in crate::connections) async fn find_rejection(
    conn: &mut PgConnection,
    client: OauthClientId,
) -> sqlx::Result<Option<ClientRejection>> {
    sqlx::query_as!(
        ClientRejection,
        r#"
        SELECT rejection_message AS "message!",
               rejection_since AS "since!"
        FROM oauth_clients
        WHERE owner_id = $1 AND id = $2 AND rejection_message IS NOT NULL
        "#,
        OwnerId::HUB as _,
        client as _,
    )
    .fetch_optional(conn)
    .await
}
