//! The store of `connector_discoveries`: what an owner knows about the server of a connector, their own or a shipped one.

use std::time::Duration;

use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::{ConnectorId, OwnerId};
use crate::upstream::ProtocolEra;

/// Claims a discovery. Returns `false` if one ran less than `interval` ago.
pub(super) async fn claim(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    interval: Duration,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let claimed = sqlx::query!(
        r#"
        INSERT INTO connector_discoveries AS d (owner_id, connector_id, started_at)
        SELECT $1, id, $3
        FROM connectors
        WHERE (owner_id IS NULL OR owner_id = $1) AND id = $2 AND is_active
        ON CONFLICT (owner_id, connector_id) DO UPDATE
        SET started_at = EXCLUDED.started_at
        WHERE d.started_at IS NULL OR d.started_at <= $4
        "#,
        owner as _,
        id as _,
        now,
        now - interval,
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Records a discovery that succeeded.
pub(super) async fn record(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    has_changes: bool,
    era: Option<ProtocolEra>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connector_discoveries AS d (owner_id, connector_id, started_at, tools_changed_at, protocol_era)
        VALUES ($1, $2, $3, CASE WHEN $4 THEN $3::timestamptz END, $5)
        ON CONFLICT (owner_id, connector_id) DO UPDATE
        SET started_at = COALESCE(d.started_at, EXCLUDED.started_at),
            error = NULL,
            tools_changed_at = COALESCE(EXCLUDED.tools_changed_at, d.tools_changed_at),
            -- an announcement during the discovery may be about a later change
            change_announced_at = CASE WHEN d.change_announced_at > EXCLUDED.started_at THEN d.change_announced_at END,
            protocol_era = EXCLUDED.protocol_era
        "#,
        owner as _,
        id as _,
        now,
        has_changes,
        era.map(ProtocolEra::stored_text),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores the image of the server, or that it has none.
pub(super) async fn record_image(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    png: Option<&[u8]>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connector_discoveries
        SET image = $3
        WHERE owner_id = $1 AND connector_id = $2 AND image IS DISTINCT FROM $3
        "#,
        owner as _,
        id as _,
        png,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn image(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    digest: &str,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"
        SELECT image AS "image!"
        FROM connector_discoveries
        WHERE owner_id = $1 AND connector_id = $2 AND image_digest = $3
        "#,
        owner as _,
        id as _,
        digest,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn record_error(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    message: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connector_discoveries AS d (owner_id, connector_id, started_at, error)
        VALUES ($1, $2, $4, $3)
        ON CONFLICT (owner_id, connector_id) DO UPDATE
        SET started_at = COALESCE(d.started_at, EXCLUDED.started_at), error = EXCLUDED.error
        "#,
        owner as _,
        id as _,
        message,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that the server announced changed tools. It changes nothing before the first discovery, which reads all tools.
pub(super) async fn mark_change_announced(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE connector_discoveries SET change_announced_at = $3 WHERE owner_id = $1 AND connector_id = $2",
        owner as _,
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores the era, if it is another.
pub(super) async fn update_era(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    era: Option<ProtocolEra>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO connector_discoveries AS d (owner_id, connector_id, protocol_era)
        VALUES ($1, $2, $3)
        ON CONFLICT (owner_id, connector_id) DO UPDATE
        SET protocol_era = EXCLUDED.protocol_era
        WHERE d.protocol_era IS DISTINCT FROM EXCLUDED.protocol_era
        "#,
        owner as _,
        id as _,
        era.map(ProtocolEra::stored_text),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what was known about the server at a former address.
pub(super) async fn forget(conn: &mut PgConnection, owner: OwnerId, id: ConnectorId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connector_discoveries
        SET protocol_era = NULL, error = NULL, change_announced_at = NULL, image = NULL
        WHERE owner_id = $1 AND connector_id = $2
        "#,
        owner as _,
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
