//! The clients that are kept: who the hub is to one issuer, for one user or for all.

use std::str::FromStr;

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{OauthClientId, UserId};
use crate::oauth::{Client, ClientAuth, Provider};
use crate::vault::{SecretRef, Vault};

/// A client that is kept.
#[derive(Debug)]
pub struct OauthClientRecord {
    /// Key.
    pub(in crate::connections) id: OauthClientId,
    /// As the provider knows it.
    pub client: Client,
    /// How it proves itself; none: as the provider's description says.
    auth: Option<ClientAuth>,
    /// Everybody's: an administrator has entered it.
    pub(in crate::connections) is_shared: bool,
}

impl OauthClientRecord {
    /// The provider as this client meets it.
    pub(in crate::connections) fn apply_client_auth(&self, provider: Provider) -> Provider {
        Provider { client_auth: self.auth.unwrap_or(provider.client_auth), ..provider }
    }

    /// Whether what is stored of it is a key that it signs with, or a certificate.
    pub(super) fn uses_private_key(&self, provider: &Provider) -> bool {
        self.auth.unwrap_or(provider.client_auth).has_key()
    }
}

/// A client to keep.
pub(super) struct NewClient<'a> {
    pub(super) client: &'a Client,
    pub(super) auth: Option<ClientAuth>,
    /// document, registered or entered.
    pub(super) source: &'static str,
}

struct Stored {
    id: OauthClientId,
    client_id: String,
    secret_ref: Option<SecretRef>,
    auth: Option<String>,
}

async fn open(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: UserId,
    stored: Option<Stored>,
) -> Result<Option<OauthClientRecord>> {
    let Some(Stored { id, client_id, secret_ref, auth }) = stored else { return Ok(None) };
    let secret = match &secret_ref {
        Some(secret) => Some(vault.open(conn, owner, secret).await?),
        None => None,
    };
    let auth = auth.and_then(|word| ClientAuth::from_str(&word).ok());
    Ok(Some(OauthClientRecord { id, client: Client { id: client_id, secret }, auth, is_shared: owner == UserId::HUB }))
}

/// The newest client of this owner that an issuer has not refused; that was made with a callback address, if one is given.
pub(in crate::connections) async fn find_current(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: UserId,
    issuer: &str,
    redirect: Option<&str>,
) -> Result<Option<OauthClientRecord>> {
    let stored = sqlx::query_as!(
        Stored,
        r#"
        SELECT id AS "id: OauthClientId",
               client_id,
               secret_ref AS "secret_ref: SecretRef",
               auth
        FROM oauth_clients
        WHERE user_id = $1
          AND issuer = $2
          AND ($3::text IS NULL OR redirect_uri = $3)
          AND refused_at IS NULL
        ORDER BY created_at DESC, id DESC
        LIMIT 1
        "#,
        owner as _,
        issuer,
        redirect,
    )
    .fetch_optional(&mut *conn)
    .await?;
    open(conn, vault, owner, stored).await
}

/// The client that a grant was made with: one of its owner's, or one of the hub's.
pub(in crate::connections) async fn find_for_grant(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: UserId,
    id: Option<OauthClientId>,
    provider: &Provider,
) -> Result<Option<OauthClientRecord>> {
    let Some(id) = id else { return find_current(conn, vault, owner, provider.issuer(), None).await };
    for owner in [owner, UserId::HUB] {
        let stored = sqlx::query_as!(
            Stored,
            r#"
            SELECT id AS "id: OauthClientId",
                   client_id,
                   secret_ref AS "secret_ref: SecretRef",
                   auth
            FROM oauth_clients
            WHERE user_id = $1 AND id = $2 AND issuer = $3
            "#,
            owner as _,
            id as _,
            provider.issuer(),
        )
        .fetch_optional(&mut *conn)
        .await?;
        if stored.is_some() {
            return open(conn, vault, owner, stored).await;
        }
    }
    Ok(None)
}

/// Keeps a client, as the newest of its issuer and callback address (`at`).
pub(super) async fn upsert(
    conn: &mut PgConnection,
    vault: &Vault,
    owner: UserId,
    at: (&str, &str),
    new: &NewClient<'_>,
    now: Timestamp,
) -> Result<OauthClientRecord> {
    let former = sqlx::query_scalar!(
        r#"
        SELECT secret_ref AS "secret_ref: SecretRef"
        FROM oauth_clients
        WHERE user_id = $1 AND issuer = $2 AND redirect_uri = $3 AND client_id = $4
        FOR UPDATE
        "#,
        owner as _,
        at.0,
        at.1,
        new.client.id,
    )
    .fetch_optional(&mut *conn)
    .await?
    .flatten();
    let secret = match (&new.client.secret, former) {
        (Some(secret), Some(former)) => {
            vault.replace(conn, owner, &former, secret, now).await?;
            Some(former)
        }
        (Some(secret), None) => Some(vault.seal(conn, owner, "oauth_client.secret", secret, now).await?),
        (None, Some(former)) => {
            vault.shred(conn, owner, &former).await?;
            None
        }
        (None, None) => None,
    };
    let id = insert(conn, owner, at, new, secret.as_ref(), now).await?;
    let is_shared = owner == UserId::HUB;
    Ok(OauthClientRecord { id, client: new.client.clone(), auth: new.auth, is_shared })
}

async fn insert(
    conn: &mut PgConnection,
    owner: UserId,
    (issuer, redirect): (&str, &str),
    new: &NewClient<'_>,
    secret: Option<&SecretRef>,
    now: Timestamp,
) -> sqlx::Result<OauthClientId> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO oauth_clients (user_id, id, issuer, redirect_uri, client_id, secret_ref, auth, source, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (user_id, issuer, redirect_uri, client_id) DO UPDATE
        SET secret_ref = EXCLUDED.secret_ref,
            auth = EXCLUDED.auth,
            source = EXCLUDED.source,
            created_at = EXCLUDED.created_at,
            refused_at = NULL,
            refusal = NULL,
            refusal_of = NULL,
            refusal_at = NULL,
            notice_at = NULL
        RETURNING id AS "id: OauthClientId"
        "#,
        owner as _,
        OauthClientId::new(now) as _,
        issuer,
        redirect,
        new.client.id,
        secret as _,
        new.auth.map(ClientAuth::as_str),
        new.source,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Has the grants renewed at once that wait for this client, which somebody has mended.
pub(super) async fn reschedule_grants(
    conn: &mut PgConnection,
    client: OauthClientId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE user_connections SET next_attempt_at = $2 WHERE oauth_client_id = $1 AND failure = 'client' AND next_attempt_at > $2",
        client as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the server of this issuer does not know a client (none: any) that the hub has made there itself: the next
/// sign-in makes another in its place. False if somebody has entered it: then it is theirs to replace.
pub(in crate::connections) async fn mark_rejected(
    conn: &mut PgConnection,
    owner: UserId,
    issuer: &str,
    client: Option<OauthClientId>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let doubted = sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET refused_at = $4
        WHERE user_id = $1 AND issuer = $2 AND ($3::uuid IS NULL OR id = $3) AND source <> 'entered'
        "#,
        owner as _,
        issuer,
        client as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(doubted.rows_affected() > 0)
}

/// Forgets clients that their server does not know, and that no connection has its grant from.
pub(super) async fn delete_rejected(conn: &mut PgConnection, vault: &Vault, owner: UserId, issuer: &str) -> Result<()> {
    let forgotten = sqlx::query_scalar!(
        r#"
        DELETE FROM oauth_clients o
        WHERE o.user_id = $1
          AND o.issuer = $2
          AND o.refused_at IS NOT NULL
          AND NOT EXISTS (
              SELECT 1
              FROM user_connections c
              WHERE c.user_id = $1 AND c.oauth_client_id = o.id AND c.status <> 'revoked'
          )
        RETURNING secret_ref AS "secret_ref: SecretRef"
        "#,
        owner as _,
        issuer,
    )
    .fetch_all(&mut *conn)
    .await?;
    for secret in forgotten.into_iter().flatten() {
        vault.shred(conn, owner, &secret).await?;
    }
    Ok(())
}
