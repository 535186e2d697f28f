//! Statements on the further tokens of connections. Called when a sign-in brings them, and when a connection ends.

use sqlx::PgConnection;

use super::status::ConnectionHealth;
use crate::clock::Timestamp;
use crate::ids::{ConnectionId, OwnerId};
use crate::vault::SecretRef;

/// The secrets of a further token.
pub(super) struct TokenSecrets {
    pub(super) name: String,
    pub(super) access: Option<SecretRef>,
    pub(super) refresh: Option<SecretRef>,
}

impl TokenSecrets {
    /// Iterates over the references that exist.
    pub(super) fn into_refs(self) -> impl Iterator<Item = SecretRef> {
        self.access.into_iter().chain(self.refresh)
    }
}

/// Finds the further tokens of a connection, and locks their rows.
pub(super) async fn find_for_update(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
) -> sqlx::Result<Vec<TokenSecrets>> {
    sqlx::query_as!(
        TokenSecrets,
        r#"
        SELECT name,
               secret_ref_access AS "access: SecretRef",
               secret_ref_refresh AS "refresh: SecretRef"
        FROM connection_tokens
        WHERE owner_id = $1 AND connection_id = $2
        ORDER BY name
        FOR UPDATE
        "#,
        owner as _,
        id as _,
    )
    .fetch_all(conn)
    .await
}

/// Deletes the further tokens of a connection, except those with these names. Returns the secrets of the deleted ones.
pub(super) async fn delete_except(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    names: &[String],
) -> sqlx::Result<Vec<TokenSecrets>> {
    sqlx::query_as!(
        TokenSecrets,
        r#"
        DELETE FROM connection_tokens
        WHERE owner_id = $1 AND connection_id = $2 AND name <> ALL($3)
        RETURNING name,
                  secret_ref_access AS "access: SecretRef",
                  secret_ref_refresh AS "refresh: SecretRef"
        "#,
        owner as _,
        id as _,
        names,
    )
    .fetch_all(conn)
    .await
}

/// A further token as a sign-in brought it, or did not.
pub(super) struct NewToken<'a> {
    pub(super) name: &'a str,
    pub(super) health: ConnectionHealth,
    pub(super) reason: Option<String>,
    pub(super) access: Option<&'a SecretRef>,
    pub(super) refresh: Option<&'a SecretRef>,
    pub(super) requested: &'a [String],
    pub(super) scopes: &'a [String],
    pub(super) expires_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
}

/// Stores a further token in the place of a former one of the same name.
pub(super) async fn upsert(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    token: &NewToken<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connection_tokens AS t (owner_id, connection_id, name, health, reason, secret_ref_access, secret_ref_refresh,
            requested_scopes, scopes, expires_at, next_attempt_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (owner_id, connection_id, name) DO UPDATE
        SET health = EXCLUDED.health,
            reason = EXCLUDED.reason,
            secret_ref_access = EXCLUDED.secret_ref_access,
            secret_ref_refresh = EXCLUDED.secret_ref_refresh,
            version = t.version + 1,
            requested_scopes = EXCLUDED.requested_scopes,
            scopes = EXCLUDED.scopes,
            expires_at = EXCLUDED.expires_at,
            next_attempt_at = EXCLUDED.next_attempt_at,
            failures = 0,
            failed_days = 0,
            last_failed_at = NULL,
            failure = NULL
        "#,
        owner as _,
        id as _,
        token.name,
        token.health as _,
        token.reason,
        token.access as _,
        token.refresh as _,
        token.requested,
        token.scopes,
        token.expires_at,
        token.next_attempt_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
