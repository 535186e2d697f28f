//! Looking at a server's tools again: how often, what is kept of it, and that a server has news.
//!
//! A look is claimed before the server is asked, for one interval, so looks neither overlap nor follow one another too
//! fast, whoever wants them. One that fails leaves the tools as they are.

use std::time::Duration;

use sqlx::PgConnection;

use super::versions::{self, Changed};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::ConnectorId;
use crate::upstream::ToolDefinition;

/// Claims a look at the actor's own connector; false if there was one less than `every` ago.
pub async fn claim_discovery(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    every: Duration,
    now: Timestamp,
) -> Result<bool> {
    let claimed = sqlx::query!(
        r#"
        UPDATE connectors
        SET looked_at = $3
        WHERE owner_id = $1 AND id = $2 AND is_active AND (looked_at IS NULL OR looked_at <= $4)
        "#,
        actor.user_id() as _,
        connector as _,
        now,
        now - every,
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Takes over what a look has found, in the caller's transaction.
pub async fn store_tools(
    tx: &mut Tx,
    actor: &Actor,
    connector: ConnectorId,
    tools: &[ToolDefinition],
    now: Timestamp,
) -> Result<Changed> {
    let changed = versions::save(tx, Some(actor.user_id()), connector, tools, now).await?;
    sqlx::query!(
        r#"
        UPDATE connectors
        SET look_failure = NULL,
            changed_at = CASE WHEN $4 THEN $3 ELSE changed_at END,
            -- news that came while the server was being asked may be of something later
            news_at = CASE WHEN news_at > $3 THEN news_at END
        WHERE owner_id = $1 AND id = $2
        "#,
        actor.user_id() as _,
        connector as _,
        now,
        !changed.is_nothing(),
    )
    .execute(&mut **tx)
    .await?;
    audit::record(tx, actor, &changed.as_action(connector, tools.len()), now).await?;
    Ok(changed)
}

/// Notes that a look has failed, in the caller's transaction.
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
        SET look_failure = $3
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

/// Notes that the server says its tools have changed; shipped connectors have no such news.
pub async fn mark_tools_changed(
    conn: &mut PgConnection,
    actor: &Actor,
    connector: ConnectorId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE connectors
        SET news_at = $3
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
