//! The store of `data_keys` and `secrets`.

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::ids::{OwnerId, SecretId};

pub(super) struct SecretRow {
    pub(super) purpose: String,
    pub(super) version: i32,
    pub(super) sealed: Vec<u8>,
}

/// Finds the id of a master key that wrapped a data key and is not among `known`.
pub(super) async fn find_unknown_master_key(system: &SystemDb, known: &[String]) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT master_key_id FROM data_keys WHERE master_key_id <> ALL($1) LIMIT 1", known)
        .fetch_optional(system.pool())
        .await
}

/// Locks rotation until the transaction ends. Returns `false` if another rotation runs.
pub(super) async fn try_lock_rotation(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock(hashtextextended('rotation', 0)) AS "locked!""#)
        .fetch_one(conn)
        .await
}

/// Prevents the removal of a master key until the transaction ends.
pub(super) async fn lock_keys_shared(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended('master keys', 0))) locked")
        .execute(conn)
        .await?;
    Ok(())
}

/// Prevents the creation of data keys until the transaction ends.
pub(super) async fn lock_keys_exclusive(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT FROM (SELECT pg_advisory_xact_lock(hashtextextended('master keys', 0))) locked")
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find_data_key(conn: &mut PgConnection, owner: OwnerId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT wrapped FROM data_keys WHERE owner_id = $1", owner as _).fetch_optional(conn).await
}

pub(super) async fn insert_data_key(
    conn: &mut PgConnection,
    owner: OwnerId,
    master_key_id: &str,
    wrapped: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO data_keys (owner_id, master_key_id, wrapped, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (owner_id) DO NOTHING
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
    owner: OwnerId,
    id: SecretId,
    purpose: &str,
    sealed: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO secrets (owner_id, id, purpose, sealed, created_at)
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

pub(super) async fn find_secret(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: SecretId,
) -> sqlx::Result<Option<SecretRow>> {
    sqlx::query_as!(
        SecretRow,
        "SELECT purpose, version, sealed FROM secrets WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Locks the row of a secret until the transaction ends.
pub(super) async fn lock_secret(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: SecretId,
) -> sqlx::Result<Option<SecretRow>> {
    sqlx::query_as!(
        SecretRow,
        "SELECT purpose, version, sealed FROM secrets WHERE owner_id = $1 AND id = $2 FOR UPDATE",
        owner as _,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn replace_secret(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: SecretId,
    version: i32,
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE secrets SET version = $3, sealed = $4 WHERE owner_id = $1 AND id = $2",
        owner as _,
        id as _,
        version,
        sealed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_secret(conn: &mut PgConnection, owner: OwnerId, id: SecretId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM secrets WHERE owner_id = $1 AND id = $2", owner as _, id as _).execute(conn).await?;
    Ok(())
}

pub(super) async fn delete_data_key(conn: &mut PgConnection, owner: OwnerId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM data_keys WHERE owner_id = $1", owner as _).execute(conn).await?;
    Ok(())
}

/// A data key that a former master key has wrapped.
pub(super) struct OutdatedKey {
    pub(super) owner_id: OwnerId,
    pub(super) wrapped: Vec<u8>,
}

pub(super) async fn count_outdated_keys(conn: &mut PgConnection, current: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM data_keys WHERE master_key_id <> $1"#, current)
        .fetch_one(conn)
        .await
}

/// Locks up to `limit` outdated keys until the transaction ends; skips those that another transaction has locked.
pub(super) async fn lock_outdated_keys(
    conn: &mut PgConnection,
    current: &str,
    limit: i64,
) -> sqlx::Result<Vec<OutdatedKey>> {
    sqlx::query_as!(
        OutdatedKey,
        r#"
        SELECT owner_id AS "owner_id: OwnerId",
               wrapped
        FROM data_keys
        WHERE master_key_id <> $1
        LIMIT $2
        FOR UPDATE SKIP LOCKED
        "#,
        current,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn update_wrapped_keys(
    conn: &mut PgConnection,
    current: &str,
    users: &[uuid::Uuid],
    wrapped: &[Vec<u8>],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE data_keys d
        SET master_key_id = $1, wrapped = n.wrapped
        FROM unnest($2::uuid[], $3::bytea[]) AS n (owner_id, wrapped)
        WHERE d.owner_id = n.owner_id
        "#,
        current,
        users,
        wrapped,
    )
    .execute(conn)
    .await?;
    Ok(())
}
