//! Metrics of the pools.

use sqlx::PgPool;

use super::Databases;
use crate::telemetry::table::{DB_CONNECTIONS, DB_CONNECTIONS_MAX, DB_TIMEOUTS};

impl Databases {
    /// Sets the gauges of both pools.
    pub fn update_connection_gauges(&self) {
        update_gauges("web", &self.web.pool);
        update_gauges("system", &self.system.pool);
    }
}

fn update_gauges(name: &'static str, pool: &PgPool) {
    let (open, idle) = (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX));
    DB_CONNECTIONS.set(&[name, "used"], open.saturating_sub(idle).into());
    DB_CONNECTIONS.set(&[name, "idle"], idle.into());
    DB_CONNECTIONS_MAX.set(&[name], pool.options().get_max_connections().into());
}

/// Counts a transaction for which no connection became free in time.
pub(super) fn count_timeout(pool: &'static str, error: &sqlx::Error) {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        DB_TIMEOUTS.increment(&[pool]);
    }
}
