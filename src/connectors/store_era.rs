//! The statement that stores the era of a connector's server. `owner` is the user whose call or discovery found the era out.

use sqlx::PgConnection;

use crate::ids::{ConnectorId, OwnerId};
use crate::upstream::ProtocolEra;

/// Stores the era, if it is another. Rows without an owner are shared; only the system may change them.
pub(super) async fn update(
    conn: &mut PgConnection,
    owner: OwnerId,
    id: ConnectorId,
    era: Option<ProtocolEra>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET protocol_era = $3
        WHERE (owner_id IS NULL OR owner_id = $1) AND id = $2 AND protocol_era IS DISTINCT FROM $3
        "#,
        owner as _,
        id as _,
        era.map(ProtocolEra::stored_text),
    )
    .execute(conn)
    .await?;
    Ok(())
}
