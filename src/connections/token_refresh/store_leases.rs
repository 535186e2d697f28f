//! Statements of the table `connection_leases`, whose column `fence` holds the holder's id. They use the database's clock,
//! which all processes share.

use std::time::Duration;

use sqlx::PgConnection;

use crate::ids::{ConnectionId, OwnerId};

/// Takes the lease of a connection. Returns false if another holder's lease has not expired.
pub(super) async fn claim_lease(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    holder_id: i64,
    ttl: Duration,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        r#"
        INSERT INTO connection_leases AS lease (owner_id, connection_id, fence, expires_at)
        VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
        ON CONFLICT (owner_id, connection_id) DO UPDATE
        SET fence = EXCLUDED.fence, expires_at = EXCLUDED.expires_at
        WHERE lease.expires_at <= clock_timestamp()
        "#,
        owner as _,
        id as _,
        holder_id,
        ttl.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Releases the lease, unless another holder has taken it since.
pub(super) async fn release(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectionId,
    holder_id: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM connection_leases WHERE owner_id = $1 AND connection_id = $2 AND fence = $3",
        owner as _,
        id as _,
        holder_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}
