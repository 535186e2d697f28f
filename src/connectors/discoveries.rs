//! Records of tool discovery in `connectors`: when it ran, how it failed, and that a server announced changes.
//!
//! A discovery is claimed for an interval before the server is called. Discoveries therefore neither overlap nor follow
//! each other too fast. A failed discovery leaves the tools unchanged.

use std::time::Duration;

use sqlx::PgConnection;

use super::versions::{self, ToolChangeCounts};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::ConnectorId;
use crate::upstream::ToolDefinition;

/// Claims a discovery of the actor's own connector. Returns `false` if one ran less than `interval` ago.
pub async fn claim_discovery(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    interval: Duration,
    now: Timestamp,
) -> Result<bool> {
    let claimed = sqlx::query!(
        r#"
        UPDATE connectors
        SET last_discovery_at = $3
        WHERE owner_id = $1 AND id = $2 AND is_active AND (last_discovery_at IS NULL OR last_discovery_at <= $4)
        "#,
        actor.user_id() as _,
        connector as _,
        now,
        now - interval,
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Stores the tools that a discovery found, in the caller's transaction.
pub async fn store_tools(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    tools: &[ToolDefinition],
    now: Timestamp,
) -> Result<ToolChangeCounts> {
    let changed = versions::save(tx, Some(actor.user_id()), connector, tools, now).await?;
    sqlx::query!(
        r#"
        UPDATE connectors
        SET discovery_error = NULL,
            tools_changed_at = CASE WHEN $4 THEN $3 ELSE tools_changed_at END,
            -- an announcement during the discovery may be about a later change
            change_announced_at = CASE WHEN change_announced_at > $3 THEN change_announced_at END
        WHERE owner_id = $1 AND id = $2
        "#,
        actor.user_id() as _,
        connector as _,
        now,
        !changed.is_empty(),
    )
    .execute(&mut **tx)
    .await?;
    audit::record(tx, actor, &changed.as_action(connector, tools.len()), now).await?;
    Ok(changed)
}

/// Records that a discovery failed, in the caller's transaction.
pub async fn record_discovery_failure(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    class: &'static str,
    message: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET discovery_error = $3
        WHERE owner_id = $1 AND id = $2
        "#,
        actor.user_id() as _,
        connector as _,
        message,
    )
    .execute(&mut **tx)
    .await?;
    let failed = Action::DiscoveryFailed { connector, class, message: message.to_owned() };
    audit::record(tx, actor, &failed, now).await
}

/// Records that the server announced changed tools. Does nothing for shipped connectors.
pub async fn mark_tools_changed(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET change_announced_at = $3
        WHERE owner_id = $1 AND id = $2
        "#,
        actor.user_id() as _,
        connector as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
