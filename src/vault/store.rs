//! The statements of the vault.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::ids::{SecretId, UserId};

pub(super) struct SecretRow {
    pub(super) purpose: String,
    pub(super) version: i32,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn foreign_master_key(system: &SystemDb, ours: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT master_key_id FROM data_keys WHERE master_key_id <> $1 LIMIT 1", ours)
        .fetch_optional(system.pool())
        .await
}

pub(super) async fn data_key(conn: &mut PgConnection, owner: UserId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT wrapped FROM data_keys WHERE user_id = $1", owner as _).fetch_optional(conn).await
}

pub(super) async fn insert_data_key(
    conn: &mut PgConnection,
    owner: UserId,
    master_key_id: &str,
    wrapped: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO data_keys (user_id, master_key_id, wrapped, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO NOTHING
        "#,
        owner as _,
        master_key_id,
        wrapped,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_secret(
    conn: &mut PgConnection,
    owner: UserId,
    id: SecretId,
    purpose: &str,
    sealed: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO secrets (user_id, id, purpose, sealed, created_at)
        VALUES ($1, $2, $3, $4, $5)
        "#,
        owner as _,
        id as _,
        purpose,
        sealed,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn secret(conn: &mut PgConnection, owner: UserId, id: SecretId) -> sqlx::Result<Option<SecretRow>> {
    sqlx::query_as!(
        SecretRow,
        "SELECT purpose, version, sealed FROM secrets WHERE user_id = $1 AND id = $2",
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}
