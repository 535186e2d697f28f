//! The statement on `idem_key` alone. Enqueuing writes the keys.

use sqlx::PgPool;

use crate::clock::Timestamp;

/// Deletes expired idempotency keys, at most 5,000.
pub(in crate::queue) async fn delete_expired(pool: &PgPool, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM idem_key
        WHERE (owner_id, key) IN (
            SELECT owner_id, key
            FROM idem_key
            WHERE expires_at <= $1
            LIMIT 5000
        )
        "#,
        now,
    )
    .execute(pool)
    .await?;
    Ok(())
}
